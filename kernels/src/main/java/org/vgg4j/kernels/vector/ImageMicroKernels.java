package org.vgg4j.kernels.vector;

import static org.vgg4j.kernels.vector.Width.LANES;
import static org.vgg4j.kernels.vector.Width.SPECIES;

import jdk.incubator.vector.FloatVector;
import org.vgg4j.kernels.MapLayout;

/**
 * The micro-kernels of {@link ImageConvolution}, unrolled by hand for the same reason as {@link
 * MicroKernels}.
 *
 * <p>{@code products}: for pixels r = 0 to 3 and vectors v, {@code c[r][v] = sum over taps t of
 * a[a0 + taps[t] + r] * b[t][v]}. {@code add}: for taps r = 0 to 3, {@code c[r][v] += sum over
 * pixels d of a[ar + d] * b[bv + 16 d]}.
 */
final class ImageMicroKernels {
  private static final int BLOCK = MapLayout.LANES;

  private ImageMicroKernels() {}

  static void products4x4(float[] a, int a0, int[] taps, float[] b, int b0, float[] c, int c0) {
    FloatVector c00 = FloatVector.zero(SPECIES);
    FloatVector c01 = FloatVector.zero(SPECIES);
    FloatVector c02 = FloatVector.zero(SPECIES);
    FloatVector c03 = FloatVector.zero(SPECIES);
    FloatVector c10 = FloatVector.zero(SPECIES);
    FloatVector c11 = FloatVector.zero(SPECIES);
    FloatVector c12 = FloatVector.zero(SPECIES);
    FloatVector c13 = FloatVector.zero(SPECIES);
    FloatVector c20 = FloatVector.zero(SPECIES);
    FloatVector c21 = FloatVector.zero(SPECIES);
    FloatVector c22 = FloatVector.zero(SPECIES);
    FloatVector c23 = FloatVector.zero(SPECIES);
    FloatVector c30 = FloatVector.zero(SPECIES);
    FloatVector c31 = FloatVector.zero(SPECIES);
    FloatVector c32 = FloatVector.zero(SPECIES);
    FloatVector c33 = FloatVector.zero(SPECIES);
    int at = b0;
    for (int tap : taps) {
      FloatVector y0 = FloatVector.fromArray(SPECIES, b, at);
      FloatVector y1 = FloatVector.fromArray(SPECIES, b, at + LANES);
      FloatVector y2 = FloatVector.fromArray(SPECIES, b, at + 2 * LANES);
      FloatVector y3 = FloatVector.fromArray(SPECIES, b, at + 3 * LANES);
      FloatVector x = FloatVector.broadcast(SPECIES, a[a0 + tap]);
      c00 = x.fma(y0, c00);
      c01 = x.fma(y1, c01);
      c02 = x.fma(y2, c02);
      c03 = x.fma(y3, c03);
      x = FloatVector.broadcast(SPECIES, a[a0 + tap + 1]);
      c10 = x.fma(y0, c10);
      c11 = x.fma(y1, c11);
      c12 = x.fma(y2, c12);
      c13 = x.fma(y3, c13);
      x = FloatVector.broadcast(SPECIES, a[a0 + tap + 2]);
      c20 = x.fma(y0, c20);
      c21 = x.fma(y1, c21);
      c22 = x.fma(y2, c22);
      c23 = x.fma(y3, c23);
      x = FloatVector.broadcast(SPECIES, a[a0 + tap + 3]);
      c30 = x.fma(y0, c30);
      c31 = x.fma(y1, c31);
      c32 = x.fma(y2, c32);
      c33 = x.fma(y3, c33);
      at += 4 * LANES;
    }
    c00.intoArray(c, c0);
    c01.intoArray(c, c0 + LANES);
    c02.intoArray(c, c0 + 2 * LANES);
    c03.intoArray(c, c0 + 3 * LANES);
    c10.intoArray(c, c0 + 4 * LANES);
    c11.intoArray(c, c0 + 5 * LANES);
    c12.intoArray(c, c0 + 6 * LANES);
    c13.intoArray(c, c0 + 7 * LANES);
    c20.intoArray(c, c0 + 8 * LANES);
    c21.intoArray(c, c0 + 9 * LANES);
    c22.intoArray(c, c0 + 10 * LANES);
    c23.intoArray(c, c0 + 11 * LANES);
    c30.intoArray(c, c0 + 12 * LANES);
    c31.intoArray(c, c0 + 13 * LANES);
    c32.intoArray(c, c0 + 14 * LANES);
    c33.intoArray(c, c0 + 15 * LANES);
  }

