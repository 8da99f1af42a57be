package org.vgg4j.kernels.scalar;

import static org.vgg4j.kernels.MapLayout.LANES;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.vgg4j.kernels.Convolution;
import org.vgg4j.kernels.ConvolutionShape;
import org.vgg4j.kernels.MapLayout;
import org.vgg4j.kernels.Pass;
import org.vgg4j.kernels.Workers;

/**
 * Direct convolution in blocks: each output pixel is the product of the patch that it sees, a row
 * of {@code T = C * kernel * kernel} values, and the weights as a matrix {@code [T][K]}. (The six
 * nested loops of the definition are in {@code Reference}, in the tests.)
 */
final class ScalarConvolution implements Convolution {
  /** Pixels whose contributions to the weight gradient are added at once. */
  private static final int PIXELS = 8;

  private final ConvolutionShape shape;
  private final MapLayout output;
  private final Patches inputPatches;
  private final Patches outputPatches;

  ScalarConvolution(ConvolutionShape shape) {
    this.shape = shape;
    this.output = shape.output();
    this.inputPatches = Patches.ofInput(shape);
    this.outputPatches = Patches.ofMaps(output, shape.kernel());
  }

  @Override
  public ConvolutionShape shape() {
    return shape;
  }

  @Override
  public int forwardWeightsLength() {
    return shape.weightLength();
  }

  @Override
  public int backwardWeightsLength() {
    return shape.weightLength();
  }

  @Override
  public int scratchLength(Pass pass) {
    int forward = inputPatches.length() + 2 * shape.width() * shape.outChannels();
    if (pass == Pass.INFERENCE) {
      return forward;
    }
    int data = outputPatches.length() + shape.inChannels();
    int weights = (inputPatches.lanes() + PIXELS) * shape.outChannels() + 2 * LANES * PIXELS;
    return Math.max(forward, Math.max(data, weights));
  }

  @Override
  public int sharedLength(Pass pass, int images, int threads) {
    return 0;
  }

  @Override
  public long multiplyAdds(int images) {
    return images * shape.multiplyAdds();
  }

  /** {@code [T][K]}: one row per value of the patch. */
  @Override
  public void prepareForward(float[] weights, float[] prepared, Workers workers) {
    int side = shape.kernel();
    workers.run(
        shape.outChannels(),
        (k, scratch) -> {
          int from = k * shape.inChannels() * side * side;
          for (int c = 0; c < shape.inChannels(); c++) {
            for (int y = 0; y < side; y++) {
              for (int x = 0; x < side; x++) {
                int row = inputPatches.positionInPatch(c, y, x);
                prepared[row * shape.outChannels() + k] = weights[from++];
              }
            }
          }
        });
  }

  /**
   * {@code [K * kernel * kernel][C]}: the gradient with respect to the input is a convolution of
   * the output's gradient with the filters rotated by 180 degrees.
   */
  @Override
  public void prepareBackward(float[] weights, float[] prepared, Workers workers) {
    int side = shape.kernel();
    workers.run(
        shape.outChannels(),
        (k, scratch) -> {
          int from = k * shape.inChannels() * side * side;
          for (int c = 0; c < shape.inChannels(); c++) {
            for (int y = side - 1; y >= 0; y--) {
              for (int x = side - 1; x >= 0; x--) {
                int row = outputPatches.positionInPatch(k, y, x);
                prepared[row * shape.inChannels() + c] = weights[from++];
              }
            }
          }
        });
  }

  @Override
  public void forward(
      int images,
      float[] input,
      float[] prepared,
      float[] bias,
      boolean relu,
      float[] out,
      Workers workers) {
    clearHalo(images, output, out, workers);
    workers.run(
        images * shape.height(),
        (task, scratch) -> {
          int image = task / shape.height();
          int y = task % shape.height();
          float[] row = scratch.floats(scratchLength(Pass.INFERENCE));
          forwardRow(input, prepared, bias, relu, image, y, row, 0);
          for (int x = 0; x < shape.width(); x++) {
            for (int block = 0; block < output.blocks(); block++) {
              int from = x * shape.outChannels() + block * LANES;
              System.arraycopy(row, from, out, output.index(image, block, y, x), LANES);
            }
          }
        });
  }

  /**
   * Writes one row of the output, {@code [W][K]}, rectified if wanted, into scratch memory; the
   * patch follows it.
   */
  private void forwardRow(
      float[] input,
      float[] prepared,
      float[] bias,
      boolean relu,
      int image,
      int y,
      float[] scratch,
      int offset) {
    int filters = shape.outChannels();
    int patch = 2 * shape.width() * filters;
    for (int x = 0; x < shape.width(); x++) {
      int sum = offset + x * filters;
      System.arraycopy(bias, 0, scratch, sum, filters);
      inputPatches.copyPatch(input, image, y, x, scratch, patch);
      Rows.addWeighted(scratch, sum, filters, scratch, patch, inputPatches.length(), prepared, 0);
    }
    for (int i = offset; relu && i < offset + shape.width() * filters; i++) {
      scratch[i] = Math.max(0f, scratch[i]);
    }
  }

