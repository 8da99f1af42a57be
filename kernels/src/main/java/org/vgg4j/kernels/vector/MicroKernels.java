package org.vgg4j.kernels.vector;

import static org.vgg4j.kernels.vector.Width.LANES;
import static org.vgg4j.kernels.vector.Width.SPECIES;

import jdk.incubator.vector.FloatVector;

/**
 * The micro-kernels of {@link Gemm}: some rows by some vectors of columns, all in registers. They
 * differ only in the number of registers, and are unrolled by hand since an array of vectors would
 * not stay in registers. Neither would the sums in two nested loops over the depth (twenty times
 * slower on JDK 17). Arguments are those of {@link Gemm#run}.
 */
final class MicroKernels {
  private MicroKernels() {}

  static void rows5x4(
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
    FloatVector c40 = FloatVector.zero(SPECIES);
    FloatVector c41 = FloatVector.zero(SPECIES);
    FloatVector c42 = FloatVector.zero(SPECIES);
    FloatVector c43 = FloatVector.zero(SPECIES);
    int row2 = 2 * aRow;
    int row3 = 3 * aRow;
    int row4 = 4 * aRow;
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
      x = FloatVector.broadcast(SPECIES, a[from + row4]);
      c40 = x.fma(y0, c40);
      c41 = x.fma(y1, c41);
      c42 = x.fma(y2, c42);
      c43 = x.fma(y3, c43);
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
    c40.intoArray(c, c0 + 4 * cRow);
    c41.intoArray(c, c0 + 4 * cRow + LANES);
    c42.intoArray(c, c0 + 4 * cRow + 2 * LANES);
    c43.intoArray(c, c0 + 4 * cRow + 3 * LANES);
  }

  static void rows5x2(
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
    FloatVector c00 = FloatVector.zero(SPECIES);
    FloatVector c01 = FloatVector.zero(SPECIES);
    FloatVector c10 = FloatVector.zero(SPECIES);
    FloatVector c11 = FloatVector.zero(SPECIES);
    FloatVector c20 = FloatVector.zero(SPECIES);
    FloatVector c21 = FloatVector.zero(SPECIES);
    FloatVector c30 = FloatVector.zero(SPECIES);
    FloatVector c31 = FloatVector.zero(SPECIES);
    FloatVector c40 = FloatVector.zero(SPECIES);
    FloatVector c41 = FloatVector.zero(SPECIES);
    int row2 = 2 * aRow;
    int row3 = 3 * aRow;
    int row4 = 4 * aRow;
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
      x = FloatVector.broadcast(SPECIES, a[from + row4]);
      c40 = x.fma(y0, c40);
      c41 = x.fma(y1, c41);
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
    c40.intoArray(c, c0 + 4 * cRow);
    c41.intoArray(c, c0 + 4 * cRow + LANES);
  }

  static void rows5x1(
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
    FloatVector c00 = FloatVector.zero(SPECIES);
    FloatVector c10 = FloatVector.zero(SPECIES);
    FloatVector c20 = FloatVector.zero(SPECIES);
    FloatVector c30 = FloatVector.zero(SPECIES);
    FloatVector c40 = FloatVector.zero(SPECIES);
    int row2 = 2 * aRow;
    int row3 = 3 * aRow;
    int row4 = 4 * aRow;
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
      x = FloatVector.broadcast(SPECIES, a[from + row4]);
      c40 = x.fma(y0, c40);
      from += aStep;
      at += bStep;
    }
    c00.intoArray(c, c0);
    c10.intoArray(c, c0 + cRow);
    c20.intoArray(c, c0 + 2 * cRow);
    c30.intoArray(c, c0 + 3 * cRow);
    c40.intoArray(c, c0 + 4 * cRow);
  }

  static void rows4x4(
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

  static void rows4x2(
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
    FloatVector c00 = FloatVector.zero(SPECIES);
    FloatVector c01 = FloatVector.zero(SPECIES);
    FloatVector c10 = FloatVector.zero(SPECIES);
    FloatVector c11 = FloatVector.zero(SPECIES);
    FloatVector c20 = FloatVector.zero(SPECIES);
    FloatVector c21 = FloatVector.zero(SPECIES);
    FloatVector c30 = FloatVector.zero(SPECIES);
    FloatVector c31 = FloatVector.zero(SPECIES);
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

  static void rows4x1(
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
    FloatVector c00 = FloatVector.zero(SPECIES);
    FloatVector c10 = FloatVector.zero(SPECIES);
    FloatVector c20 = FloatVector.zero(SPECIES);
    FloatVector c30 = FloatVector.zero(SPECIES);
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

  static void rows1x4(
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
    FloatVector c00 = FloatVector.zero(SPECIES);
    FloatVector c01 = FloatVector.zero(SPECIES);
    FloatVector c02 = FloatVector.zero(SPECIES);
    FloatVector c03 = FloatVector.zero(SPECIES);
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

  static void rows1x2(
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
    FloatVector c00 = FloatVector.zero(SPECIES);
    FloatVector c01 = FloatVector.zero(SPECIES);
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

  static void rows1x1(
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
    FloatVector c00 = FloatVector.zero(SPECIES);
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
