package org.vgg4j.evaluate;

import java.util.Arrays;

/**
 * A figure measured on several splits of a data set.
 *
 * @param mean of the splits
 * @param deviation sample standard deviation (of n figures, with n - 1); NaN for a single one
 * @param splits number of splits
 */
public record Spread(double mean, double deviation, int splits) {
  /**
   * @param figures of each split; at least one
   */
  public static Spread of(double... figures) {
    double mean = Arrays.stream(figures).average().orElseThrow();
    double squares = Arrays.stream(figures).map(x -> (x - mean) * (x - mean)).sum();
    // 0/0, NaN, if there is one
    return new Spread(mean, Math.sqrt(squares / (figures.length - 1)), figures.length);
  }
}
