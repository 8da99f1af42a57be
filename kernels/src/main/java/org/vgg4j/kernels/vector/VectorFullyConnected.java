package org.vgg4j.kernels.vector;

import static org.vgg4j.kernels.vector.Width.LANES;
import static org.vgg4j.kernels.vector.Width.SPECIES;

import java.util.Arrays;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.vgg4j.kernels.Bfloat16Weights;
import org.vgg4j.kernels.Factors;
import org.vgg4j.kernels.FullyConnected;
import org.vgg4j.kernels.Pass;
import org.vgg4j.kernels.WindowLayout;
import org.vgg4j.kernels.Workers;

/**
 * Fully connected layers that read the weights as {@code [out][in]}: the forward pass uses dot
 * products along the inputs, the gradients use the micro-kernels along blocks of inputs. With
 * bfloat16 weights the forward pass multiplies inputs by vectors of outputs.
 */
final class VectorFullyConnected implements FullyConnected {
  /** Outputs per task for windows; the more, the less often a task reads the windows. */
  private static final int WINDOWS_OUTPUTS = 96;

  /** Inputs at a time, of those outputs' weights and of a block of windows. */
  private static final int WINDOWS_DEPTH = 512;

  /** Outputs whose gradients a task multiplies at a time (fc6 comes in slices of 83), */
  private static final int GRADIENT_OUTPUTS = 85;

