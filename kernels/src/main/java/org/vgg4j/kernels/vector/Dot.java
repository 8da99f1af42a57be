package org.vgg4j.kernels.vector;

import static org.vgg4j.kernels.vector.Width.LANES;
import static org.vgg4j.kernels.vector.Width.SPECIES;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;

/**
 * Dot products of rows with rows. Fused multiply-adds form 16 interleaved sums, each of every
 * sixteenth product in the order of the row; the upper half of the sums is then added to the lower,
 * until one is left. So a result depends neither on the vector width nor on which kernel computed
 * it.
 */
final class Dot {
  /** Rows of w per task. */
  static final int OUTPUTS = 24;

  private static final int SUMS = 16;

  /** Vectors for the sums of one product. */
  private static final int PARTS = SUMS / LANES;

  /** Rows of x, and of w, that {@link #tile} takes. */
  private static final int TILE = 4;

  /** Rows of w that {@link #stream} takes: eight vectors of sums. */
  private static final int STREAMS = 8 / PARTS;

  /** Rows of x that share the part of w in the caches. */
  private static final int GROUP = 16;

  /** Length of {@link #GROUP} rows of x that fits the second-level cache. */
  private static final int DEPTH = 4096;

  /** Narrow vectors read a tile's rows once per part, so the first-level cache must hold them. */
  private static final int TILE_DEPTH = PARTS == 1 ? DEPTH : 512;

  /** Moves the upper half of the lanes to the lower; the other lanes are not used. */
  private static final VectorShuffle<Float> HALF_OF_16 = upperHalf(16);

  private static final VectorShuffle<Float> HALF_OF_8 = upperHalf(8);
  private static final VectorShuffle<Float> HALF_OF_4 = upperHalf(4);
  private static final VectorShuffle<Float> HALF_OF_2 = upperHalf(2);

  private Dot() {}

  private static VectorShuffle<Float> upperHalf(int lanes) {
    return VectorShuffle.fromOp(SPECIES, lane -> (lane + lanes / 2) % LANES);
  }

  /** Floats of scratch that {@link #products} needs. */
  static int scratchLength(int rows) {
    return Math.min(rows, GROUP) * OUTPUTS * SUMS;
  }

  /**
   * {@code c[n][o] = sum of x[n][i] * w[o][i]} for all n and o from first to end - 1.
   *
   * @param end at most first + {@link #OUTPUTS}
   * @param length of the rows of x and w, a multiple of 16
   * @param cRow length of the rows of c
   * @param sums scratch
   */
  static void products(
      float[] x,
      int rows,
      float[] w,
      int first,
      int end,
      int length,
      float[] c,
      int cRow,
      float[] sums) {
    int outputs = end - first;
    for (int row = 0; row < rows; row += GROUP) {
      int group = Math.min(GROUP, rows - row);
      Arrays.fill(sums, 0, group * outputs * SUMS, 0f);
      int depth = depth(group, length);
      for (int from = 0; from < length; from += depth) {
        int part = Math.min(depth, length - from);
        add(x, row * length + from, group, w, first * length + from, outputs, length, part, sums);
      }
      for (int n = 0; n < group; n++) {
        for (int o = 0; o < outputs; o++) {
          c[(row + n) * cRow + first + o] = total(sums, (n * outputs + o) * SUMS);
        }
      }
    }
  }

  private static int depth(int group, int length) {
    if (group == 1) {
      return length; // nothing in the caches would be used again; memory is read faster in long
      // runs
    }
    return group < TILE ? DEPTH : TILE_DEPTH;
  }

  /** Adds the products of a part of the rows to the sums, {@code [group][outputs][16]}. */
  private static void add(
      float[] x,
      int x0,
      int group,
      float[] w,
      int w0,
      int outputs,
      int length,
      int part,
      float[] sums) {
    int tiled = group - group % TILE;
    int o = 0;
    for (; tiled > 0 && o + TILE <= outputs; o += TILE) {
      for (int n = 0; n < tiled; n += TILE) {
        int s = (n * outputs + o) * SUMS;
        for (int lane = 0; lane < SUMS; lane += LANES) {
          int xLane = x0 + n * length + lane;
          int wLane = w0 + o * length + lane;
          tile(x, xLane, w, wLane, length, part, sums, s + lane, outputs * SUMS);
        }
      }
    }
    for (int n = 0; n < group; n++) {
      int done = n < tiled ? o : 0;
      int s = (n * outputs + done) * SUMS;
      row(x, x0 + n * length, w, w0 + done * length, outputs - done, length, part, sums, s);
    }
  }

  /** One row of x and some rows of w. */
  private static void row(
      float[] x,
      int x0,
      float[] w,
      int w0,
      int outputs,
      int length,
      int part,
      float[] sums,
      int s) {
    int o = 0;
    for (; o + STREAMS <= outputs; o += STREAMS) {
      stream(x, x0, w, w0 + o * length, length, part, sums, s + o * SUMS);
    }
    for (; o < outputs; o++) {
      for (int lane = 0; lane < SUMS; lane += LANES) {
        one(x, x0 + lane, w, w0 + o * length + lane, part, sums, s + o * SUMS + lane);
      }
    }
  }

