package org.vgg4j.cuda.engine;

import java.util.Set;
import org.vgg4j.cuda.kernels.LocalResponseNorm;
import org.vgg4j.cuda.kernels.MapShape;
import org.vgg4j.cuda.kernels.Planes;
import org.vgg4j.model.Layer;

/** Local response normalisation. */
final class LrnStage implements TrainingStage {
  private final Gpu gpu;
  private final MapShape one;
  private final LocalResponseNorm kernel;
  private final long output;

  /**
   * @param one map that one image is
   * @param capacity the largest micro-batch
   */
  LrnStage(
      Gpu gpu, Layer.LocalResponseNorm layer, MapShape one, int capacity, Allocation allocation) {
    this.gpu = gpu;
    this.one = one;
    this.kernel =
        new LocalResponseNorm(gpu.library(), layer.size(), layer.k(), layer.alpha(), layer.beta());
    this.output =
        allocation.take("activations", gpu.precision().bytes(outputShape(capacity).values()));
  }

  @Override
  public boolean isFrozen(Set<String> frozen) {
    return true;
  }

  @Override
  public MapShape outputShape(int images) {
    return new MapShape(images, one.height(), one.width(), one.channels());
  }

  @Override
  public Planes output(int images) {
    return gpu.precision().at(output, outputShape(images).values());
  }

  @Override
  public long scratch(int images) {
    return gpu.precision().bytes(outputShape(images).values());
  }

  @Override
  public void forward(Pass pass, Planes x) {
    kernel.forward(pass.stream(), outputShape(pass.images()), x, output(pass.images()));
  }

  /** A value's gradient needs its neighbours', so that it cannot be written in their place. */
  @Override
  public Planes backward(Pass pass, Planes x, Planes g, boolean further, GradientRoom room) {
    MapShape shape = outputShape(pass.images());
    Planes dx = gpu.precision().at(pass.scratch(), shape.values());
    if (further) {
      kernel.backward(pass.stream(), shape, x, g, dx);
    }
    return dx;
  }
}
