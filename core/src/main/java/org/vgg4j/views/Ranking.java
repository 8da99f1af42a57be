package org.vgg4j.views;

import java.util.stream.IntStream;

/** The order of class scores. Of equal scores the class with the smaller index comes first. */
public final class Ranking {
  private Ranking() {}

  /**
   * Returns how many classes rank above a class; 0 if it is the top prediction. A class whose score
   * is NaN comes last.
   *
   * @param scores scores or posteriors, the first class at the offset
   * @param classes number of classes
   * @param label the class
   */
  public static int rank(float[] scores, int offset, int classes, int label) {
    float own = scores[offset + label];
    if (Float.isNaN(own)) {
      return classes - 1;
    }
    int rank = 0;
    for (int k = 0; k < classes; k++) {
      float other = scores[offset + k];
      if (other > own || (other == own && k < label)) {
        rank++;
      }
    }
    return rank;
  }

  /**
   * Returns the classes with the largest scores, best first.
   *
   * @param count how many; all if there are fewer
   */
  public static int[] top(float[] scores, int offset, int classes, int count) {
    return IntStream.range(0, classes)
        .boxed()
        .sorted(
            (a, b) -> {
              int order = compare(scores[offset + b], scores[offset + a]);
              return order != 0 ? order : Integer.compare(a, b);
            })
        .limit(count)
        .mapToInt(Integer::intValue)
        .toArray();
  }

  /** Like {@code <}, but NaN is less than all others. */
  private static int compare(float a, float b) {
    if (Float.isNaN(a) || Float.isNaN(b)) {
      return Boolean.compare(Float.isNaN(b), Float.isNaN(a));
    }
    return a < b ? -1 : a > b ? 1 : 0;
  }
}
