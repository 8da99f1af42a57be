package org.vgg4j.evaluate;

import org.vgg4j.base.InputException;
import org.vgg4j.weights.Calibration;

/**
 * Finds the temperature at which posteriors fit labelled images best: that of the smallest mean
 * negative log-likelihood (Guo et al. 2017, section 4.2). As a function of 1/T that is convex, so
 * halving the interval in which its derivative changes sign finds the one minimum.
 */
public final class TemperatureFit {
  /** The search ends when T is known this exactly, relative to itself. */
  public static final double TOLERANCE = 1e-6;

  private TemperatureFit() {}

  /**
   * Finds it.
   *
   * @param posteriors of images with classes that the network was not trained on, at temperature 1;
   *     those below the smallest float count as that
   * @return T, within {@link Calibration#LOWEST} and {@link Calibration#HIGHEST}
   * @throws InputException if the best T is beyond these: then the images do not decide it
   * @throws IllegalStateException if the classes of the images are not known
   */
  public static double of(Posteriors posteriors) {
    posteriors.requireLabels();
    double low = 1 / Calibration.HIGHEST;
    double high = 1 / Calibration.LOWEST;
    boolean allRight = posteriors.evaluation().wrong() == 0; // the slope is too small to be seen
    if (allRight || slope(posteriors, high) < 0) {
      throw new InputException(
          "no temperature fits: the surer the posteriors of these %d images the better, since %s are classified right; take more images"
              .formatted(posteriors.images(), allRight ? "all" : "nearly all"));
    }
    if (slope(posteriors, low) > 0) {
      throw new InputException(
          "no temperature fits: on these %d images the model is no better than guessing"
              .formatted(posteriors.images()));
    }
    while (high / low > 1 + TOLERANCE) {
      double middle = Math.sqrt(low * high);
      if (slope(posteriors, middle) < 0) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return 1 / Math.sqrt(low * high);
  }

  /** The derivative of the sum of the negative log-likelihoods with respect to 1/T. */
  private static double slope(Posteriors posteriors, double inverse) {
    int classes = posteriors.classNames().size();
    float[] values = posteriors.values();
    double slope = 0;
    double[] scores = new double[classes];
    for (int n = 0; n < posteriors.images(); n++) {
      int offset = n * classes;
      double largest = Double.NEGATIVE_INFINITY;
      for (int k = 0; k < classes; k++) {
        scores[k] = StrictMath.log(Math.max(values[offset + k], Float.MIN_VALUE));
        largest = Math.max(largest, scores[k]);
      }
      double sum = 0;
      double weighted = 0;
      for (int k = 0; k < classes; k++) {
        double power = StrictMath.exp(inverse * (scores[k] - largest));
        sum += power;
        weighted += power * scores[k];
      }
      slope += weighted / sum - scores[posteriors.labels()[n]];
    }
    return slope;
  }
}
