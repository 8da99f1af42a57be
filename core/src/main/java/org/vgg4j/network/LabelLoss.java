package org.vgg4j.network;

/**
 * How the scores of an image that may show several classes are compared with its labels: by the
 * binary cross-entropy of each label that is known, in nats, {@code -(w t ln p + (1 - t) ln (1 -
 * p))} with p the sigmoid of the score, t the target and w the weight of the class, which counts
 * for the images that show it. The loss of an image is the mean over its known labels, 0 if there
 * are none; that of a batch is the mean over its images. Where all labels are known that is
 * PyTorch's {@code BCEWithLogitsLoss(pos_weight)}.
 */
public final class LabelLoss {
  private LabelLoss() {}

  /** Returns the sigmoid of a score: the probability that the image shows the class. */
  public static double probability(double score) {
    double small = StrictMath.exp(-Math.abs(score)); // never overflows
    return score >= 0 ? 1 / (1 + small) : small / (1 + small);
  }

  /**
   * The loss of one label; NaN if the score is.
   *
   * @param target in [0, 1]
   * @param weight of the class
   */
  public static double of(double score, double target, double weight) {
    double ofShown = StrictMath.log1p(StrictMath.exp(-Math.abs(score))) + Math.max(-score, 0);
    return (1 - target) * score + (1 + (weight - 1) * target) * ofShown;
  }

  /** The derivative of {@link #of} with respect to the score. */
  public static double gradient(double score, double target, double weight) {
    return 1 - target - (1 + (weight - 1) * target) * probability(-score);
  }

  /**
   * Returns the probabilities of rows of scores.
   *
   * @param count of numbers to take
   * @return {@code [count]}, a new array
   */
  public static float[] probabilities(float[] scores, int count) {
    float[] probabilities = new float[count];
    for (int i = 0; i < count; i++) {
      probabilities[i] = (float) probability(scores[i]);
    }
    return probabilities;
  }

  /**
   * Whether a score is right about a label: whether both, or neither, say that the image rather
   * shows the class.
   */
  public static boolean isRight(float score, float target) {
    return (score >= 0) == (target >= 0.5f);
  }
}