  /** and images. */
  private static final int GRADIENT_DEPTH = 64;

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
    int forward = Math.max(Dot.scratchLength(images), Bfloat16Product.scratchLength(images));
    if (pass == Pass.INFERENCE) {
      return forward;
    }
    int depth = Math.min(images, GRADIENT_DEPTH);
    int gradients = depth * block + GRADIENT_OUTPUTS * (block + depth);
    return Math.max(forward, Math.max(out * block, gradients));
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
        (out + Dot.OUTPUTS - 1) / Dot.OUTPUTS,
        (task, scratch) -> {
          float[] work = scratch.floats(Dot.scratchLength(images));
          int first = task * Dot.OUTPUTS;
          int end = Math.min(out, first + Dot.OUTPUTS);
          Dot.products(input, images, weights, first, end, in, output, out, work);
          applyEpilogue(images, first, end, bias, relu, output);
        });
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
        (out + Bfloat16Product.OUTPUTS - 1) / Bfloat16Product.OUTPUTS,
        (task, scratch) -> {
          float[] work = scratch.floats(Bfloat16Product.scratchLength(images));
          int first = task * Bfloat16Product.OUTPUTS;
          int end = Math.min(out, first + Bfloat16Product.OUTPUTS);
          Bfloat16Product.products(input, images, weights, first, end, output, work);
          applyEpilogue(images, first, end, bias, relu, output);
        });
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
        (out + WINDOWS_OUTPUTS - 1) / WINDOWS_OUTPUTS,
        (task, scratch) -> {
          int first = task * WINDOWS_OUTPUTS;
          int end = Math.min(out, first + WINDOWS_OUTPUTS);
          for (int block = 0; block < layout.blocks(); block++) {
            int from = layout.index(out, block, first);
            Arrays.fill(output, from, from + (end - first) * layout.columns(block), 0f);
          }
          for (int from = 0; from < in; from += WINDOWS_DEPTH) {
            int depth = Math.min(WINDOWS_DEPTH, in - from);
            addWindows(layout, input, from, depth, weights, first, end, output);
          }
          for (int block = 0; block < layout.blocks(); block++) {
            applyEpilogueToWindows(layout, block, first, end, bias, relu, output);
          }
        });
  }

  /** Adds the products of some inputs and some outputs' weights. */
  private void addWindows(
      WindowLayout layout,
      float[] input,
      int from,
      int depth,
      float[] weights,
      int first,
      int end,
      float[] output) {
    for (int block = 0; block < layout.blocks(); block++) {
      int columns = layout.columns(block);
      Gemm.add(
          end - first,
          columns,
          weights,
          first * in + from,
          in,
          1,
          depth,
          input,
          layout.index(in, block, from),
          columns,
          output,
          layout.index(out, block, first),
          columns);
    }
  }

  private void applyEpilogueToWindows(
      WindowLayout layout,
      int block,
      int first,
      int end,
      float[] bias,
      boolean relu,
      float[] output) {
    int columns = layout.columns(block);
    for (int o = first; o < end; o++) {
      int at = layout.index(out, block, o);
      for (int i = at; i < at + columns; i += LANES) {
        FloatVector sum = FloatVector.fromArray(SPECIES, output, i).add(bias[o]);
        (relu ? sum.max(0f) : sum).intoArray(output, i);
      }
    }
  }

  private void applyEpilogue(
      int images, int first, int end, float[] bias, boolean relu, float[] output) {
    for (int n = 0; n < images; n++) {
      for (int o = first; o < end; o++) {
        float sum = output[n * out + o] + bias[o];
        output[n * out + o] = relu ? Math.max(0f, sum) : sum;
      }
    }
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
      List<Factors> parts,
      int first,
      int count,
      float[] weightGradient,
      float[] biasGradient,
      Workers workers) {
    int images = parts.stream().mapToInt(Factors::images).sum();
    int most = Math.min(GRADIENT_DEPTH, images);
    if (most == 0) {
      return;
    }
    int groups = (count + GRADIENT_OUTPUTS - 1) / GRADIENT_OUTPUTS;
    int group = (count + groups - 1) / groups;
    int step = (group + Gemm.ROWS - 1) / Gemm.ROWS * Gemm.ROWS; // a multiple, as the largest is
    workers.run(
        in / block,
        (task, scratch) -> {
          float[] panel = scratch.floats(scratchLength(Pass.TRAINING, most));
          for (int begin = first; begin < first + count; begin += step) {
            int outputs = Math.min(step, first + count - begin);
            int to = (begin - first) * in + task * block;
            boolean inputsAreThere = begin > first && images == most;
            int there = pack(parts, task * block, begin, outputs, panel, most, inputsAreThere);
            // the sum is formed first and then added, so that micro-batches add up to the same bits
            if (images == most) {
              addProduct(outputs, there, panel, most, weightGradient, to);
            } else {
              multiply(outputs, there, panel, most, false);
              addRows(panel, most * block, outputs, weightGradient, to);
            }
          }
        });
    double[] sums = new double[count];
    for (Factors part : parts) {
      for (int n = 0; n < part.images(); n++) {
        for (int o = 0; o < count; o++) {
          sums[o] += part.outputGradient()[n * out + first + o];
        }
      }
    }
    for (int o = 0; o < count; o++) {
      biasGradient[o] += (float) sums[o];
    }
  }

  /**
   * Packs a block of inputs and some outputs' gradients into the panel, and multiplies them a few
   * images at a time where they are too many for the cache.
   *
   * @param panel receives the inputs, {@code [depth][block]}, then the product, {@code
   *     [outputs][block]}, then the gradients, {@code [depth][outputs]}, whose source has those of
   *     one output so far apart that their lines would evict each other from the cache
   * @param depth images at a time
   * @param inputsAreThere whether the panel still holds the inputs, from the previous outputs
   * @return images in the panel that have not been multiplied
   */
  private int pack(
      List<Factors> parts,
      int column,
      int begin,
      int outputs,
      float[] panel,
      int depth,
      boolean inputsAreThere) {
    int gradients = (depth + GRADIENT_OUTPUTS) * block;
    int there = 0;
    boolean isFirst = true;
    for (Factors part : parts) {
      for (int n = 0; n < part.images(); n++) {
        if (there == depth) {
          multiply(outputs, there, panel, depth, isFirst);
          there = 0;
          isFirst = false;
        }
        if (!inputsAreThere) {
          System.arraycopy(part.input(), n * in + column, panel, there * block, block);
        }
        System.arraycopy(
            part.outputGradient(), n * out + begin, panel, gradients + there * outputs, outputs);
        there++;
      }
    }
    return there;
  }

  /** Multiplies what is in the panel, and adds to the product there unless it is the first. */
  private void multiply(int outputs, int images, float[] panel, int depth, boolean isFirst) {
    int product = depth * block;
    int a = product + GRADIENT_OUTPUTS * block;
    if (isFirst) {
      Gemm.run(
          outputs, block, false, panel, a, 1, outputs, images, panel, 0, block, panel, product,
          block);
    } else {
      Gemm.add(
          outputs, block, panel, a, 1, outputs, images, panel, 0, block, panel, product, block);
    }
  }

  /** Multiplies what is in the panel, and adds the product to the gradient a few rows at a time. */
  private void addProduct(
      int outputs, int images, float[] panel, int depth, float[] weightGradient, int to) {
    int product = depth * block;
    int a = product + GRADIENT_OUTPUTS * block;
    for (int o = 0; o < outputs; o += Gemm.ROWS) {
      int rows = Math.min(Gemm.ROWS, outputs - o);
      Gemm.run(
          rows, block, false, panel, a + o, 1, outputs, images, panel, 0, block, panel, product,
          block);
      addRows(panel, product, rows, weightGradient, to + o * in);
    }
  }

  private void addRows(float[] panel, int product, int rows, float[] weightGradient, int to) {
    for (int r = 0; r < rows; r++) {
      add(panel, product + r * block, weightGradient, to + r * in, block);
    }
  }

  private static void add(float[] from, int at, float[] to, int toAt, int length) {
    for (int i = 0; i < length; i += LANES) {
      FloatVector sum = FloatVector.fromArray(SPECIES, to, toAt + i);
      sum.add(FloatVector.fromArray(SPECIES, from, at + i)).intoArray(to, toAt + i);
    }
  }
}
