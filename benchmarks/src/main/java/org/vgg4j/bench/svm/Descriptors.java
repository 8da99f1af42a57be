package org.vgg4j.bench.svm;

import java.util.Random;

/**
 * Descriptors like those of a network: no number is negative or, after averaging over positions,
 * zero; each row has length 1; classes lie close together. Row i shows class i modulo their number.
 */
record Descriptors(int rows, int width, int classes) {
  int label(int row) {
    return row % classes;
  }

  /** Writes a row, the same for each call. */
  void write(int row, float[] to, int at) {
    Random random = new Random(row);
    Random centre = new Random(-1L - label(row));
    double squares = 0;
    for (int i = at; i < at + width; i++) {
      to[i] = random.nextFloat() + 0.1f * centre.nextFloat();
      squares += (double) to[i] * to[i];
    }
    float scale = (float) (1 / Math.sqrt(squares));
    for (int i = at; i < at + width; i++) {
      to[i] *= scale;
    }
  }
}