  /** Adds up the sixteen sums of a product, half by half. */
  private static float total(float[] sums, int from) {
    for (int half = SUMS / 2; half >= LANES; half /= 2) {
      for (int i = from; i < from + half; i += LANES) {
        FloatVector lower = FloatVector.fromArray(SPECIES, sums, i);
        lower.add(FloatVector.fromArray(SPECIES, sums, i + half)).intoArray(sums, i);
      }
    }
    FloatVector sum = FloatVector.fromArray(SPECIES, sums, from);
    if (LANES >= 16) {
      sum = sum.add(sum.rearrange(HALF_OF_16));
    }
    if (LANES >= 8) {
      sum = sum.add(sum.rearrange(HALF_OF_8));
    }
    sum = sum.add(sum.rearrange(HALF_OF_4));
    return sum.add(sum.rearrange(HALF_OF_2)).lane(0);
  }

  private static void one(float[] x, int x0, float[] w, int w0, int length, float[] sums, int at) {
    FloatVector s = FloatVector.fromArray(SPECIES, sums, at);
    for (int i = 0; i < length; i += SUMS) {
      FloatVector a = FloatVector.fromArray(SPECIES, x, x0 + i);
      s = a.fma(FloatVector.fromArray(SPECIES, w, w0 + i), s);
    }
    s.intoArray(sums, at);
  }

  /**
   * One row of x and {@link #STREAMS} rows of w, eight vectors of sums in all: several rows at a
   * time stream from memory faster than one.
   */
  private static void stream(
      float[] x, int x0, float[] w, int w0, int wRow, int length, float[] sums, int at) {
    FloatVector s0 = FloatVector.fromArray(SPECIES, sums, at);
    FloatVector s1 = FloatVector.fromArray(SPECIES, sums, at + LANES);
    FloatVector s2 = FloatVector.fromArray(SPECIES, sums, at + 2 * LANES);
    FloatVector s3 = FloatVector.fromArray(SPECIES, sums, at + 3 * LANES);
    FloatVector s4 = FloatVector.fromArray(SPECIES, sums, at + 4 * LANES);
    FloatVector s5 = FloatVector.fromArray(SPECIES, sums, at + 5 * LANES);
    FloatVector s6 = FloatVector.fromArray(SPECIES, sums, at + 6 * LANES);
    FloatVector s7 = FloatVector.fromArray(SPECIES, sums, at + 7 * LANES);
    int w1 = w0 + 1 / PARTS * wRow + 1 % PARTS * LANES;
    int w2 = w0 + 2 / PARTS * wRow + 2 % PARTS * LANES;
    int w3 = w0 + 3 / PARTS * wRow + 3 % PARTS * LANES;
    int w4 = w0 + 4 / PARTS * wRow + 4 % PARTS * LANES;
    int w5 = w0 + 5 / PARTS * wRow + 5 % PARTS * LANES;
    int w6 = w0 + 6 / PARTS * wRow + 6 % PARTS * LANES;
    int w7 = w0 + 7 / PARTS * wRow + 7 % PARTS * LANES;
    for (int i = 0; i < length; i += SUMS) {
      FloatVector a = FloatVector.fromArray(SPECIES, x, x0 + i);
      s0 = a.fma(FloatVector.fromArray(SPECIES, w, w0 + i), s0);
      a = FloatVector.fromArray(SPECIES, x, x0 + i + 1 % PARTS * LANES);
      s1 = a.fma(FloatVector.fromArray(SPECIES, w, w1 + i), s1);
      a = FloatVector.fromArray(SPECIES, x, x0 + i + 2 % PARTS * LANES);
      s2 = a.fma(FloatVector.fromArray(SPECIES, w, w2 + i), s2);
      a = FloatVector.fromArray(SPECIES, x, x0 + i + 3 % PARTS * LANES);
      s3 = a.fma(FloatVector.fromArray(SPECIES, w, w3 + i), s3);
      a = FloatVector.fromArray(SPECIES, x, x0 + i + 4 % PARTS * LANES);
      s4 = a.fma(FloatVector.fromArray(SPECIES, w, w4 + i), s4);
      a = FloatVector.fromArray(SPECIES, x, x0 + i + 5 % PARTS * LANES);
      s5 = a.fma(FloatVector.fromArray(SPECIES, w, w5 + i), s5);
      a = FloatVector.fromArray(SPECIES, x, x0 + i + 6 % PARTS * LANES);
      s6 = a.fma(FloatVector.fromArray(SPECIES, w, w6 + i), s6);
      a = FloatVector.fromArray(SPECIES, x, x0 + i + 7 % PARTS * LANES);
      s7 = a.fma(FloatVector.fromArray(SPECIES, w, w7 + i), s7);
    }
    s0.intoArray(sums, at);
    s1.intoArray(sums, at + LANES);
    s2.intoArray(sums, at + 2 * LANES);
    s3.intoArray(sums, at + 3 * LANES);
    s4.intoArray(sums, at + 4 * LANES);
    s5.intoArray(sums, at + 5 * LANES);
    s6.intoArray(sums, at + 6 * LANES);
    s7.intoArray(sums, at + 7 * LANES);
  }

