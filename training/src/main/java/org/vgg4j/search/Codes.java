package org.vgg4j.search;

/**
 * Rows in one byte a number: a quarter of the memory to read, from which a bound on each cosine
 * follows; so only rows that may be among the best need be read in full.
 *
 * @param values {@code [stride]}
 * @param scale of a code's unit
 * @param slack how far a product with a query of unit length may be from the row's own, at most
 */
record Codes(byte[] values, float scale, float slack) {
  private static final int LARGEST = 127;

  /** Codes of a row. */
  static Codes of(float[] row) {
    float largest = 0;
    for (float value : row) {
      largest = Math.max(largest, Math.abs(value));
    }
    float scale = Math.max(largest / LARGEST, Float.MIN_NORMAL);
    byte[] values = new byte[row.length];
    double error = 0;
    double size = 0;
    for (int i = 0; i < row.length; i++) {
      values[i] = (byte) Math.round((double) row[i] / scale);
      double decoded = (double) values[i] * scale;
      error += (row[i] - decoded) * (row[i] - decoded);
      size += decoded * decoded;
    }
    // The first is Cauchy and Schwarz's bound, the second that of the rounding of float sums, each
    // with something to spare for the rounding of bounds and of the query's length.
    double slack = Math.sqrt(error) * 1.00001 + Math.sqrt(size) * (row.length + 8) * 0x1p-23;
    return new Codes(values, scale, Math.nextUp((float) slack));
  }
}
