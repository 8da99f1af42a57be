package org.vgg4j.svm;

import org.vgg4j.base.InputException;

/**
 * How classifiers are trained.
 *
 * @param cost C, the weight of the losses against the regulariser; above 0
 * @param loss the hinge loss, or its square
 * @param bias value of a feature that is appended to each row, whose weight becomes the offset of
 *     the scores and is regularised as all are (liblinear's -B); 0 for scores without offset
 * @param positiveWeight factor of C for images of the class (liblinear's -w1); above 0
 * @param negativeWeight factor of C for all others; above 0
 * @param tolerance training ends when the projected gradients of the dual problem differ by no more
 *     than that (liblinear's -e); above 0
 * @param iterations passes over the images after which training gives up; at least 1
 * @param seed decides the order of the images in each pass
 */
public record SvmOptions(
    double cost,
    Loss loss,
    double bias,
    double positiveWeight,
    double negativeWeight,
    double tolerance,
    int iterations,
    long seed) {

  /**
   * C = 1, squared hinge loss, a bias of 1 (descriptors have unit length, so the offset costs as
   * much as any direction), equal weights, tolerance 0.01, at most 1,000 passes.
   */
  public static final SvmOptions DEFAULT = new SvmOptions(1, Loss.L2, 1, 1, 1, 0.01, 1000, 0);

  /**
   * @throws InputException if a value is out of range
   */
  public SvmOptions {
    requirePositive("C", cost);
    requirePositive("the weight of positives", positiveWeight);
    requirePositive("the weight of negatives", negativeWeight);
    requirePositive("the tolerance", tolerance);
    if (!(bias >= 0 && bias < Double.POSITIVE_INFINITY)) {
      throw new InputException("the bias must be at least 0, not " + bias + ": 1 is usual");
    }
    if (iterations < 1) {
      throw new InputException("at least one iteration is needed, not " + iterations);
    }
  }

  private static void requirePositive(String name, double value) {
    if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
      throw new InputException(name + " must be above 0, not " + value + ": 1 is usual");
    }
  }

  /** Returns the same with another C. */
  public SvmOptions withCost(double other) {
    return new SvmOptions(
        other, loss, bias, positiveWeight, negativeWeight, tolerance, iterations, seed);
  }
}
