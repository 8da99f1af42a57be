package org.vgg4j.bench.compare;

import java.util.Arrays;

/** Statistics of several measurements. */
final class Statistics {
  private Statistics() {}

  /** The median: the middle one, or the mean of the two in the middle. */
  static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
