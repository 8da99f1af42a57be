package org.vgg4j.kernels.scalar;

/** The inner loop of the naive twin: a weighted sum of rows. */
final class Rows {
  private Rows() {}

  /**
   * Adds {@code sum over j of factors[j] * rows[j][...]} to a row, in the order of j.
   *
   * @param sum the row added to, at its offset, of the given length
   * @param factors one factor per row
   * @param count number of rows
   * @param rows the rows, contiguous from the offset, each of the given length
   */
  static void addWeighted(
      float[] sum,
      int sumOffset,
      int length,
      float[] factors,
      int factorOffset,
      int count,
      float[] rows,
      int rowOffset) {
    int j = 0;
    // four at a time: the sum is loaded and stored once for four multiply-adds
    for (; j + 4 <= count; j += 4) {
      addFour(sum, sumOffset, length, factors, factorOffset + j, rows, rowOffset + j * length);
    }
    for (; j < count; j++) {
      addOne(sum, sumOffset, length, factors[factorOffset + j], rows, rowOffset + j * length);
    }
  }

  private static void addFour(
      float[] sum, int s, int length, float[] factors, int f, float[] rows, int r) {
    float f0 = factors[f];
    float f1 = factors[f + 1];
    float f2 = factors[f + 2];
    float f3 = factors[f + 3];
    int r1 = r + length;
    int r2 = r1 + length;
    int r3 = r2 + length;
    for (int i = 0; i < length; i++) {
      sum[s + i] += f0 * rows[r + i] + f1 * rows[r1 + i] + f2 * rows[r2 + i] + f3 * rows[r3 + i];
    }
  }

  private static void addOne(float[] sum, int s, int length, float factor, float[] rows, int r) {
    for (int i = 0; i < length; i++) {
      sum[s + i] += factor * rows[r + i];
    }
  }
}