  /** Four rows of x and four of w, one vector of the sums of each product. */
  private static void tile(
      float[] x, int x0, float[] w, int w0, int row, int length, float[] sums, int at, int sRow) {
    FloatVector s00 = FloatVector.fromArray(SPECIES, sums, at);
    FloatVector s01 = FloatVector.fromArray(SPECIES, sums, at + SUMS);
    FloatVector s02 = FloatVector.fromArray(SPECIES, sums, at + 2 * SUMS);
    FloatVector s03 = FloatVector.fromArray(SPECIES, sums, at + 3 * SUMS);
    FloatVector s10 = FloatVector.fromArray(SPECIES, sums, at + sRow);
    FloatVector s11 = FloatVector.fromArray(SPECIES, sums, at + sRow + SUMS);
    FloatVector s12 = FloatVector.fromArray(SPECIES, sums, at + sRow + 2 * SUMS);
    FloatVector s13 = FloatVector.fromArray(SPECIES, sums, at + sRow + 3 * SUMS);
    FloatVector s20 = FloatVector.fromArray(SPECIES, sums, at + 2 * sRow);
    FloatVector s21 = FloatVector.fromArray(SPECIES, sums, at + 2 * sRow + SUMS);
    FloatVector s22 = FloatVector.fromArray(SPECIES, sums, at + 2 * sRow + 2 * SUMS);
    FloatVector s23 = FloatVector.fromArray(SPECIES, sums, at + 2 * sRow + 3 * SUMS);
    FloatVector s30 = FloatVector.fromArray(SPECIES, sums, at + 3 * sRow);
    FloatVector s31 = FloatVector.fromArray(SPECIES, sums, at + 3 * sRow + SUMS);
    FloatVector s32 = FloatVector.fromArray(SPECIES, sums, at + 3 * sRow + 2 * SUMS);
    FloatVector s33 = FloatVector.fromArray(SPECIES, sums, at + 3 * sRow + 3 * SUMS);
    for (int i = 0; i < length; i += SUMS) {
      FloatVector b0 = FloatVector.fromArray(SPECIES, w, w0 + i);
      FloatVector b1 = FloatVector.fromArray(SPECIES, w, w0 + row + i);
      FloatVector b2 = FloatVector.fromArray(SPECIES, w, w0 + 2 * row + i);
      FloatVector b3 = FloatVector.fromArray(SPECIES, w, w0 + 3 * row + i);
      FloatVector a = FloatVector.fromArray(SPECIES, x, x0 + i);
      s00 = a.fma(b0, s00);
      s01 = a.fma(b1, s01);
      s02 = a.fma(b2, s02);
      s03 = a.fma(b3, s03);
      a = FloatVector.fromArray(SPECIES, x, x0 + row + i);
      s10 = a.fma(b0, s10);
      s11 = a.fma(b1, s11);
      s12 = a.fma(b2, s12);
      s13 = a.fma(b3, s13);
      a = FloatVector.fromArray(SPECIES, x, x0 + 2 * row + i);
      s20 = a.fma(b0, s20);
      s21 = a.fma(b1, s21);
      s22 = a.fma(b2, s22);
      s23 = a.fma(b3, s23);
      a = FloatVector.fromArray(SPECIES, x, x0 + 3 * row + i);
      s30 = a.fma(b0, s30);
      s31 = a.fma(b1, s31);
      s32 = a.fma(b2, s32);
      s33 = a.fma(b3, s33);
    }
    s00.intoArray(sums, at);
    s01.intoArray(sums, at + SUMS);
    s02.intoArray(sums, at + 2 * SUMS);
    s03.intoArray(sums, at + 3 * SUMS);
    s10.intoArray(sums, at + sRow);
    s11.intoArray(sums, at + sRow + SUMS);
    s12.intoArray(sums, at + sRow + 2 * SUMS);
    s13.intoArray(sums, at + sRow + 3 * SUMS);
    s20.intoArray(sums, at + 2 * sRow);
    s21.intoArray(sums, at + 2 * sRow + SUMS);
    s22.intoArray(sums, at + 2 * sRow + 2 * SUMS);
    s23.intoArray(sums, at + 2 * sRow + 3 * SUMS);
    s30.intoArray(sums, at + 3 * sRow);
    s31.intoArray(sums, at + 3 * sRow + SUMS);
    s32.intoArray(sums, at + 3 * sRow + 2 * SUMS);
    s33.intoArray(sums, at + 3 * sRow + 3 * SUMS);
  }
}
