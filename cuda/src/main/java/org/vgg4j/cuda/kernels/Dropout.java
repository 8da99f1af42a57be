package org.vgg4j.cuda.kernels;

import org.vgg4j.cuda.driver.CudaStream;

/** Dropout with the masks that the CPU draws, see {@code dropout.cu}. */
public final class Dropout {
  private final KernelLibrary library;
  private final double rate;

  /**
   * @param rate share of the features that is dropped, in [0, 1)
   */
  public Dropout(KernelLibrary library, double rate) {
    this.library = library;
    this.rate = rate;
  }

  /** What the features that stay are multiplied by. */
  public float scale() {
    return (float) (1 / (1 - rate));
  }

  /** Ints of {@link #key}. */
  public static final int KEY = 3;

  /**
   * What the masks depend on beside sample and purpose, as the kernel reads it.
   *
   * @param seed the run's seed
   * @param epoch from 0
   */
  public static int[] key(long seed, int epoch) {
    return new int[] {(int) seed, (int) (seed >>> 32), epoch};
  }

  /**
   * Drops in place.
   *
   * @param shape {@code [images][1][1][features]}
   * @param values overwritten
   * @param samples address of ints: the index of each image's sample, and behind them the {@link
   *     #key}
   * @param purpose code of what the masks are for
   */
  public void apply(CudaStream stream, MapShape shape, Planes values, long samples, int purpose) {
    library.forEach(
        shape.chunks(),
        stream,
        "dropout",
        "dropout",
        values.high(),
        values.low(),
        samples,
        shape.images(),
        shape.channels(),
        purpose,
        (int) Math.round(rate * (1L << 32)),
        scale());
  }
}