  static void products4x2(float[] a, int a0, int[] taps, float[] b, int b0, float[] c, int c0) {
    FloatVector c00 = FloatVector.zero(SPECIES);
    FloatVector c01 = FloatVector.zero(SPECIES);
    FloatVector c10 = FloatVector.zero(SPECIES);
    FloatVector c11 = FloatVector.zero(SPECIES);
    FloatVector c20 = FloatVector.zero(SPECIES);
    FloatVector c21 = FloatVector.zero(SPECIES);
    FloatVector c30 = FloatVector.zero(SPECIES);
    FloatVector c31 = FloatVector.zero(SPECIES);
    int at = b0;
    for (int tap : taps) {
      FloatVector y0 = FloatVector.fromArray(SPECIES, b, at);
      FloatVector y1 = FloatVector.fromArray(SPECIES, b, at + LANES);
      FloatVector x = FloatVector.broadcast(SPECIES, a[a0 + tap]);
      c00 = x.fma(y0, c00);
      c01 = x.fma(y1, c01);
      x = FloatVector.broadcast(SPECIES, a[a0 + tap + 1]);
      c10 = x.fma(y0, c10);
      c11 = x.fma(y1, c11);
      x = FloatVector.broadcast(SPECIES, a[a0 + tap + 2]);
      c20 = x.fma(y0, c20);
      c21 = x.fma(y1, c21);
      x = FloatVector.broadcast(SPECIES, a[a0 + tap + 3]);
      c30 = x.fma(y0, c30);
      c31 = x.fma(y1, c31);
      at += 2 * LANES;
    }
    c00.intoArray(c, c0);
    c01.intoArray(c, c0 + LANES);
    c10.intoArray(c, c0 + 2 * LANES);
    c11.intoArray(c, c0 + 3 * LANES);
    c20.intoArray(c, c0 + 4 * LANES);
    c21.intoArray(c, c0 + 5 * LANES);
    c30.intoArray(c, c0 + 6 * LANES);
    c31.intoArray(c, c0 + 7 * LANES);
  }

  static void products4x1(float[] a, int a0, int[] taps, float[] b, int b0, float[] c, int c0) {
    FloatVector c00 = FloatVector.zero(SPECIES);
    FloatVector c10 = FloatVector.zero(SPECIES);
    FloatVector c20 = FloatVector.zero(SPECIES);
    FloatVector c30 = FloatVector.zero(SPECIES);
    int at = b0;
    for (int tap : taps) {
      FloatVector y0 = FloatVector.fromArray(SPECIES, b, at);
      FloatVector x = FloatVector.broadcast(SPECIES, a[a0 + tap]);
      c00 = x.fma(y0, c00);
      x = FloatVector.broadcast(SPECIES, a[a0 + tap + 1]);
      c10 = x.fma(y0, c10);
      x = FloatVector.broadcast(SPECIES, a[a0 + tap + 2]);
      c20 = x.fma(y0, c20);
      x = FloatVector.broadcast(SPECIES, a[a0 + tap + 3]);
      c30 = x.fma(y0, c30);
      at += LANES;
    }
    c00.intoArray(c, c0);
    c10.intoArray(c, c0 + LANES);
    c20.intoArray(c, c0 + 2 * LANES);
    c30.intoArray(c, c0 + 3 * LANES);
  }

