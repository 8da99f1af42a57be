package org.vgg4j.cuda.engine;

import java.nio.FloatBuffer;
import org.vgg4j.cuda.kernels.MapShape;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.LabelLoss;

/** Class scores on the host, and their soft-max or sigmoids. */
final class Posteriors {
  private Posteriors() {}

  /**
   * Returns outputs of the last layer without the padding.
   *
   * @param lines {@code [rows][padded outputs]}
   * @return {@code [rows][outputs]}
   */
  static float[] scores(FloatBuffer lines, int rows, int outputs) {
    int padded = MapShape.padded(outputs);
    float[] scores = new float[Math.multiplyExact(rows, outputs)];
    for (int row = 0; row < rows; row++) {
      lines.position(row * padded).get(scores, row * outputs, outputs);
    }
    return scores;
  }

  /**
   * Returns the soft-max of each row, or of labels the sigmoid of each score.
   *
   * @param scores {@code [rows][classes]}
   * @return {@code [rows][classes]}
   * @throws IllegalStateException if the network's outputs are no class scores
   */
  static float[] of(Architecture architecture, float[] scores, int rows) {
    if (architecture.task().isBoxes()) {
      throw new IllegalStateException("the outputs of %s are boxes".formatted(architecture));
    }
    int classes = architecture.classes();
    if (architecture.task().isLabels()) {
      return LabelLoss.probabilities(scores, rows * classes);
    }
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