  @Override
  public void forwardPooled(
      int images,
      float[] input,
      float[] prepared,
      float[] bias,
      float[] pooled,
      byte @Nullable [] argmax,
      Workers workers) {
    MapLayout half = shape.pooled();
    clearHalo(images, half, pooled, workers);
    workers.run(
        images * half.height(),
        (task, scratch) -> {
          int image = task / half.height();
          int y = task % half.height();
          int rowLength = shape.width() * shape.outChannels();
          float[] rows = scratch.floats(scratchLength(Pass.INFERENCE));
          forwardRow(input, prepared, bias, true, image, 2 * y, rows, 0);
          forwardRow(input, prepared, bias, true, image, 2 * y + 1, rows, rowLength);
          for (int x = 0; x < half.width(); x++) {
            for (int block = 0; block < half.blocks(); block++) {
              int from = 2 * x * shape.outChannels() + block * LANES;
              int to = half.index(image, block, y, x);
              Pooling.maxOfFour(rows, from, rowLength, shape.outChannels(), pooled, argmax, to);
            }
          }
        });
  }

  @Override
  public void backwardData(
      int images,
      float[] outputGradient,
      float[] prepared,
      float[] input,
      float[] inputGradient,
      Workers workers) {
    if (!shape.readsImage()) {
      clearHalo(images, shape.input(), inputGradient, workers);
    }
    int channels = shape.inChannels();
    int lanes = inputPatches.lanes();
    workers.run(
        images * shape.height(),
        (task, scratch) -> {
          int image = task / shape.height();
          int y = task % shape.height();
          float[] sum = scratch.floats(scratchLength(Pass.TRAINING));
          for (int x = 0; x < shape.width(); x++) {
            Arrays.fill(sum, 0, channels, 0f);
            outputPatches.copyPatch(outputGradient, image, y, x, sum, channels);
            Rows.addWeighted(sum, 0, channels, sum, channels, outputPatches.length(), prepared, 0);
            for (int c = 0; c < channels; c++) {
              int at = inputPatches.index(image, c / lanes, y, x) + c % lanes;
              // no ReLU made an image; a ReLU made a map, and was off where the map is zero
              inputGradient[at] = shape.readsImage() || input[at] > 0 ? sum[c] : 0f;
            }
          }
        });
  }

  /**
   * A task owns the gradients of one position of the filters and one block of input channels, so
   * its sum over images and pixels always has the same order.
   */
  @Override
  public void backwardWeights(
      int images,
      float[] input,
      float[] outputGradient,
      float[] weightGradient,
      float[] biasGradient,
      Workers workers) {
    int positions = shape.kernel() * shape.kernel();
    int weightTasks = inputPatches.blocks() * positions;
    workers.run(
        weightTasks + output.blocks(),
        (task, scratch) -> {
          if (task < weightTasks) {
            addWeightGradient(
                images,
                input,
                outputGradient,
                weightGradient,
                task / positions,
                task % positions,
                scratch.floats(scratchLength(Pass.TRAINING)));
          } else {
            addBiasGradient(images, outputGradient, biasGradient, task - weightTasks);
          }
        });
  }

  private void addWeightGradient(
      int images,
      float[] input,
      float[] outputGradient,
      float[] weightGradient,
      int block,
      int position,
      float[] scratch) {
    int filters = shape.outChannels();
    int lanes = inputPatches.lanes();
    int side = shape.kernel();
    int dy = position / side - side / 2;
    int dx = position % side - side / 2;
    // scratch: the sums [lane][K], the output gradients of some pixels [pixel][K],
    // their inputs [pixel][lane] and the same transposed, [lane][pixel]
    int gradients = lanes * filters;
    int values = gradients + PIXELS * filters;
    int turned = values + PIXELS * lanes;
    Arrays.fill(scratch, 0, gradients, 0f);
    int pixels = images * shape.height() * shape.width();
    for (int first = 0; first < pixels; first += PIXELS) {
      int count = Math.min(PIXELS, pixels - first);
      for (int p = 0; p < count; p++) {
        int image = (first + p) / (shape.height() * shape.width());
        int y = (first + p) / shape.width() % shape.height();
        int x = (first + p) % shape.width();
        inputPatches.copyLanes(input, image, block, y + dy, x + dx, scratch, values + p * lanes);
        for (int k = 0; k < output.blocks(); k++) {
          int to = gradients + p * filters + k * LANES;
          System.arraycopy(outputGradient, output.index(image, k, y, x), scratch, to, LANES);
        }
        for (int lane = 0; lane < lanes; lane++) {
          scratch[turned + lane * PIXELS + p] = scratch[values + p * lanes + lane];
        }
      }
      for (int lane = 0; lane < lanes; lane++) {
        Rows.addWeighted(
            scratch,
            lane * filters,
            filters,
            scratch,
            turned + lane * PIXELS,
            count,
            scratch,
            gradients);
      }
    }
    for (int lane = 0; lane < lanes; lane++) {
      for (int k = 0; k < filters; k++) {
        int channel = block * lanes + lane;
        int at = (k * shape.inChannels() + channel) * side * side + position;
        weightGradient[at] += scratch[lane * filters + k];
      }
    }
  }

  private void addBiasGradient(
      int images, float[] outputGradient, float[] biasGradient, int block) {
    double[] sums = new double[LANES];
    for (int image = 0; image < images; image++) {
      for (int y = 0; y < shape.height(); y++) {
        for (int x = 0; x < shape.width(); x++) {
          int from = output.index(image, block, y, x);
          for (int lane = 0; lane < LANES; lane++) {
            sums[lane] += outputGradient[from + lane];
          }
        }
      }
    }
    for (int lane = 0; lane < LANES; lane++) {
      biasGradient[block * LANES + lane] += (float) sums[lane];
    }
  }

  private static void clearHalo(int images, MapLayout map, float[] maps, Workers workers) {
    workers.run(
        images,
        (image, scratch) -> {
          for (int block = 0; block < map.blocks(); block++) {
            map.clearHalo(maps, image, block);
          }
        });
  }
}
