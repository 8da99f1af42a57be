package org.vgg4j.evaluate;

/** Scores to posteriors. */
final class SoftMax {
  private SoftMax() {}

  /** Returns the soft-max of the scores of one image; it sums to 1. */
  static float[] of(float[] scores) {
    float largest = Float.NEGATIVE_INFINITY;
    for (float score : scores) {
      largest = Math.max(largest, score);
    }
    double[] powers = new double[scores.length];
    double sum = 0;
    for (int k = 0; k < scores.length; k++) {
      powers[k] = StrictMath.exp(scores[k] - (double) largest);
      sum += powers[k];
    }
    float[] posteriors = new float[scores.length];
    for (int k = 0; k < scores.length; k++) {
      posteriors[k] = (float) (powers[k] / sum);
    }
    return posteriors;
  }
}
