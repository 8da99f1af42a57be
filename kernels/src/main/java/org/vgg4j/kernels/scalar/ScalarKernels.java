package org.vgg4j.kernels.scalar;

import static org.vgg4j.kernels.MapLayout.LANES;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.vgg4j.kernels.BatchNorm;
import org.vgg4j.kernels.ClassTargets;
import org.vgg4j.kernels.Convolution;
import org.vgg4j.kernels.ConvolutionShape;
import org.vgg4j.kernels.FullyConnected;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.LrnShape;
import org.vgg4j.kernels.MapLayout;
import org.vgg4j.kernels.Probe;
import org.vgg4j.kernels.Workers;

/**
 * The naive twin: plain Java loops on the blocked layouts. The definitions themselves are in {@code
 * Reference}, in the tests.
 */
public final class ScalarKernels implements Kernels {
  private static final int SGD_CHUNK = 1 << 16;

  @Override
  public String name() {
    return "scalar";
  }

  @Override
  public String description() {
    return "plain Java loops";
  }

  @Override
  public int lanes() {
    return 1;
  }

  @Override
  public Probe probe() {
    return new ScalarProbe();
  }

  @Override
  public Convolution convolution(ConvolutionShape shape) {
    return new ScalarConvolution(shape);
  }

  @Override
  public FullyConnected fullyConnected(int inFeatures, int outFeatures) {
    return new ScalarFullyConnected(inFeatures, outFeatures);
  }

  @Override
  public BatchNorm batchNorm(MapLayout map) {
    return new ScalarBatchNorm(map);
  }

  @Override
  public int lrnScratchLength(LrnShape shape) {
    return Lrn.scratchLength(shape);
  }

  @Override
  public void lrn(LrnShape shape, int images, float[] input, float[] output, Workers workers) {
    Lrn.forward(shape, images, input, output, workers);
  }

  @Override
  public void lrnBackward(
      LrnShape shape,
      int images,
      float[] input,
      float[] outputGradient,
      float[] inputGradient,
      Workers workers) {
    Lrn.backward(shape, images, input, outputGradient, inputGradient, workers);
  }

  @Override
  public void maxPool(
      MapLayout map,
      int images,
      float[] input,
      float[] pooled,
      byte @Nullable [] argmax,
      Workers workers) {
    Pooling.forward(map, images, input, pooled, argmax, workers);
  }

  @Override
  public void maxPoolBackward(
      MapLayout map,
      int images,
      float[] pooledGradient,
      byte[] argmax,
      float[] inputGradient,
      Workers workers) {
    Pooling.backward(map, images, pooledGradient, argmax, inputGradient, workers);
  }

  @Override
  public void flatten(MapLayout map, int images, float[] maps, float[] features, Workers workers) {
    workers.run(
        images,
        (n, scratch) -> {
          int at = n * map.channels() * map.height() * map.width();
          for (int c = 0; c < map.channels(); c++) {
            for (int y = 0; y < map.height(); y++) {
              for (int x = 0; x < map.width(); x++) {
                features[at++] = maps[map.index(n, c / LANES, y, x) + c % LANES];
              }
            }
          }
        });
  }

  @Override
  public void unflatten(
      MapLayout map, int images, float[] features, float[] maps, Workers workers) {
    workers.run(
        images,
        (n, scratch) -> {
          for (int block = 0; block < map.blocks(); block++) {
            map.clearHalo(maps, n, block);
          }
          int at = n * map.channels() * map.height() * map.width();
          for (int c = 0; c < map.channels(); c++) {
            for (int y = 0; y < map.height(); y++) {
              for (int x = 0; x < map.width(); x++) {
                maps[map.index(n, c / LANES, y, x) + c % LANES] = features[at++];
              }
            }
          }
        });
  }

  @Override
  public void dropout(int length, float[] values, byte[] mask, float scale, Workers workers) {
    for (int i = 0; i < length; i++) {
      values[i] = mask[i] != 0 ? values[i] * scale : 0f;
    }
  }