  static void add4x4(
      float[] a,
      int a0,
      int a1,
      int a2,
      int a3,
      int depth,
      float[] b,
      int b0,
      int b1,
      int b2,
      int b3,
      float[] c,
      int c0,
      int cRow) {
    FloatVector c00 = FloatVector.fromArray(SPECIES, c, c0);
    FloatVector c01 = FloatVector.fromArray(SPECIES, c, c0 + LANES);
    FloatVector c02 = FloatVector.fromArray(SPECIES, c, c0 + 2 * LANES);
    FloatVector c03 = FloatVector.fromArray(SPECIES, c, c0 + 3 * LANES);
    FloatVector c10 = FloatVector.fromArray(SPECIES, c, c0 + cRow);
    FloatVector c11 = FloatVector.fromArray(SPECIES, c, c0 + cRow + LANES);
    FloatVector c12 = FloatVector.fromArray(SPECIES, c, c0 + cRow + 2 * LANES);
    FloatVector c13 = FloatVector.fromArray(SPECIES, c, c0 + cRow + 3 * LANES);
    FloatVector c20 = FloatVector.fromArray(SPECIES, c, c0 + 2 * cRow);
    FloatVector c21 = FloatVector.fromArray(SPECIES, c, c0 + 2 * cRow + LANES);
    FloatVector c22 = FloatVector.fromArray(SPECIES, c, c0 + 2 * cRow + 2 * LANES);
    FloatVector c23 = FloatVector.fromArray(SPECIES, c, c0 + 2 * cRow + 3 * LANES);
    FloatVector c30 = FloatVector.fromArray(SPECIES, c, c0 + 3 * cRow);
    FloatVector c31 = FloatVector.fromArray(SPECIES, c, c0 + 3 * cRow + LANES);
    FloatVector c32 = FloatVector.fromArray(SPECIES, c, c0 + 3 * cRow + 2 * LANES);
    FloatVector c33 = FloatVector.fromArray(SPECIES, c, c0 + 3 * cRow + 3 * LANES);
    for (int d = 0; d < depth; d++) {
      FloatVector y0 = FloatVector.fromArray(SPECIES, b, b0 + d * BLOCK);
      FloatVector y1 = FloatVector.fromArray(SPECIES, b, b1 + d * BLOCK);
      FloatVector y2 = FloatVector.fromArray(SPECIES, b, b2 + d * BLOCK);
      FloatVector y3 = FloatVector.fromArray(SPECIES, b, b3 + d * BLOCK);
      FloatVector x = FloatVector.broadcast(SPECIES, a[a0 + d]);
      c00 = x.fma(y0, c00);
      c01 = x.fma(y1, c01);
      c02 = x.fma(y2, c02);
      c03 = x.fma(y3, c03);
      x = FloatVector.broadcast(SPECIES, a[a1 + d]);
      c10 = x.fma(y0, c10);
      c11 = x.fma(y1, c11);
      c12 = x.fma(y2, c12);
      c13 = x.fma(y3, c13);
      x = FloatVector.broadcast(SPECIES, a[a2 + d]);
      c20 = x.fma(y0, c20);
      c21 = x.fma(y1, c21);
      c22 = x.fma(y2, c22);
      c23 = x.fma(y3, c23);
      x = FloatVector.broadcast(SPECIES, a[a3 + d]);
      c30 = x.fma(y0, c30);
      c31 = x.fma(y1, c31);
      c32 = x.fma(y2, c32);
      c33 = x.fma(y3, c33);
    }
    c00.intoArray(c, c0);
    c01.intoArray(c, c0 + LANES);
    c02.intoArray(c, c0 + 2 * LANES);
    c03.intoArray(c, c0 + 3 * LANES);
    c10.intoArray(c, c0 + cRow);
    c11.intoArray(c, c0 + cRow + LANES);
    c12.intoArray(c, c0 + cRow + 2 * LANES);
    c13.intoArray(c, c0 + cRow + 3 * LANES);
    c20.intoArray(c, c0 + 2 * cRow);
    c21.intoArray(c, c0 + 2 * cRow + LANES);
    c22.intoArray(c, c0 + 2 * cRow + 2 * LANES);
    c23.intoArray(c, c0 + 2 * cRow + 3 * LANES);
    c30.intoArray(c, c0 + 3 * cRow);
    c31.intoArray(c, c0 + 3 * cRow + LANES);
    c32.intoArray(c, c0 + 3 * cRow + 2 * LANES);
    c33.intoArray(c, c0 + 3 * cRow + 3 * LANES);
  }

