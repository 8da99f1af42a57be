package org.vgg4j.kernels.vector;

import static org.vgg4j.kernels.vector.Width.LANES;
import static org.vgg4j.kernels.vector.Width.SPECIES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.vgg4j.kernels.FullyConnected;
import org.vgg4j.kernels.Pass;
import org.vgg4j.kernels.Workers;

/**
 * Fully connected layers on the weights as they lie, {@code [out][in]}: the forward pass by dot
 * products along the inputs, the gradients by the micro-kernel along blocks of inputs.
 */
final class VectorFullyConnected implements FullyConnected {
  /** Outputs that a thread takes at a time. */
  private static final int OUTPUTS = 24;

  private final int in;
  private final int out;
  private final int block;

  VectorFullyConnected(int in, int out) {
    this.in = in;
    this.out = out;
    this.block = Gemm.columnBlock(in);
  }

  @Override
  public int inFeatures() {
    return in;
  }

  @Override
  public int outFeatures() {
    return out;
  }

  @Override
  public int scratchLength(Pass pass, int images) {
    if (pass == Pass.INFERENCE) {
      return Dot.SCRATCH;
    }
    return Math.max(Dot.SCRATCH, Math.max(out, images + Gemm.ROWS) * block);
  }

  @Override
  public void forward(
      int images,
      float[] input,
      float[] weights,
      float[] bias,
      boolean relu,
      float[] output,
      Workers workers) {
    workers.run(
        (out + OUTPUTS - 1) / OUTPUTS,
        (task, scratch) -> {
          float[] work = scratch.floats(scratchLength(Pass.INFERENCE, images));
          int end = Math.min(out, (task + 1) * OUTPUTS);
          Dot.products(input, images, weights, task * OUTPUTS, end, in, output, out, work);
          for (int n = 0; n < images; n++) {
            for (int o = task * OUTPUTS; o < end; o++) {
              float sum = output[n * out + o] + bias[o];
              output[n * out + o] = relu ? Math.max(0f, sum) : sum;
            }
          }
        });
  }

  @Override
  public void backwardData(
      int images,
      float[] outputGradient,
      float[] weights,
      float[] input,
      float inputScale,
      float[] inputGradient,
      Workers workers) {
    workers.run(
        in / block,
        (task, scratch) -> {
          int column = task * block;
          float[] panel = scratch.floats(scratchLength(Pass.TRAINING, images));
          for (int o = 0; o < out; o++) {
            System.arraycopy(weights, o * in + column, panel, o * block, block);
          }
          Gemm.run(
              images,
              block,
              false,
              outputGradient,
              0,
              out,
              1,
              out,
              panel,
              0,
              block,
              inputGradient,
              column,
              in);
          for (int n = 0; n < images; n++) {
            mask(input, inputGradient, n * in + column, block, inputScale);
          }
        });
  }

  private static void mask(float[] input, float[] gradient, int from, int length, float scale) {
    FloatVector zero = FloatVector.zero(SPECIES);
    for (int i = from; i < from + length; i += LANES) {
      FloatVector x = FloatVector.fromArray(SPECIES, input, i);
      FloatVector g = FloatVector.fromArray(SPECIES, gradient, i).mul(scale);
      zero.blend(g, x.compare(VectorOperators.GT, 0f)).intoArray(gradient, i);
    }
  }

  @Override
  public void backwardWeights(
      int images,
      float[] input,
      float[] outputGradient,
      float[] weightGradient,
      float[] biasGradient,
      Workers workers) {
    workers.run(
        in / block,
        (task, scratch) -> {
          int column = task * block;
          float[] panel = scratch.floats(scratchLength(Pass.TRAINING, images));
          for (int n = 0; n < images; n++) {
            System.arraycopy(input, n * in + column, panel, n * block, block);
          }
          // the batch's sum is formed on its own and then added, so that micro-batches add up alike
          int work = images * block;
          for (int o = 0; o < out; o += Gemm.ROWS) {
            int rows = Math.min(Gemm.ROWS, out - o);
            Gemm.run(
                rows,
                block,
                false,
                outputGradient,
                o,
                1,
                out,
                images,
                panel,
                0,
                block,
                panel,
                work,
                block);
            for (int r = 0; r < rows; r++) {
              add(panel, work + r * block, weightGradient, (o + r) * in + column, block);
            }
          }
        });
    double[] sums = new double[out];
    for (int n = 0; n < images; n++) {
      for (int o = 0; o < out; o++) {
        sums[o] += outputGradient[n * out + o];
      }
    }
    for (int o = 0; o < out; o++) {
      biasGradient[o] += (float) sums[o];
    }
  }

