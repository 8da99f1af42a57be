package org.vgg4j.cuda.engine;

import java.util.Set;
import org.vgg4j.cuda.kernels.MapShape;
import org.vgg4j.cuda.kernels.Planes;
import org.vgg4j.cuda.kernels.Pooling;

/** A pool that no convolution or batch norm does. */
final class PoolStage implements TrainingStage {
  private final Gpu gpu;
  private final MapShape one;
  private final Pooling kernel;
  private final long output;
  private final long argmax;

  /**
   * @param one map that one image is
   * @param capacity the largest micro-batch
   */
  PoolStage(Gpu gpu, MapShape one, int capacity, Allocation allocation) {
    this.gpu = gpu;
    this.one = one;
    this.kernel = new Pooling(gpu.library());
    long values = outputShape(capacity).values();
    this.output = allocation.take("activations", gpu.precision().bytes(values));
    this.argmax = allocation.take("activations", values);
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
    return inputShape(images).pooled();
  }

  @Override
  public Planes output(int images) {
    return gpu.precision().at(output, outputShape(images).values());
  }

  @Override
  public void forward(Pass pass, Planes x) {
    kernel.forward(pass.stream(), inputShape(pass.images()), x, output(pass.images()), argmax);
  }

  @Override
  public Planes backward(Pass pass, Planes x, Planes g, boolean further, GradientRoom room) {
    if (further) {
      kernel.backward(pass.stream(), inputShape(pass.images()), g, argmax, x, 0);
    }
    return x;
  }
}
