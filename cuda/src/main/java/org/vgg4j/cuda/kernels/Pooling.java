package org.vgg4j.cuda.kernels;

import org.vgg4j.cuda.driver.CudaStream;

/** 2x2 max pooling of stride 2, see {@code pool.cu}. */
public final class Pooling {
  private final KernelLibrary library;

  public Pooling(KernelLibrary library) {
    this.library = library;
  }

  /**
   * @param shape of x
   * @param y of the pooled shape, overwritten
   * @param argmax bytes of the pooled shape, overwritten; 0 if not wanted
   */
  public void forward(CudaStream stream, MapShape shape, Planes x, Planes y, long argmax) {
    library.forEach(
        shape.pooled().chunks(),
        stream,
        "pool",
        "max_pool",
        x.high(),
        x.low(),
        y.high(),
        y.low(),
        argmax,
        shape.images(),
        shape.height(),
        shape.width(),
        shape.channels());
  }

  /**
   * Hands each gradient to the pixel that its value came from.
   *
   * @param shape of dx
   * @param dy of the pooled shape
   * @param argmax from the forward pass
   * @param dx overwritten
   * @param sums floats, the slices of {@link ChannelSums} of the pooled shape, overwritten: the
   *     gradient with respect to the bias of the convolution before; 0 if not wanted
   */
  public void backward(
      CudaStream stream, MapShape shape, Planes dy, long argmax, Planes dx, long sums) {
    new ChannelSums(library, shape.pooled()).unpool(stream, shape, dy, argmax, dx, sums);
  }
}
