package org.vgg4j.kernels.vector;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Rows of floats with weights in double precision. Each vector of floats is half as wide as the
 * process's vectors, so that its values fill one vector of doubles.
 */
final class Widened {
  private static final VectorSpecies<Double> DOUBLES =
      VectorSpecies.of(double.class, VectorShape.forBitSize(WidthChoice.bits()));
  private static final VectorSpecies<Float> FLOATS =
      VectorSpecies.of(float.class, VectorShape.forBitSize(WidthChoice.bits() / 2));
  private static final int LANES = DOUBLES.length();

  /** Vectors of sums, whose additions do not wait for each other. */
  private static final int SUMS = 4;

  private Widened() {}

  static double dot(int length, float[] row, int at, double[] weights, int from) {
    DoubleVector sum0 = DoubleVector.zero(DOUBLES);
    DoubleVector sum1 = sum0;
    DoubleVector sum2 = sum0;
    DoubleVector sum3 = sum0;
    int i = 0;
    for (; i <= length - SUMS * LANES; i += SUMS * LANES) {
      sum0 = load(row, at + i).fma(weights(weights, from + i), sum0);
      sum1 = load(row, at + i + LANES).fma(weights(weights, from + i + LANES), sum1);
      sum2 = load(row, at + i + 2 * LANES).fma(weights(weights, from + i + 2 * LANES), sum2);
      sum3 = load(row, at + i + 3 * LANES).fma(weights(weights, from + i + 3 * LANES), sum3);
    }
    double sum = sum0.add(sum1).add(sum2.add(sum3)).reduceLanes(VectorOperators.ADD);
    for (; i < length; i++) {
      sum += row[at + i] * weights[from + i];
    }
    return sum;
  }

  static void addScaled(int length, double factor, float[] row, int at, double[] sums, int from) {
    DoubleVector factors = DoubleVector.broadcast(DOUBLES, factor);
    int i = 0;
    for (; i <= length - LANES; i += LANES) {
      load(row, at + i).fma(factors, weights(sums, from + i)).intoArray(sums, from + i);
    }
    for (; i < length; i++) {
      sums[from + i] += factor * row[at + i];
    }
  }

  private static DoubleVector load(float[] row, int at) {
    return (DoubleVector)
        FloatVector.fromArray(FLOATS, row, at).convertShape(VectorOperators.F2D, DOUBLES, 0);
  }

  private static DoubleVector weights(double[] weights, int at) {
    return DoubleVector.fromArray(DOUBLES, weights, at);
  }
}
