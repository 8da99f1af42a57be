package org.vgg4j.kernels.vector;

import static org.vgg4j.kernels.vector.Width.LANES;
import static org.vgg4j.kernels.vector.Width.SPECIES;

import jdk.incubator.vector.FloatVector;

/** Like {@link MicroKernels}, but the sums start from the values in c. */
final class AddingMicroKernels {
  private AddingMicroKernels() {}

  static void add4x4(
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
    int row2 = 2 * aRow;
    int row3 = 3 * aRow;
    int from = a0;
    int at = b0;
    for (int d = 0; d < depth; d++) {
      FloatVector y0 = FloatVector.fromArray(SPECIES, b, at);
      FloatVector y1 = FloatVector.fromArray(SPECIES, b, at + LANES);
      FloatVector y2 = FloatVector.fromArray(SPECIES, b, at + 2 * LANES);
      FloatVector y3 = FloatVector.fromArray(SPECIES, b, at + 3 * LANES);
      FloatVector x = FloatVector.broadcast(SPECIES, a[from]);
      c00 = x.fma(y0, c00);
      c01 = x.fma(y1, c01);
      c02 = x.fma(y2, c02);
      c03 = x.fma(y3, c03);
      x = FloatVector.broadcast(SPECIES, a[from + aRow]);
      c10 = x.fma(y0, c10);
      c11 = x.fma(y1, c11);
      c12 = x.fma(y2, c12);
      c13 = x.fma(y3, c13);
      x = FloatVector.broadcast(SPECIES, a[from + row2]);
      c20 = x.fma(y0, c20);
      c21 = x.fma(y1, c21);
      c22 = x.fma(y2, c22);
      c23 = x.fma(y3, c23);
      x = FloatVector.broadcast(SPECIES, a[from + row3]);
      c30 = x.fma(y0, c30);
      c31 = x.fma(y1, c31);
      c32 = x.fma(y2, c32);
      c33 = x.fma(y3, c33);
      from += aStep;
      at += bStep;
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
      int aRow,
      int aStep,
      int depth,
      float[] b,
      int b0,
      int bStep,
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
    int row2 = 2 * aRow;
    int row3 = 3 * aRow;
    int from = a0;
    int at = b0;
    for (int d = 0; d < depth; d++) {
      FloatVector y0 = FloatVector.fromArray(SPECIES, b, at);
      FloatVector y1 = FloatVector.fromArray(SPECIES, b, at + LANES);
      FloatVector x = FloatVector.broadcast(SPECIES, a[from]);
      c00 = x.fma(y0, c00);
      c01 = x.fma(y1, c01);
      x = FloatVector.broadcast(SPECIES, a[from + aRow]);
      c10 = x.fma(y0, c10);
      c11 = x.fma(y1, c11);
      x = FloatVector.broadcast(SPECIES, a[from + row2]);
      c20 = x.fma(y0, c20);
      c21 = x.fma(y1, c21);
      x = FloatVector.broadcast(SPECIES, a[from + row3]);
      c30 = x.fma(y0, c30);
      c31 = x.fma(y1, c31);
      from += aStep;
      at += bStep;
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
      int aRow,
      int aStep,
      int depth,
      float[] b,
      int b0,
      int bStep,
      float[] c,
      int c0,
      int cRow) {
    FloatVector c00 = FloatVector.fromArray(SPECIES, c, c0);
    FloatVector c10 = FloatVector.fromArray(SPECIES, c, c0 + cRow);
    FloatVector c20 = FloatVector.fromArray(SPECIES, c, c0 + 2 * cRow);
    FloatVector c30 = FloatVector.fromArray(SPECIES, c, c0 + 3 * cRow);
    int row2 = 2 * aRow;
    int row3 = 3 * aRow;
    int from = a0;
    int at = b0;
    for (int d = 0; d < depth; d++) {
      FloatVector y0 = FloatVector.fromArray(SPECIES, b, at);
      FloatVector x = FloatVector.broadcast(SPECIES, a[from]);
      c00 = x.fma(y0, c00);
      x = FloatVector.broadcast(SPECIES, a[from + aRow]);
      c10 = x.fma(y0, c10);
      x = FloatVector.broadcast(SPECIES, a[from + row2]);
      c20 = x.fma(y0, c20);
      x = FloatVector.broadcast(SPECIES, a[from + row3]);
      c30 = x.fma(y0, c30);
      from += aStep;
      at += bStep;
    }
    c00.intoArray(c, c0);
    c10.intoArray(c, c0 + cRow);
    c20.intoArray(c, c0 + 2 * cRow);
    c30.intoArray(c, c0 + 3 * cRow);
  }

  static void add1x4(
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
    FloatVector c00 = FloatVector.fromArray(SPECIES, c, c0);
    FloatVector c01 = FloatVector.fromArray(SPECIES, c, c0 + LANES);
    FloatVector c02 = FloatVector.fromArray(SPECIES, c, c0 + 2 * LANES);
    FloatVector c03 = FloatVector.fromArray(SPECIES, c, c0 + 3 * LANES);
    int from = a0;
    int at = b0;
    for (int d = 0; d < depth; d++) {
      FloatVector y0 = FloatVector.fromArray(SPECIES, b, at);
      FloatVector y1 = FloatVector.fromArray(SPECIES, b, at + LANES);
      FloatVector y2 = FloatVector.fromArray(SPECIES, b, at + 2 * LANES);
      FloatVector y3 = FloatVector.fromArray(SPECIES, b, at + 3 * LANES);
      FloatVector x = FloatVector.broadcast(SPECIES, a[from]);
      c00 = x.fma(y0, c00);
      c01 = x.fma(y1, c01);
      c02 = x.fma(y2, c02);
      c03 = x.fma(y3, c03);
      from += aStep;
      at += bStep;
    }
    c00.intoArray(c, c0);
    c01.intoArray(c, c0 + LANES);
    c02.intoArray(c, c0 + 2 * LANES);
    c03.intoArray(c, c0 + 3 * LANES);
  }

  static void add1x2(
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
    FloatVector c00 = FloatVector.fromArray(SPECIES, c, c0);
    FloatVector c01 = FloatVector.fromArray(SPECIES, c, c0 + LANES);
    int from = a0;
    int at = b0;
    for (int d = 0; d < depth; d++) {
      FloatVector y0 = FloatVector.fromArray(SPECIES, b, at);
      FloatVector y1 = FloatVector.fromArray(SPECIES, b, at + LANES);
      FloatVector x = FloatVector.broadcast(SPECIES, a[from]);
      c00 = x.fma(y0, c00);
      c01 = x.fma(y1, c01);
      from += aStep;
      at += bStep;
    }
    c00.intoArray(c, c0);
    c01.intoArray(c, c0 + LANES);
  }

  static void add1x1(
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
    FloatVector c00 = FloatVector.fromArray(SPECIES, c, c0);
    int from = a0;
    int at = b0;
    for (int d = 0; d < depth; d++) {
      FloatVector y0 = FloatVector.fromArray(SPECIES, b, at);
      FloatVector x = FloatVector.broadcast(SPECIES, a[from]);
      c00 = x.fma(y0, c00);
      from += aStep;
      at += bStep;
    }
    c00.intoArray(c, c0);
  }
}