  private static void add(float[] from, int at, float[] to, int toAt, int length) {
    for (int i = 0; i < length; i += LANES) {
      FloatVector sum = FloatVector.fromArray(SPECIES, to, toAt + i);
      sum.add(FloatVector.fromArray(SPECIES, from, at + i)).intoArray(to, toAt + i);
    }
  }

  /** Dot products of rows with rows. */
  static final class Dot {
    private static final int ROWS = 4;
    private static final int COLUMNS = 4;

    /** Floats of scratch: the lanes of all sums of a block. */
    static final int SCRATCH = ROWS * COLUMNS * 16;

    private Dot() {}

    /**
     * {@code c[n][o] = sum of x[n][i] * w[o][i]} for all n and o from first to end - 1.
     *
     * @param length of the rows of x and w, a multiple of 16
     * @param cRow length of the rows of c
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
        float[] lanes) {
      for (int n = 0; n < rows; ) {
        boolean four = rows - n >= ROWS;
        for (int o = first; o < end; ) {
          boolean fourColumns = end - o >= COLUMNS;
          if (four && fourColumns) {
            fourByFour(x, n * length, w, o * length, length, lanes);
          } else if (fourColumns) {
            oneByFour(x, n * length, w, o * length, length, lanes);
          } else {
            for (int r = 0; r < (four ? ROWS : 1); r++) {
              one(x, (n + r) * length, w, o * length, length, lanes, r * LANES);
            }
          }
          int columns = fourColumns ? COLUMNS : 1;
          for (int r = 0; r < (four ? ROWS : 1); r++) {
            for (int k = 0; k < columns; k++) {
              c[(n + r) * cRow + o + k] = sum(lanes, (r * columns + k) * LANES);
            }
          }
          o += columns;
        }
        n += four ? ROWS : 1;
      }
    }

    /** Adds the lanes in a fixed order, halves first. */
    private static float sum(float[] lanes, int from) {
      for (int half = LANES / 2; half > 0; half /= 2) {
        for (int i = from; i < from + half; i++) {
          lanes[i] += lanes[i + half];
        }
      }
      return lanes[from];
    }

    private static void one(
        float[] x, int x0, float[] w, int w0, int length, float[] lanes, int to) {
      FloatVector s = FloatVector.zero(SPECIES);
      for (int i = 0; i < length; i += LANES) {
        FloatVector a = FloatVector.fromArray(SPECIES, x, x0 + i);
        s = a.fma(FloatVector.fromArray(SPECIES, w, w0 + i), s);
      }
      s.intoArray(lanes, to);
    }

    private static void oneByFour(float[] x, int x0, float[] w, int w0, int length, float[] lanes) {
      FloatVector s0 = FloatVector.zero(SPECIES);
      FloatVector s1 = FloatVector.zero(SPECIES);
      FloatVector s2 = FloatVector.zero(SPECIES);
      FloatVector s3 = FloatVector.zero(SPECIES);
      int w1 = w0 + length;
      int w2 = w1 + length;
      int w3 = w2 + length;
      for (int i = 0; i < length; i += LANES) {
        FloatVector a = FloatVector.fromArray(SPECIES, x, x0 + i);
        s0 = a.fma(FloatVector.fromArray(SPECIES, w, w0 + i), s0);
        s1 = a.fma(FloatVector.fromArray(SPECIES, w, w1 + i), s1);
        s2 = a.fma(FloatVector.fromArray(SPECIES, w, w2 + i), s2);
        s3 = a.fma(FloatVector.fromArray(SPECIES, w, w3 + i), s3);
      }
      s0.intoArray(lanes, 0);
      s1.intoArray(lanes, LANES);
      s2.intoArray(lanes, 2 * LANES);
      s3.intoArray(lanes, 3 * LANES);
    }

