package org.vgg4j.kernels.vector;

import static org.vgg4j.kernels.vector.Width.LANES;
import static org.vgg4j.kernels.vector.Width.SPECIES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Dot products of rows of bytes with a query of floats. Eight rows share each part of the query
 * that was loaded, and their sums do not wait for each other.
 */
final class CodeProducts {
  private static final int TILE = 8;

  private CodeProducts() {}

  static void of(int rows, int length, byte[] codes, float[] query, float[] products) {
    int row = 0;
    for (; row + TILE <= rows; row += TILE) {
      tile(length, codes, row * length, query, products, row);
    }
    for (; row < rows; row++) {
      FloatVector sum = FloatVector.zero(SPECIES);
      for (int i = 0; i < length; i += LANES) {
        sum =
            FloatVector.fromArray(SPECIES, query, i)
                .fma(Bytes.floats(codes, row * length + i), sum);
      }
      products[row] = sum.reduceLanes(VectorOperators.ADD);
    }
  }

  private static void tile(
      int length, byte[] codes, int at, float[] query, float[] products, int row) {
    FloatVector s0 = FloatVector.zero(SPECIES);
    FloatVector s1 = FloatVector.zero(SPECIES);
    FloatVector s2 = FloatVector.zero(SPECIES);
    FloatVector s3 = FloatVector.zero(SPECIES);
    FloatVector s4 = FloatVector.zero(SPECIES);
    FloatVector s5 = FloatVector.zero(SPECIES);
    FloatVector s6 = FloatVector.zero(SPECIES);
    FloatVector s7 = FloatVector.zero(SPECIES);
    for (int i = 0; i < length; i += LANES) {
      FloatVector q = FloatVector.fromArray(SPECIES, query, i);
      int from = at + i;
      s0 = q.fma(Bytes.floats(codes, from), s0);
      s1 = q.fma(Bytes.floats(codes, from + length), s1);
      s2 = q.fma(Bytes.floats(codes, from + 2 * length), s2);
      s3 = q.fma(Bytes.floats(codes, from + 3 * length), s3);
      s4 = q.fma(Bytes.floats(codes, from + 4 * length), s4);
      s5 = q.fma(Bytes.floats(codes, from + 5 * length), s5);
      s6 = q.fma(Bytes.floats(codes, from + 6 * length), s6);
      s7 = q.fma(Bytes.floats(codes, from + 7 * length), s7);
    }
    products[row] = s0.reduceLanes(VectorOperators.ADD);
    products[row + 1] = s1.reduceLanes(VectorOperators.ADD);
    products[row + 2] = s2.reduceLanes(VectorOperators.ADD);
    products[row + 3] = s3.reduceLanes(VectorOperators.ADD);
    products[row + 4] = s4.reduceLanes(VectorOperators.ADD);
    products[row + 5] = s5.reduceLanes(VectorOperators.ADD);
    products[row + 6] = s6.reduceLanes(VectorOperators.ADD);
    products[row + 7] = s7.reduceLanes(VectorOperators.ADD);
  }
}