  @Override
  public void softmax(int images, int classes, float[] scores, float[] posteriors) {
    double[] row = new double[classes];
    for (int n = 0; n < images; n++) {
      double sum = exponentials(scores, n * classes, row);
      for (int k = 0; k < classes; k++) {
        posteriors[n * classes + k] = (float) (row[k] / sum);
      }
    }
  }

  @Override
  public void softmaxCrossEntropy(
      int images,
      int classes,
      float[] scores,
      ClassTargets targets,
      float gradientScale,
      float[] gradient,
      double[] losses) {
    double[] row = new double[classes];
    double[] common = targets.common();
    double sumOfCommon = targets.sumOfCommon();
    for (int n = 0; n < images; n++) {
      int first = n * classes;
      double sum = exponentials(scores, first, row);
      double logOfAll = StrictMath.log(sum) + largest(scores, first, classes);
      int label = targets.labels()[2 * n];
      int other = targets.labels()[2 * n + 1];
      double share = targets.shares()[2 * n];
      double shareOfOther = targets.shares()[2 * n + 1];
      double total = sumOfCommon + share + shareOfOther;
      double loss =
          part(share, logOfAll, scores[first + label])
              + part(shareOfOther, logOfAll, scores[first + other]);
      double lossOfCommon = 0;
      for (int k = 0; k < classes; k++) {
        double target = common.length == 0 ? 0 : common[k];
        lossOfCommon += part(target, logOfAll, scores[first + k]);
        target += (k == label ? share : 0) + (k == other ? shareOfOther : 0);
        gradient[first + k] = (float) ((row[k] / sum * total - target) * gradientScale);
      }
      losses[n] = loss + lossOfCommon;
    }
  }

  /** A class's part of a loss; none of one that is no target, however small its posterior. */
  private static double part(double target, double logOfAll, float score) {
    return target == 0 ? 0 : target * (logOfAll - score);
  }

  /** Fills the row with exp(score - largest), which cannot overflow, and returns its sum. */
  private static double exponentials(float[] scores, int first, double[] row) {
    double largest = largest(scores, first, row.length);
    double sum = 0;
    for (int k = 0; k < row.length; k++) {
      row[k] = StrictMath.exp(scores[first + k] - largest);
      sum += row[k];
    }
    return sum;
  }

  private static double largest(float[] scores, int first, int classes) {
    double largest = Double.NEGATIVE_INFINITY;
    for (int k = first; k < first + classes; k++) {
      largest = Math.max(largest, scores[k]);
    }
    return largest;
  }

  @Override
  public void sgd(
      int first,
      int count,
      float[] weights,
      float[] velocity,
      float[] gradient,
      float rate,
      float momentum,
      float decay,
      Workers workers) {
    int chunks = (count + SGD_CHUNK - 1) / SGD_CHUNK;
    workers.run(
        chunks,
        (chunk, scratch) -> {
          int from = chunk * SGD_CHUNK;
          int to = Math.min(count, from + SGD_CHUNK);
          for (int i = from; i < to; i++) {
            int w = first + i;
            velocity[w] = momentum * velocity[w] - rate * (gradient[i] + decay * weights[w]);
            weights[w] += velocity[w];
          }
          Arrays.fill(gradient, from, to, 0f);
        });
  }

  @Override
  public double dot(int length, float[] row, int at, double[] weights, int from) {
    double sum = 0;
    for (int i = 0; i < length; i++) {
      sum += row[at + i] * weights[from + i];
    }
    return sum;
  }

  @Override
  public void addScaled(int length, double factor, float[] row, int at, double[] sums, int from) {
    for (int i = 0; i < length; i++) {
      sums[from + i] += factor * row[at + i];
    }
  }

  @Override
  public void productsOfCodes(int rows, int length, byte[] codes, float[] query, float[] products) {
    for (int row = 0; row < rows; row++) {
      float sum = 0;
      for (int i = 0; i < length; i++) {
        sum += query[i] * codes[row * length + i];
      }
      products[row] = sum;
    }
  }
}
