package org.vgg4j.bench.compare;

/** Compares the scores of two engines. */
final class Scores {
  private Scores() {}

  /**
   * The largest difference of two scores of the same image and class, as a fraction of the largest
   * score of the reference; NaN if one of them is NaN.
   */
  static double difference(float[] reference, float[] other) {
    if (reference.length != other.length) {
      throw new IllegalArgumentException(
          reference.length + " scores cannot be compared with " + other.length);
    }
    double largest = 0;
    double difference = 0;
    for (int i = 0; i < reference.length; i++) {
      largest = Math.max(largest, Math.abs(reference[i]));
      difference = Math.max(difference, Math.abs((double) reference[i] - other[i]));
    }
    return difference / largest;
  }
}
