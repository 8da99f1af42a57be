package org.vgg4j.base;

/**
 * The random numbers of one (seed, epoch, sample, purpose): the same key gives the same numbers, in
 * whatever order, thread or process the streams are used. All random numbers in vgg4j come from
 * here. Not thread-safe; cheap to make.
 */
public final class RandomStream {
  /** The least shape of {@link #nextBeta}. */
  public static final double LEAST_SHAPE = 0.001;

  /** The largest shape of {@link #nextBeta}. */
  public static final double LARGEST_SHAPE = 1000;

  private final int key0;
  private final int key1;
  private final int epoch;
  private final int sample;
  private final int purpose;
  private final int[] words = new int[4];
  private int block;
  private int used = 4;

  /**
   * @param seed the run's seed, any value
   * @param epoch the epoch, from 0
   * @param sample index of the sample in its data set (or of whatever the purpose counts), from 0
   * @param purpose what the numbers are used for
   */
  public RandomStream(long seed, int epoch, int sample, Purpose purpose) {
    this.key0 = (int) seed;
    this.key1 = (int) (seed >>> 32);
    this.epoch = epoch;
    this.sample = sample;
    this.purpose = purpose.code();
  }

  /** Returns 32 random bits. */
  public int nextInt() {
    if (used == 4) {
      words[0] = block++;
      words[1] = purpose;
      words[2] = sample;
      words[3] = epoch;
      Philox.encrypt(words, key0, key1);
      used = 0;
    }
    return words[used++];
  }

  /**
   * Returns an integer in [0, bound), each equally likely (Lemire's multiplication with rejection).
   *
   * @throws IllegalArgumentException if bound is not positive
   */
  public int nextInt(int bound) {
    if (bound <= 0) {
      throw new IllegalArgumentException("bound must be positive, not " + bound);
    }
    long product = (nextInt() & 0xFFFFFFFFL) * bound;
    if ((product & 0xFFFFFFFFL) < bound) {
      long threshold = (1L << 32) % bound;
      while ((product & 0xFFFFFFFFL) < threshold) {
        product = (nextInt() & 0xFFFFFFFFL) * bound;
      }
    }
    return (int) (product >>> 32);
  }

  /** Returns a number in [0, 1), a multiple of 2^-53. */
  public double nextDouble() {
    long high = nextInt() & 0xFFFFFFFFL;
    long low = nextInt() & 0xFFFFFFFFL;
    return (((high << 32) | low) >>> 11) * 0x1.0p-53;
  }

  /** Returns a normally distributed number of mean 0 and variance 1 (Box and Muller, 1958). */
  public double nextGaussian() {
    double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - nextDouble()));
    return radius * StrictMath.cos(2 * StrictMath.PI * nextDouble());
  }

  /**
   * Returns a number in [0, 1] with the beta distribution of (shape, shape): the first of two gamma
   * distributed numbers divided by their sum.
   *
   * @param shape from {@link #LEAST_SHAPE} to {@link #LARGEST_SHAPE}
   * @throws IllegalArgumentException if the shape is out of its range
   */
  public double nextBeta(double shape) {
    if (!(shape >= LEAST_SHAPE && shape <= LARGEST_SHAPE)) {
      throw new IllegalArgumentException(
          "the shape must be from %s to %s, not %s".formatted(LEAST_SHAPE, LARGEST_SHAPE, shape));
    }
    double first = nextLogOfGamma(shape);
    double second = nextLogOfGamma(shape);
    return 1 / (1 + StrictMath.exp(second - first));
  }

  /**
   * Marsaglia and Tsang (2000). The logarithm, since small shapes have numbers that are no doubles.
   */
  private double nextLogOfGamma(double shape) {
    if (shape < 1) {
      double larger = nextLogOfGamma(shape + 1);
      return larger + StrictMath.log(1 - nextDouble()) / shape;
    }
    double d = shape - 1.0 / 3;
    double c = 1 / StrictMath.sqrt(9 * d);
    while (true) {
      double x = nextGaussian();
      double root = 1 + c * x;
      double uniform = 1 - nextDouble();
      if (root > 0) {
        double v = root * root * root;
        double logOfV = StrictMath.log(v);
        if (StrictMath.log(uniform) < x * x / 2 + d * (1 - v + logOfV)) {
          return StrictMath.log(d) + logOfV;
        }
      }
    }
  }

  /** Returns true or false, each with probability one half. */
  public boolean nextBoolean() {
    return nextInt() < 0;
  }

  /** Returns the numbers 0 to n-1 in random order (Fisher and Yates). */
  public int[] permutation(int n) {
    int[] order = new int[n];
    for (int i = 0; i < n; i++) {
      order[i] = i;
    }
    for (int i = n - 1; i > 0; i--) {
      int j = nextInt(i + 1);
      int swap = order[i];
      order[i] = order[j];
      order[j] = swap;
    }
    return order;
  }
}
