package org.vgg4j.search;

/** Vectors of unit length. */
final class Unit {
  private Unit() {}

  /** Divides a vector by its length; one of nothing but zeros stays so. */
  static void normalise(double[] vector) {
    double sum = 0;
    for (double value : vector) {
      sum += value * value;
    }
    if (sum > 0) {
      double length = Math.sqrt(sum);
      for (int i = 0; i < vector.length; i++) {
        vector[i] /= length;
      }
    }
  }
}
