package org.vgg4j.kernels.vector;

import static org.vgg4j.kernels.vector.Width.LANES;
import static org.vgg4j.kernels.vector.Width.SPECIES;

import jdk.incubator.vector.FloatVector;
import org.vgg4j.kernels.Probe;

/** Measures vectors of the chosen width. */
final class VectorProbe implements Probe {
  private static final int STEPS = 1024;
  private static final int DEPTH = 256;

  /** Eight blocks of rows share the columns, as in a convolution. */
  private static final int BLOCKS = 8;

  private static final int STREAMS = 4;

  @Override
  public long arithmetic(int repetitions) {
    float[] sink = new float[8 * LANES];
    chains(repetitions * STEPS, sink);
    return 16L * LANES * repetitions * STEPS;
  }

  /** Eight independent chains, more than a multiply-add has cycles of latency. */
  private static void chains(int steps, float[] sink) {
    FloatVector x = FloatVector.broadcast(SPECIES, 0.999f);
    FloatVector a = FloatVector.broadcast(SPECIES, 1f);
    FloatVector b = FloatVector.broadcast(SPECIES, 2f);
    FloatVector c = FloatVector.broadcast(SPECIES, 3f);
    FloatVector d = FloatVector.broadcast(SPECIES, 4f);
    FloatVector e = FloatVector.broadcast(SPECIES, 5f);
    FloatVector f = FloatVector.broadcast(SPECIES, 6f);
    FloatVector g = FloatVector.broadcast(SPECIES, 7f);
    FloatVector h = FloatVector.broadcast(SPECIES, 8f);
    for (int i = 0; i < steps; i++) {
      a = a.fma(x, x);
      b = b.fma(x, x);
      c = c.fma(x, x);
      d = d.fma(x, x);
      e = e.fma(x, x);
      f = f.fma(x, x);
      g = g.fma(x, x);
      h = h.fma(x, x);
    }
    a.intoArray(sink, 0);
    b.intoArray(sink, LANES);
    c.intoArray(sink, 2 * LANES);
    d.intoArray(sink, 3 * LANES);
    e.intoArray(sink, 4 * LANES);
    f.intoArray(sink, 5 * LANES);
    g.intoArray(sink, 6 * LANES);
    h.intoArray(sink, 7 * LANES);
  }

  @Override
  public long product(int repetitions) {
    int columns = Gemm.VECTORS * LANES;
    float[] a = new float[BLOCKS * Gemm.ROWS * DEPTH];
    float[] b = new float[DEPTH * columns];
    float[] c = new float[BLOCKS * Gemm.ROWS * columns];
    for (int i = 0; i < repetitions; i++) {
      for (int row = 0; row < BLOCKS * Gemm.ROWS; row += Gemm.ROWS) {
        Gemm.run(
            Gemm.ROWS,
            columns,
            false,
            a,
            row * DEPTH,
            DEPTH,
            1,
            DEPTH,
            b,
            0,
            columns,
            c,
            row * columns,
            columns);
      }
    }
    return 2L * BLOCKS * Gemm.ROWS * columns * DEPTH * repetitions;
  }

  @Override
  public long read(float[] values, int from, int to) {
    int stream = (to - from) / STREAMS / LANES * LANES;
    sum(values, from, stream, new float[STREAMS * LANES]);
    return (long) Float.BYTES * STREAMS * stream;
  }

  /** Reads several streams at once, as the fully connected layers do: a single one is slower. */
  private static void sum(float[] values, int from, int stream, float[] sink) {
    FloatVector a = FloatVector.zero(SPECIES);
    FloatVector b = FloatVector.zero(SPECIES);
    FloatVector c = FloatVector.zero(SPECIES);
    FloatVector d = FloatVector.zero(SPECIES);
    for (int i = from; i < from + stream; i += LANES) {
      a = a.add(FloatVector.fromArray(SPECIES, values, i));
      b = b.add(FloatVector.fromArray(SPECIES, values, i + stream));
      c = c.add(FloatVector.fromArray(SPECIES, values, i + 2 * stream));
      d = d.add(FloatVector.fromArray(SPECIES, values, i + 3 * stream));
    }
    a.intoArray(sink, 0);
    b.intoArray(sink, LANES);
    c.intoArray(sink, 2 * LANES);
    d.intoArray(sink, 3 * LANES);
  }
}
