package org.vgg4j.cuda.engine;

import java.nio.FloatBuffer;
import org.vgg4j.cuda.kernels.MapShape;

/** Class scores on the host, and their soft-max. */
final class Posteriors {
  private Posteriors() {}

  /**
   * Returns scores without the padding.
   *
   * @param lines {@code [rows][padded classes]}
   * @return {@code [rows][classes]}
   */
  static float[] scores(FloatBuffer lines, int rows, int classes) {
    int padded = MapShape.padded(classes);
    float[] scores = new float[Math.multiplyExact(rows, classes)];
    for (int row = 0; row < rows; row++) {
      lines.position(row * padded).get(scores, row * classes, classes);
    }
    return scores;
  }

  /**
   * Returns the soft-max of each row.
   *
   * @param scores {@code [rows][classes]}
   * @return {@code [rows][classes]}
   */
  static float[] of(float[] scores, int rows, int classes) {
    float[] posteriors = new float[rows * classes];
    for (int first = 0; first < posteriors.length; first += classes) {
      float largest = Float.NEGATIVE_INFINITY;
      for (int k = first; k < first + classes; k++) {
        largest = Math.max(largest, scores[k]);
      }
      double sum = 0;
      for (int k = first; k < first + classes; k++) {
        sum += Math.exp((double) scores[k] - largest);
      }
      for (int k = first; k < first + classes; k++) {
        posteriors[k] = (float) (Math.exp((double) scores[k] - largest) / sum);
      }
    }
    return posteriors;
  }
}
