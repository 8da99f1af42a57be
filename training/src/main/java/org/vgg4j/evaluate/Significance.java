package org.vgg4j.evaluate;

/** How far results can be trusted. */
public final class Significance {
  private static final double Z_95 = 1.959963984540054; // 97.5 % of the normal distribution

  private Significance() {}

  /**
   * An interval.
   *
   * @param low its lower end
   * @param high its upper end
   */
  public record Interval(double low, double high) {}

  /**
   * The 95 % interval of an error rate (Wilson 1927, doi:10.1080/01621459.1927.10502953).
   *
   * @param wrong how many images were wrong
   * @param images of how many, at least 1
   * @return in percent
   */
  public static Interval wilson(int wrong, int images) {
    double n = images;
    double p = wrong / n;
    double squared = Z_95 * Z_95;
    double middle = (p + squared / (2 * n)) / (1 + squared / n);
    double half =
        Z_95 * StrictMath.sqrt(p * (1 - p) / n + squared / (4 * n * n)) / (1 + squared / n);
    return new Interval(100 * Math.max(0, middle - half), 100 * Math.min(1, middle + half));
  }

  /**
   * Two networks on the same images.
   *
   * @param onlyFirstRight images that only the first got right
   * @param onlySecondRight images that only the second got right
   * @param probability of so large a difference if both were equally good; McNemar's exact test,
   *     two-sided (McNemar 1947, doi:10.1007/BF02295996)
   */
  public record Comparison(int onlyFirstRight, int onlySecondRight, double probability) {}

  /**
   * Compares top predictions.
   *
   * @throws org.vgg4j.base.InputException if images, labels or classes differ
   */
  public static Comparison compare(Posteriors first, Posteriors second) {
    int[] order = first.orderOf(second);
    boolean[] firstRight = new boolean[order.length];
    boolean[] secondRight = new boolean[order.length];
    for (int n = 0; n < order.length; n++) {
      firstRight[n] = first.predicted(n) == first.labels()[n];
      secondRight[n] = second.predicted(order[n]) == first.labels()[n];
    }
    return compare(firstRight, secondRight);
  }

  /**
   * Compares two methods by which images each got right.
   *
   * @throws IllegalArgumentException if the numbers of images differ
   */
  public static Comparison compare(boolean[] firstRight, boolean[] secondRight) {
    if (firstRight.length != secondRight.length) {
      throw new IllegalArgumentException(
          "%d images and %d are not the same".formatted(firstRight.length, secondRight.length));
    }
    int onlyFirst = 0;
    int onlySecond = 0;
    for (int n = 0; n < firstRight.length; n++) {
      onlyFirst += firstRight[n] && !secondRight[n] ? 1 : 0;
      onlySecond += secondRight[n] && !firstRight[n] ? 1 : 0;
    }
    return new Comparison(onlyFirst, onlySecond, mcNemar(onlyFirst, onlySecond));
  }

  /**
   * Twice the smaller tail of the binomial distribution with p = 1/2, at most 1.
   *
   * @param one images that only the first got right
   * @param other images that only the second got right
   */
  public static double mcNemar(int one, int other) {
    int n = one + other;
    double log = -n * StrictMath.log(2); // of the probability of 0 out of n
    double tail = 0;
    for (int k = 0; k <= Math.min(one, other); k++) {
      tail += StrictMath.exp(log);
      log += StrictMath.log((double) (n - k) / (k + 1));
    }
    return Math.min(1, 2 * tail);
  }

  /**
   * The expected calibration error: the mean difference between the probability of the top
   * prediction and its accuracy, over 15 bins of equal width, weighted by their number of images
   * (Guo et al. 2017, section 2).
   *
   * @return in 0..1
   */
  public static double calibrationError(Posteriors posteriors) {
    int bins = 15;
    double[] probabilities = new double[bins];
    int[] right = new int[bins];
    int classes = posteriors.classNames().size();
    for (int n = 0; n < posteriors.images(); n++) {
      int predicted = posteriors.predicted(n);
      float probability = posteriors.values()[n * classes + predicted];
      int bin = Math.min(bins - 1, (int) (probability * bins));
      probabilities[bin] += probability;
      right[bin] += predicted == posteriors.labels()[n] ? 1 : 0;
    }
    double error = 0;
    for (int bin = 0; bin < bins; bin++) {
      error += Math.abs(probabilities[bin] - right[bin]);
    }
    return error / posteriors.images();
  }
}
