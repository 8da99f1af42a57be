package org.vgg4j.cuda.kernels;

import org.vgg4j.cuda.driver.CudaStream;

/** SGD with momentum and decay, and sums of gradients, see {@code sgd.cu}. */
public final class Descent {
  private static final int CHUNK = 8;

  private final KernelLibrary library;

  public Descent(KernelLibrary library) {
    this.library = library;
  }

  /**
   * One step: {@code v = momentum * v - rate * (g + decay * w); w = w + v}.
   *
   * @param count number of weights, a multiple of 8
   * @param weights floats, overwritten
   * @param velocity floats, overwritten
   * @param gradient floats {@code [slices][count]}, whose sum is the gradient
   * @param rounded what the products read, overwritten; {@link Planes#NONE} for a bias
   */
  public void step(
      CudaStream stream,
      int count,
      long weights,
      long velocity,
      long gradient,
      int slices,
      Planes rounded,
      float rate,
      float momentum,
      float decay) {
    library.forEach(
        count / CHUNK,
        stream,
        "sgd",
        "sgd",
        weights,
        velocity,
        gradient,
        slices,
        rounded.high(),
        rounded.low(),
        count,
        rate,
        momentum,
        decay);
  }

  /**
   * Adds slices in order.
   *
   * @param slices floats {@code [number][count]}
   * @param gradient floats {@code [count]}, overwritten or added to
   */
  public void addSlices(
      CudaStream stream, long slices, int number, long gradient, int count, boolean add) {
    library.forEach(
        count / CHUNK, stream, "sgd", "add_slices", slices, number, gradient, count, add ? 1 : 0);
  }
}
