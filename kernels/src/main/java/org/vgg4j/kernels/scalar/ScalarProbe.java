package org.vgg4j.kernels.scalar;

import org.vgg4j.kernels.Probe;

/** What plain loops can do. */
final class ScalarProbe implements Probe {
  private static final int STEPS = 1024;
  private static final int ROWS = 64;
  private static final int LENGTH = 256;

  // results go here, so that the JIT compiler cannot remove the loops
  @SuppressWarnings("UnusedVariable")
  private volatile float sink;

  @Override
  public long arithmetic(int repetitions) {
    float a = 1;
    float b = 2;
    float c = 3;
    float d = 4;
    float e = 5;
    float f = 6;
    float g = 7;
    float h = 8;
    float x = 0.999f;
    for (int i = 0; i < repetitions * STEPS; i++) {
      a = a * x + x;
      b = b * x + x;
      c = c * x + x;
      d = d * x + x;
      e = e * x + x;
      f = f * x + x;
      g = g * x + x;
      h = h * x + x;
    }
    sink = a + b + c + d + e + f + g + h;
    return 16L * repetitions * STEPS;
  }

  @Override
  public long product(int repetitions) {
    float[] rows = new float[ROWS * LENGTH];
    float[] factors = new float[ROWS];
    float[] sum = new float[LENGTH];
    for (int i = 0; i < repetitions; i++) {
      Rows.addWeighted(sum, 0, LENGTH, factors, 0, ROWS, rows, 0);
    }
    sink = sum[0];
    return 2L * ROWS * LENGTH * repetitions;
  }

  @Override
  public long read(float[] values, int from, int to) {
    float a = 0;
    float b = 0;
    float c = 0;
    float d = 0;
    for (int i = from; i + 4 <= to; i += 4) {
      a += values[i];
      b += values[i + 1];
      c += values[i + 2];
      d += values[i + 3];
    }
    sink = a + b + c + d;
    return (long) Float.BYTES * (to - from);
  }
}
