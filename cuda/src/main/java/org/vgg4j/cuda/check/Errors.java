package org.vgg4j.cuda.check;

import java.util.Arrays;

/** How far a result is from what it should be. */
final class Errors {
  private Errors() {}

  /**
   * The largest difference, each divided by the sum of what the value should be and the root mean
   * square of all: so one wrong value among many shows. Infinite if a value is NaN that should not
   * be, or the other way round.
   */
  static double largest(double[] got, double[] wanted) {
    if (got.length != wanted.length) {
      throw new IllegalArgumentException(got.length + " values, not " + wanted.length);
    }
    double squares = 0;
    for (double value : wanted) {
      squares += Double.isNaN(value) ? 0 : value * value;
    }
    double rms = Math.sqrt(squares / wanted.length);
    double largest = 0;
    for (int i = 0; i < got.length; i++) {
      if (Double.isNaN(got[i]) && Double.isNaN(wanted[i])) {
        continue;
      }
      double error = Math.abs(got[i] - wanted[i]) / (rms + Math.abs(wanted[i]));
      largest = Math.max(largest, Double.isNaN(error) ? Double.POSITIVE_INFINITY : error);
    }
    return largest;
  }

  /** Zero if both are the same, infinite otherwise. */
  static double exact(int[] got, int[] wanted) {
    return Arrays.equals(got, wanted) ? 0 : Double.POSITIVE_INFINITY;
  }
}