  static void add4x2(
      float[] a,
      int a0,
      int a1,
      int a2,
      int a3,
      int depth,
      float[] b,
      int b0,
      int b1,
      float[] c,
      int c0,
      int cRow) {
    FloatVector c00 = FloatVector.fromArray(SPECIES, c, c0);
    FloatVector c01 = FloatVector.fromArray(SPECIES, c, c0 + LANES);
    FloatVector c10 = FloatVector.fromArray(SPECIES, c, c0 + cRow);
    FloatVector c11 = FloatVector.fromArray(SPECIES, c, c0 + cRow + LANES);
    FloatVector c20 = FloatVector.fromArray(SPECIES, c, c0 + 2 * cRow);
    FloatVector c21 = FloatVector.fromArray(SPECIES, c, c0 + 2 * cRow + LANES);
    FloatVector c30 = FloatVector.fromArray(SPECIES, c, c0 + 3 * cRow);
    FloatVector c31 = FloatVector.fromArray(SPECIES, c, c0 + 3 * cRow + LANES);
    for (int d = 0; d < depth; d++) {
      FloatVector y0 = FloatVector.fromArray(SPECIES, b, b0 + d * BLOCK);
      FloatVector y1 = FloatVector.fromArray(SPECIES, b, b1 + d * BLOCK);
      FloatVector x = FloatVector.broadcast(SPECIES, a[a0 + d]);
      c00 = x.fma(y0, c00);
      c01 = x.fma(y1, c01);
      x = FloatVector.broadcast(SPECIES, a[a1 + d]);
      c10 = x.fma(y0, c10);
      c11 = x.fma(y1, c11);
      x = FloatVector.broadcast(SPECIES, a[a2 + d]);
      c20 = x.fma(y0, c20);
      c21 = x.fma(y1, c21);
      x = FloatVector.broadcast(SPECIES, a[a3 + d]);
      c30 = x.fma(y0, c30);
      c31 = x.fma(y1, c31);
    }
    c00.intoArray(c, c0);
    c01.intoArray(c, c0 + LANES);
    c10.intoArray(c, c0 + cRow);
    c11.intoArray(c, c0 + cRow + LANES);
    c20.intoArray(c, c0 + 2 * cRow);
    c21.intoArray(c, c0 + 2 * cRow + LANES);
    c30.intoArray(c, c0 + 3 * cRow);
    c31.intoArray(c, c0 + 3 * cRow + LANES);
  }

  static void add4x1(
      float[] a,
      int a0,
      int a1,
      int a2,
      int a3,
      int depth,
      float[] b,
      int b0,
      float[] c,
      int c0,
      int cRow) {
    FloatVector c00 = FloatVector.fromArray(SPECIES, c, c0);
    FloatVector c10 = FloatVector.fromArray(SPECIES, c, c0 + cRow);
    FloatVector c20 = FloatVector.fromArray(SPECIES, c, c0 + 2 * cRow);
    FloatVector c30 = FloatVector.fromArray(SPECIES, c, c0 + 3 * cRow);
    for (int d = 0; d < depth; d++) {
      FloatVector y0 = FloatVector.fromArray(SPECIES, b, b0 + d * BLOCK);
      FloatVector x = FloatVector.broadcast(SPECIES, a[a0 + d]);
      c00 = x.fma(y0, c00);
      x = FloatVector.broadcast(SPECIES, a[a1 + d]);
      c10 = x.fma(y0, c10);
      x = FloatVector.broadcast(SPECIES, a[a2 + d]);
      c20 = x.fma(y0, c20);
      x = FloatVector.broadcast(SPECIES, a[a3 + d]);
      c30 = x.fma(y0, c30);
    }
    c00.intoArray(c, c0);
    c10.intoArray(c, c0 + cRow);
    c20.intoArray(c, c0 + 2 * cRow);
    c30.intoArray(c, c0 + 3 * cRow);
  }
}
