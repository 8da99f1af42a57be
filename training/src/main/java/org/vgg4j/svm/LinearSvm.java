package org.vgg4j.svm;

import java.util.List;
import org.vgg4j.kernels.Workers;

/**
 * Linear classifiers, one for each class: the score of a class is the dot product of its weights
 * with a descriptor, plus its offset. Immutable and thread-safe, as long as nobody writes to its
 * arrays.
 *
 * @param classNames in the order of the scores
 * @param width length of a descriptor
 * @param weights {@code [classes][width]}; not copied
 * @param offsets of each class; not copied
 */
public record LinearSvm(List<String> classNames, int width, float[] weights, float[] offsets) {
  /** Rows whose scores one task computes, so that each class's weights are read once for them. */
  private static final int BLOCK = 64;

  /**
   * @throws IllegalArgumentException if an array has another length
   */
  public LinearSvm {
    classNames = List.copyOf(classNames);
    if (weights.length != (long) classNames.size() * width || offsets.length != classNames.size()) {
      throw new IllegalArgumentException(
          weights.length + " weights of " + classNames.size() + " classes and width " + width);
    }
  }

  /**
   * Returns the scores of each row, {@code [rows][classes]}. The number of threads does not change
   * them.
   *
   * @throws IllegalArgumentException if the rows have another width
   */
  public double[][] scores(Rows rows, int threads) {
    if (rows.width() != width) {
      throw new IllegalArgumentException(
          "rows of " + rows.width() + " numbers, but the classifiers take " + width);
    }
    double[][] scores = new double[rows.count()][classNames.size()];
    try (Workers workers = new Workers(threads)) {
      workers.run(
          (rows.count() + BLOCK - 1) / BLOCK,
          (block, scratch) ->
              score(
                  rows.reader(),
                  block * BLOCK,
                  Math.min(rows.count(), (block + 1) * BLOCK),
                  scores));
    }
    return scores;
  }

  private void score(Rows.Reader rows, int from, int to, double[][] scores) {
    double[] own = new double[width];
    for (int k = 0; k < classNames.size(); k++) {
      for (int i = 0; i < width; i++) {
        own[i] = weights[k * width + i];
      }
      for (int row = from; row < to; row++) {
        scores[row][k] = rows.dot(row, own, 0) + offsets[k];
      }
    }
  }

  /** Returns the class with the largest score; the first of several. */
  public static int best(double[] scores) {
    int best = 0;
    for (int k = 1; k < scores.length; k++) {
      if (scores[k] > scores[best]) {
        best = k;
      }
    }
    return best;
  }
}
