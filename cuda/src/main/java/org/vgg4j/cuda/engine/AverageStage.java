package org.vgg4j.cuda.engine;

import java.util.Set;
import org.vgg4j.cuda.kernels.Averaging;
import org.vgg4j.cuda.kernels.MapShape;
import org.vgg4j.cuda.kernels.Planes;

/** The means of the last map's channels. */
final class AverageStage implements TrainingStage {
  private final Gpu gpu;
  private final MapShape one;
  private final Averaging kernel;
  private final long output;

  /**
   * @param one map that one image is
   * @param capacity the largest micro-batch
   */
  AverageStage(Gpu gpu, MapShape one, int capacity, Allocation allocation) {
    this.gpu = gpu;
    this.one = one;
    this.kernel = new Averaging(gpu.library());
    this.output =
        allocation.take("activations", gpu.precision().bytes(outputShape(capacity).values()));
  }

  private MapShape inputShape(int images) {
    return new MapShape(images, one.height(), one.width(), one.channels());
  }

  @Override
  public boolean isFrozen(Set<String> frozen) {
    return true;
  }

  @Override
  public MapShape outputShape(int images) {
    return new MapShape(images, 1, 1, one.channels());
  }

  @Override
  public Planes output(int images) {
    return gpu.precision().at(output, outputShape(images).values());
  }

  @Override
  public void forward(Pass pass, Planes x) {
    MapShape shape = inputShape(pass.images());
    kernel.forward(pass.stream(), shape, one.height(), x, output(pass.images()));
  }

  @Override
  public Planes backward(Pass pass, Planes x, Planes g, boolean further, GradientRoom room) {
    if (further) {
      kernel.backward(pass.stream(), inputShape(pass.images()), g, x);
    }
    return x;
  }
}
