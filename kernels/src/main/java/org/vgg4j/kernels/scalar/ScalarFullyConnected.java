package org.vgg4j.kernels.scalar;

import static org.vgg4j.kernels.Bfloat16Weights.BLOCK;
import static org.vgg4j.kernels.Bfloat16Weights.DEPTH;
import static org.vgg4j.kernels.Bfloat16Weights.LANES;

import java.util.Arrays;
import java.util.List;
import org.vgg4j.kernels.Bfloat16Weights;
import org.vgg4j.kernels.Factors;
import org.vgg4j.kernels.FullyConnected;
import org.vgg4j.kernels.Pass;
import org.vgg4j.kernels.WindowLayout;
import org.vgg4j.kernels.Workers;

/** Fully connected layers by their definition. */
final class ScalarFullyConnected implements FullyConnected {
  private static final int PARTIAL_SUMS = 16;

  private final int in;
  private final int out;

  ScalarFullyConnected(int in, int out) {
    this.in = in;
    this.out = out;
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
    return pass == Pass.TRAINING ? in : 0;
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
        out,
        (o, scratch) -> {
          float[] partial = new float[PARTIAL_SUMS];
          for (int n = 0; n < images; n++) {
            float sum = bias[o] + dot(input, n * in, weights, o * in, in, partial);
            output[n * out + o] = relu ? Math.max(0f, sum) : sum;
          }
        });
  }

  /** Adds the products to sixteen interleaved sums, which are then added in order. */
  private static float dot(float[] a, int aOffset, float[] b, int bOffset, int n, float[] partial) {
    Arrays.fill(partial, 0f);
    int i = 0;
    for (; i + PARTIAL_SUMS <= n; i += PARTIAL_SUMS) {
      for (int j = 0; j < PARTIAL_SUMS; j++) {
        partial[j] += a[aOffset + i + j] * b[bOffset + i + j];
      }
    }
    float sum = 0;
    for (; i < n; i++) {
      sum += a[aOffset + i] * b[bOffset + i];
    }
    for (float part : partial) {
      sum += part;
    }
    return sum;
  }

  @Override
  public void forward(
      int images,
      float[] input,
      Bfloat16Weights weights,
      float[] bias,
      boolean relu,
      float[] output,
      Workers workers) {
    workers.run(
        Bfloat16Weights.blocks(out),
        (block, scratch) -> {
          float[] sums = new float[BLOCK];
          float[] part = new float[BLOCK];
          int first = block * BLOCK;
          for (int n = 0; n < images; n++) {
            Arrays.fill(sums, 0f);
            for (int from = 0; from < in; from += DEPTH) {
              int to = Math.min(in, from + DEPTH);
              sumBlock(input, n * in, weights.pairs(), block * in, from, to, part);
              for (int j = 0; j < BLOCK; j++) {
                sums[j] += part[j];
              }
            }
            for (int o = first; o < Math.min(out, first + BLOCK); o++) {
              float sum = bias[o] + sums[o - first];
              output[n * out + o] = relu ? Math.max(0f, sum) : sum;
            }
          }
        });
  }

  /** Sums the products of some inputs and the weights of a block, for each output. */
  private static void sumBlock(
      float[] input, int row, int[] pairs, int column, int from, int to, float[] sums) {
    Arrays.fill(sums, 0f);
    for (int i = from; i < to; i++) {
      float value = input[row + i];
      for (int lane = 0; lane < LANES; lane++) {
        int pair = pairs[(column + i) * LANES + lane];
        sums[lane] += value * Bfloat16Weights.lower(pair);
        sums[LANES + lane] += value * Bfloat16Weights.upper(pair);
      }
    }
  }

  @Override
  public void forwardWindows(
      WindowLayout layout,
      float[] input,
      float[] weights,
      float[] bias,
      boolean relu,
      float[] output,
      Workers workers) {
    workers.run(
        out,
        (o, scratch) -> {
          for (int block = 0; block < layout.blocks(); block++) {
            int columns = layout.columns(block);
            int to = layout.index(out, block, o);
            Arrays.fill(output, to, to + columns, bias[o]);
            for (int i = 0; i < in; i++) {
              int from = layout.index(in, block, i);
              for (int column = 0; column < columns; column++) {
                output[to + column] += weights[o * in + i] * input[from + column];
              }
            }
            for (int at = to; relu && at < to + columns; at++) {
              output[at] = Math.max(0f, output[at]);
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
        images,
        (n, scratch) -> {
          int row = n * in;
          Arrays.fill(inputGradient, row, row + in, 0f);
          Rows.addWeighted(inputGradient, row, in, outputGradient, n * out, out, weights, 0);
          for (int i = row; i < row + in; i++) {
            inputGradient[i] = input[i] > 0 ? inputGradient[i] * inputScale : 0f;
          }
        });
  }

  @Override
  public void backwardWeights(
      List<Factors> parts,
      int first,
      int count,
      float[] weightGradient,
      float[] biasGradient,
      Workers workers) {
    workers.run(
        count,
        (o, scratch) -> {
          double biasSum = 0;
          float[] sum = scratch.floats(in);
          Arrays.fill(sum, 0, in, 0f);
          for (Factors part : parts) {
            float[] column = new float[part.images()];
            for (int n = 0; n < column.length; n++) {
              column[n] = part.outputGradient()[n * out + first + o];
              biasSum += column[n];
            }
            Rows.addWeighted(sum, 0, in, column, 0, column.length, part.input(), 0);
          }
          for (int i = 0; i < in; i++) {
            weightGradient[o * in + i] += sum[i];
          }
          biasGradient[o] += (float) biasSum;
        });
  }
}
