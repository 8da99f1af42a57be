package org.vgg4j.kernels.vector;

import static org.vgg4j.kernels.vector.Width.LANES;
import static org.vgg4j.kernels.vector.Width.SPECIES;

import jdk.incubator.vector.FloatVector;

/**
 * The matrix product that all else is made of: a few rows by a few vectors of columns, kept in
 * registers over the whole depth.
 *
 * <p>For rows r and columns v, {@code c[r][v] = sum over d of a[r][d] * b[d][v]}, in the order of
 * d, one fused multiply-add each, whatever the number of rows: a result does not depend on how rows
 * were grouped. Element (r, d) of a lies at {@code a0 + r * aRow + d * aStep}, row d of b at {@code
 * b0 + d * bStep}.
 */
final class Gemm {
  /** Rows of the largest micro-kernel: 24 of 32 registers hold sums, or 8 of 16. */
  static final int ROWS = Width.REGISTERS >= 32 ? 6 : 4;

  /** Vectors of columns of the largest micro-kernel. */
  static final int VECTORS = Width.REGISTERS >= 32 ? 4 : 2;

  /** Floats of scratch that {@link #add} needs. */
  static final int WORK = 6 * 4 * 16;

  private Gemm() {}

  /**
   * Columns that are computed together for a matrix of that many: the largest of 4, 2 or 1 vectors
   * that divides them.
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
   * @param mayOverrun whether a and c have room for rows up to the next multiple of 4 or 6, so that
   *     fewer need not be computed one by one
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

  /**
   * Like {@link #run}, but adds the result, formed on its own first, to what is in c.
   *
   * @param work at least {@link #WORK} floats from its offset
   */
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
      int cRow,
      float[] work,
      int offset) {
    for (int r = 0; r < rows; r += ROWS) {
      int now = Math.min(ROWS, rows - r);
      int from = a0 + r * aRow;
      run(now, columns, false, a, from, aRow, aStep, depth, b, b0, bStep, work, offset, columns);
      for (int i = 0; i < now; i++) {
        addRow(work, offset + i * columns, c, c0 + (r + i) * cRow, columns);
      }
    }
  }

  private static void addRow(float[] from, int at, float[] to, int toAt, int length) {
    for (int i = 0; i < length; i += LANES) {
      FloatVector sum = FloatVector.fromArray(SPECIES, to, toAt + i);
      sum.add(FloatVector.fromArray(SPECIES, from, at + i)).intoArray(to, toAt + i);
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
      case 64:
        MicroKernels.rows6x4(a, a0, aRow, aStep, depth, b, b0, bStep, c, c0, cRow);
        break;
      case 62:
        MicroKernels.rows6x2(a, a0, aRow, aStep, depth, b, b0, bStep, c, c0, cRow);
        break;
      case 61:
        MicroKernels.rows6x1(a, a0, aRow, aStep, depth, b, b0, bStep, c, c0, cRow);
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
}
