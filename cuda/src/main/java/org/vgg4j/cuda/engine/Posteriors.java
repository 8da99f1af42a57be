package org.vgg4j.cuda.engine;

import org.vgg4j.cuda.driver.DeviceMemory;
import org.vgg4j.cuda.kernels.MapShape;

/** Class scores on their way to the host, and their soft-max there. */
final class Posteriors {
  private Posteriors() {}

  /**
   * Copies scores to the host, once all work before is done.
   *
   * @param memory floats {@code [rows][padded classes]}
   * @return {@code [rows][classes]}
   */
  static float[] scores(DeviceMemory memory, int rows, int classes) {
    int padded = MapShape.padded(classes);
    float[] lines = new float[Math.multiplyExact(rows, padded)];
    memory.download(lines);
    float[] scores = new float[rows * classes];
    for (int row = 0; row < rows; row++) {
      System.arraycopy(lines, row * padded, scores, row * classes, classes);
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