    private static void fourByFour(
        float[] x, int x0, float[] w, int w0, int length, float[] lanes) {
      FloatVector s00 = FloatVector.zero(SPECIES);
      FloatVector s01 = FloatVector.zero(SPECIES);
      FloatVector s02 = FloatVector.zero(SPECIES);
      FloatVector s03 = FloatVector.zero(SPECIES);
      FloatVector s10 = FloatVector.zero(SPECIES);
      FloatVector s11 = FloatVector.zero(SPECIES);
      FloatVector s12 = FloatVector.zero(SPECIES);
      FloatVector s13 = FloatVector.zero(SPECIES);
      FloatVector s20 = FloatVector.zero(SPECIES);
      FloatVector s21 = FloatVector.zero(SPECIES);
      FloatVector s22 = FloatVector.zero(SPECIES);
      FloatVector s23 = FloatVector.zero(SPECIES);
      FloatVector s30 = FloatVector.zero(SPECIES);
      FloatVector s31 = FloatVector.zero(SPECIES);
      FloatVector s32 = FloatVector.zero(SPECIES);
      FloatVector s33 = FloatVector.zero(SPECIES);
      for (int i = 0; i < length; i += LANES) {
        FloatVector w00 = FloatVector.fromArray(SPECIES, w, w0 + i);
        FloatVector w01 = FloatVector.fromArray(SPECIES, w, w0 + length + i);
        FloatVector w02 = FloatVector.fromArray(SPECIES, w, w0 + 2 * length + i);
        FloatVector w03 = FloatVector.fromArray(SPECIES, w, w0 + 3 * length + i);
        FloatVector a = FloatVector.fromArray(SPECIES, x, x0 + i);
        s00 = a.fma(w00, s00);
        s01 = a.fma(w01, s01);
        s02 = a.fma(w02, s02);
        s03 = a.fma(w03, s03);
        a = FloatVector.fromArray(SPECIES, x, x0 + length + i);
        s10 = a.fma(w00, s10);
        s11 = a.fma(w01, s11);
        s12 = a.fma(w02, s12);
        s13 = a.fma(w03, s13);
        a = FloatVector.fromArray(SPECIES, x, x0 + 2 * length + i);
        s20 = a.fma(w00, s20);
        s21 = a.fma(w01, s21);
        s22 = a.fma(w02, s22);
        s23 = a.fma(w03, s23);
        a = FloatVector.fromArray(SPECIES, x, x0 + 3 * length + i);
        s30 = a.fma(w00, s30);
        s31 = a.fma(w01, s31);
        s32 = a.fma(w02, s32);
        s33 = a.fma(w03, s33);
      }
      s00.intoArray(lanes, 0);
      s01.intoArray(lanes, 1 * LANES);
      s02.intoArray(lanes, 2 * LANES);
      s03.intoArray(lanes, 3 * LANES);
      s10.intoArray(lanes, 4 * LANES);
      s11.intoArray(lanes, 5 * LANES);
      s12.intoArray(lanes, 6 * LANES);
      s13.intoArray(lanes, 7 * LANES);
      s20.intoArray(lanes, 8 * LANES);
      s21.intoArray(lanes, 9 * LANES);
      s22.intoArray(lanes, 10 * LANES);
      s23.intoArray(lanes, 11 * LANES);
      s30.intoArray(lanes, 12 * LANES);
      s31.intoArray(lanes, 13 * LANES);
      s32.intoArray(lanes, 14 * LANES);
      s33.intoArray(lanes, 15 * LANES);
    }
  }
}
