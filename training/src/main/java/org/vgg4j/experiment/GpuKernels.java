package org.vgg4j.experiment;

/**
 * How fast a family of GPU kernels makes the products of network D's layers, 128 images, as
 * measured on an H200 ({@code benchmarks/gpu}, November 2026): TFLOP/s for layers of 64, 128, 256
 * and 512 channels. Layers of few channels are limited by what brings their values, not by
 * products.
 */
enum GpuKernels {
  /** H100's and H200's, limited by their tensor cores' peak. */
  HOPPER(
      989.4,
      new double[] {497, 614, 718, 758},
      new double[] {411, 591, 680, 722},
      new double[] {448, 729, 752, 735},
      new double[] {1.08, 1.01}),
  /**
   * Every other GPU's. Their instructions reach at most 570 TFLOP/s on an H200, measured on
   * registers.
   */
  AMPERE(
      570,
      new double[] {193, 310, 367, 404},
      new double[] {182, 302, 345, 372},
      new double[] {185, 330, 346, 341},
      new double[] {1.045, 0.97});

  private static final int FEWEST = 64;

  private final double peak;
  private final double[] forward;
  private final double[] data;
  private final double[] weights;
  private final double[] factors;

  GpuKernels(double peak, double[] forward, double[] data, double[] weights, double[] factors) {
    this.peak = peak;
    this.forward = forward;
    this.data = data;
    this.weights = weights;
    this.factors = factors;
  }

  /** One of the three products of a layer. */
  enum Product {
    FORWARD,
    /** The gradient with respect to the input. */
    DATA,
    /** The gradient with respect to the weights. */
    WEIGHTS
  }

  /**
   * FLOP/s on a card. The seconds that an operation took on the H200 beyond its peak are those of
   * bringing values; on another card they are taken to be the same and to come on top of its own
   * peak, as if the two never overlapped. On a card of a lower peak that is cautious: its
   * multiprocessors bring values no slower, and the tensor cores wait less.
   *
   * @param channels that are multiplied with each other: inputs, or for weights outputs
   * @param cardPeak of a card, in FLOP/s
   */
  double rate(Product product, int channels, double cardPeak) {
    double[] measured =
        switch (product) {
          case FORWARD -> forward;
          case DATA -> data;
          case WEIGHTS -> weights;
        };
    double place = Math.log((double) Math.max(FEWEST, channels) / FEWEST) / Math.log(2);
    int below = (int) Math.min(place, measured.length - 2);
    double part = Math.min(place - below, 1);
    double here = (1 - part) * measured[below] + part * measured[below + 1];
    return 1 / (1 / (1e12 * here) - 1 / (1e12 * peak) + 1 / cardPeak);
  }

  /**
   * By how much a whole step of network D on the H200 took longer than the kernels' times add up
   * to: gaps between kernels, dropout, the loss. Fitted to 22.9 ms (bf16) and 60.2 ms (fp32), and
   * Ampere's 43.1 and 116.7 ms; fp32's products take a little less than three times as long.
   */
  double factor(boolean exact) {
    return factors[exact ? 1 : 0];
  }
}
