package org.vgg4j.kernels.vector;

import static org.vgg4j.kernels.vector.Width.LANES;

/**
 * The matrix product that everything else builds on: a few rows by a few vectors of columns, kept
 * in registers over the whole depth.
 *
 * <p>For rows r and columns v, {@code c[r][v] = sum over d of a[r][d] * b[d][v]}, in the order of
 * d, one fused multiply-add each, so that a result does not depend on how rows are grouped. Element
 * (r, d) of a lies at {@code a0 + r * aRow + d * aStep}, row d of b at {@code b0 + d * bStep}.
 */
final class Gemm {
  /**
   * Rows of the largest micro-kernel: 20 of 32 registers hold sums, or 8 of 16. A sixth row leaves
   * so few that the JIT compiler of JDK 17 spills registers in one run out of three.
   */
  static final int ROWS = Width.REGISTERS >= 32 ? 5 : 4;

  /** Vectors of columns of the largest micro-kernel. */
  static final int VECTORS = Width.REGISTERS >= 32 ? 4 : 2;

  private Gemm() {}

  /**
   * Columns of a matrix that are computed together: the largest of 4, 2 or 1 vectors that divides
   * their number.
   *
   * @param columns a multiple of 16
   */
  static int columnBlock(int columns) {
    for (int vectors = VECTORS; vectors > 1; vectors /= 2) {
      if (vectors * LANES % 16 == 0 && columns % (vectors * LANES) == 0) {
        return vectors * LANES;
      }
    }
    return LANES >= 16 ? LANES : 16;
  }

  /**
   * Computes a block of c.
   *
   * @param rows number of rows; any
   * @param columns a block as {@link #columnBlock} gives it
   * @param mayOverrun whether a and c have room up to the next multiple of 4 or 5 rows, so that the
   *     last rows need not be computed one by one
   */
  static void run(
      int rows,
      int columns,
      boolean mayOverrun,
      float[] a,
      int a0,
      int aRow,
      int aStep,
      int depth,
      float[] b,
      int b0,
      int bStep,
      float[] c,
      int c0,
      int cRow) {
    int r = 0;
    while (r < rows) {
      int left = rows - r;
      int now = rowsOf(left, mayOverrun);
      for (int v = 0; v < columns; ) {
        int vectors = Math.min(VECTORS, Integer.highestOneBit((columns - v) / LANES));
        micro(
            now,
            vectors,
            a,
            a0 + r * aRow,
            aRow,
            aStep,
            depth,
            b,
            b0 + v,
            bStep,
            c,
            c0 + r * cRow + v,
            cRow);
        v += vectors * LANES;
      }
      r += now;
    }
  }

  /** Like {@link #run}, but adds to the values in c. */
  static void add(
      int rows,
      int columns,
      float[] a,
      int a0,
      int aRow,
      int aStep,
      int depth,
      float[] b,
      int b0,
      int bStep,
      float[] c,
      int c0,
      int cRow) {
    for (int r = 0; r < rows; ) {
      int now = rows - r >= 4 ? 4 : 1;
      for (int v = 0; v < columns; ) {
        int vectors = Math.min(VECTORS, Integer.highestOneBit((columns - v) / LANES));
        int from = a0 + r * aRow;
        int to = c0 + r * cRow + v;
        addMicro(now, vectors, a, from, aRow, aStep, depth, b, b0 + v, bStep, c, to, cRow);
        v += vectors * LANES;
      }
      r += now;
    }
  }

  private static int rowsOf(int left, boolean mayOverrun) {
    if (left >= ROWS || (mayOverrun && left > 4)) {
      return ROWS;
    }
    return left >= 4 || mayOverrun ? 4 : 1;
  }

  private static void micro(
      int rows,
      int vectors,
      float[] a,
      int a0,
      int aRow,
      int aStep,
      int depth,
      float[] b,
      int b0,
      int bStep,
      float[] c,
      int c0,
      int cRow) {
    switch (rows * 10 + vectors) {
      case 54:
        MicroKernels.rows5x4(a, a0, aRow, aStep, depth, b, b0, bStep, c, c0, cRow);
        break;
      case 52:
        MicroKernels.rows5x2(a, a0, aRow, aStep, depth, b, b0, bStep, c, c0, cRow);
        break;
      case 51:
        MicroKernels.rows5x1(a, a0, aRow, aStep, depth, b, b0, bStep, c, c0, cRow);
        break;
      case 44:
        MicroKernels.rows4x4(a, a0, aRow, aStep, depth, b, b0, bStep, c, c0, cRow);
        break;
      case 42:
        MicroKernels.rows4x2(a, a0, aRow, aStep, depth, b, b0, bStep, c, c0, cRow);
        break;
      case 41:
        MicroKernels.rows4x1(a, a0, aRow, aStep, depth, b, b0, bStep, c, c0, cRow);
        break;
      case 14:
        MicroKernels.rows1x4(a, a0, aRow, aStep, depth, b, b0, bStep, c, c0, cRow);
        break;
      case 12:
        MicroKernels.rows1x2(a, a0, aRow, aStep, depth, b, b0, bStep, c, c0, cRow);
        break;
      case 11:
        MicroKernels.rows1x1(a, a0, aRow, aStep, depth, b, b0, bStep, c, c0, cRow);
        break;
      default:
        throw new IllegalArgumentException(rows + " rows by " + vectors + " vectors");
    }
  }

  private static void addMicro(
      int rows,
      int vectors,
      float[] a,
      int a0,
      int aRow,
      int aStep,
      int depth,
      float[] b,
      int b0,
      int bStep,
      float[] c,
      int c0,
      int cRow) {
    switch (rows * 10 + vectors) {
      case 44:
        AddingMicroKernels.add4x4(a, a0, aRow, aStep, depth, b, b0, bStep, c, c0, cRow);
        break;
      case 42:
        AddingMicroKernels.add4x2(a, a0, aRow, aStep, depth, b, b0, bStep, c, c0, cRow);
        break;
      case 41:
        AddingMicroKernels.add4x1(a, a0, aRow, aStep, depth, b, b0, bStep, c, c0, cRow);
        break;
      case 14:
        AddingMicroKernels.add1x4(a, a0, aRow, aStep, depth, b, b0, bStep, c, c0, cRow);
        break;
      case 12:
        AddingMicroKernels.add1x2(a, a0, aRow, aStep, depth, b, b0, bStep, c, c0, cRow);
        break;
      case 11:
        AddingMicroKernels.add1x1(a, a0, aRow, aStep, depth, b, b0, bStep, c, c0, cRow);
        break;
      default:
        throw new IllegalArgumentException(rows + " rows by " + vectors + " vectors");
    }
  }
}
