package org.vgg4j.views;

/**
 * Makes posteriors less or more certain: those of class scores that were divided by a temperature
 * (Guo et al. 2017, section 4.2). They are computed from the posteriors, p^(1/T) divided by its sum
 * over the classes, which is the same for one view of an image, unless a posterior was too small
 * for a float and is 0. For the mean of several views it keeps the order of the classes, which
 * dividing each view's scores need not.
 *
 * @param value T, positive; 1 changes nothing
 */
public record Temperature(double value) {
  /** Changes nothing. */
  public static final Temperature NONE = new Temperature(1);

  /**
   * @throws IllegalArgumentException if the value is not positive
   */
  public Temperature {
    if (!(value > 0)) {
      throw new IllegalArgumentException("temperature " + value);
    }
  }

  /**
   * Applies it to the posteriors of an image. The class that ranks first stays the first, even
   * where rounding makes others equal to it.
   *
   * @param posteriors the first class at the offset; not changed
   * @param classes number of classes
   * @return {@code [classes]}, a new array
   */
  public float[] apply(float[] posteriors, int offset, int classes) {
    float[] result = new float[classes];
    if (value == 1) {
      System.arraycopy(posteriors, offset, result, 0, classes);
      return result;
    }
    int best = Ranking.top(posteriors, offset, classes, 1)[0];
    double largest = posteriors[offset + best];
    double[] powers = new double[classes];
    double sum = 0;
    for (int k = 0; k < classes; k++) {
      powers[k] = StrictMath.pow(posteriors[offset + k] / largest, 1 / value);
      sum += powers[k];
    }
    float others = 0;
    for (int k = 0; k < classes; k++) {
      result[k] = (float) (powers[k] / sum);
      others = k < best ? Math.max(others, result[k]) : others;
    }
    if (others == result[best]) {
      result[best] = Math.nextUp(result[best]);
    }
    return result;
  }
}
