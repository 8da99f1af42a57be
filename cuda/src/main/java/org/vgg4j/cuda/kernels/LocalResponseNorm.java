package org.vgg4j.cuda.kernels;

import org.vgg4j.cuda.driver.CudaStream;

/** Local response normalisation across channels, see {@code local_response_norm.cu}. */
public final class LocalResponseNorm {
  private static final int SIZE = 5;

  private final KernelLibrary library;
  private final float k;
  private final float alpha;

  /**
   * @param size channels in the sum, 5 as in the paper
   * @param k additive constant
   * @param alpha factor of the sum, not divided by the size
   * @param beta exponent, 0.75
   */
  public LocalResponseNorm(KernelLibrary library, int size, float k, float alpha, float beta) {
    if (beta != 0.75f || size != SIZE) {
      throw new IllegalArgumentException("LRN of size " + size + " and exponent " + beta);
    }
    this.library = library;
    this.k = k;
    this.alpha = alpha;
  }

  /**
   * @param x of that shape
   * @param y overwritten
   */
  public void forward(CudaStream stream, MapShape shape, Planes x, Planes y) {
    library.forEach(
        shape.chunks(),
        stream,
        "local_response_norm",
        "local_response_norm",
        x.high(),
        x.low(),
        y.high(),
        y.low(),
        shape.pixels(),
        shape.channels(),
        k,
        alpha);
  }

  /**
   * Computes the gradient with respect to x, zero where x is: its ReLU was off.
   *
   * @param x what the forward pass read
   * @param dy gradient with respect to its output; where x is zero it may be anything
   * @param dx overwritten
   */
  public void backward(CudaStream stream, MapShape shape, Planes x, Planes dy, Planes dx) {
    library.forEach(
        shape.chunks(),
        stream,
        "local_response_norm",
        "local_response_norm_backward",
        x.high(),
        x.low(),
        dy.high(),
        dy.low(),
        dx.high(),
        dx.low(),
        shape.pixels(),
        shape.channels(),
        k,
        alpha);
  }
}
