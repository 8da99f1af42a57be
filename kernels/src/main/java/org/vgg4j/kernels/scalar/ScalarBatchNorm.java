package org.vgg4j.kernels.scalar;

import static org.vgg4j.kernels.MapLayout.LANES;

import org.jspecify.annotations.Nullable;
import org.vgg4j.kernels.BatchNorm;
import org.vgg4j.kernels.MapLayout;
import org.vgg4j.kernels.Workers;

/** Batch normalisation by its definition; sums are doubles, in the order of the values. */
record ScalarBatchNorm(MapLayout map) implements BatchNorm {
  @Override
  public int scratchLength() {
    return 2 * map.width() * LANES;
  }

  @Override
  public int sharedLength(int images) {
    return 0;
  }

  @FunctionalInterface
  private interface Term {
    double of(int index);
  }

  /** The sum of a term over all images and pixels of a channel. */
  private double sum(int images, int channel, Term term) {
    double sum = 0;
    for (int image = 0; image < images; image++) {
      for (int y = 0; y < map.height(); y++) {
        int row = map.index(image, channel / LANES, y, 0) + channel % LANES;
        for (int x = 0; x < map.width(); x++) {
          sum += term.of(row + x * LANES);
        }
      }
    }
    return sum;
  }

  @Override
  public void moments(int images, float[] input, float[] mean, float[] variance, Workers workers) {
    double values = (double) images * map.height() * map.width();
    workers.run(
        map.channels(),
        (channel, scratch) -> {
          double m = sum(images, channel, i -> input[i]) / values;
          mean[channel] = (float) m;
          variance[channel] =
              (float) (sum(images, channel, i -> (input[i] - m) * (input[i] - m)) / values);
        });
  }

  @Override
  public void forward(
      int images, float[] input, float[] scale, float[] shift, float[] output, Workers workers) {
    workers.run(
        images * map.blocks(),
        (task, scratch) -> {
          int image = task / map.blocks();
          int block = task % map.blocks();
          map.clearHalo(output, image, block);
          for (int y = 0; y < map.height(); y++) {
            int row = map.index(image, block, y, 0);
            row(input, row, scale, shift, block, output, row);
          }
        });
  }

  private void row(
      float[] input, int from, float[] scale, float[] shift, int block, float[] output, int to) {
    for (int i = 0; i < map.width() * LANES; i++) {
      int channel = block * LANES + i % LANES;
      output[to + i] = Math.max(0f, scale[channel] * input[from + i] + shift[channel]);
    }
  }

  @Override
  public void forwardPooled(
      int images,
      float[] input,
      float[] scale,
      float[] shift,
      float[] pooled,
      byte @Nullable [] argmax,
      Workers workers) {
    MapLayout half = map.halved();
    int length = map.width() * LANES;
    workers.run(
        images * map.blocks(),
        (task, scratch) -> {
          int image = task / map.blocks();
          int block = task % map.blocks();
          float[] rows = scratch.floats(scratchLength());
          half.clearHalo(pooled, image, block);
          for (int y = 0; y < half.height(); y++) {
            row(input, map.index(image, block, 2 * y, 0), scale, shift, block, rows, 0);
            row(input, map.index(image, block, 2 * y + 1, 0), scale, shift, block, rows, length);
            for (int x = 0; x < half.width(); x++) {
              int to = half.index(image, block, y, x);
              Pooling.maxOfFour(rows, 2 * x * LANES, length, LANES, pooled, argmax, to);
            }
          }
        });
  }

  @Override
  public void sums(
      int images,
      float[] input,
      OutputGradient outputGradient,
      float[] mean,
      float[] sums,
      float[] products,
      Workers workers) {
    workers.run(
        map.channels(),
        (channel, scratch) -> {
          double sum = 0;
          double product = 0;
          for (int image = 0; image < images; image++) {
            for (int y = 0; y < map.height(); y++) {
              int row = map.index(image, channel / LANES, y, 0) + channel % LANES;
              for (int x = 0; x < map.width(); x++) {
                double g = gradient(outputGradient, image, channel, y, x);
                sum += g;
                product += g * (input[row + x * LANES] - (double) mean[channel]);
              }
            }
          }
          sums[channel] = (float) sum;
          products[channel] = (float) product;
        });
  }

  /** The gradient of one value of the map. */
  private float gradient(OutputGradient of, int image, int channel, int y, int x) {
    int block = channel / LANES;
    int lane = channel % LANES;
    byte[] argmax = of.argmax();
    if (argmax == null) {
      return of.values()[map.index(image, block, y, x) + lane];
    }
    MapLayout half = map.halved();
    if (y / 2 == half.height() || x / 2 == half.width()) {
      return 0; // an odd last row or column, which no window reaches
    }
    int pooled = half.index(image, block, y / 2, x / 2) + lane;
    return argmax[pooled] == 2 * (y % 2) + x % 2 ? of.values()[pooled] : 0;
  }

  @Override
  public void backward(
      int images,
      float[] input,
      OutputGradient outputGradient,
      float[] mean,
      float[] ofGradient,
      float[] ofInput,
      float[] constant,
      float[] inputGradient,
      Workers workers) {
    workers.run(
        images * map.blocks(),
        (task, scratch) -> {
          int image = task / map.blocks();
          int block = task % map.blocks();
          map.clearHalo(inputGradient, image, block);
          for (int y = 0; y < map.height(); y++) {
            int row = map.index(image, block, y, 0);
            for (int i = 0; i < map.width() * LANES; i++) {
              int c = block * LANES + i % LANES;
              float g = gradient(outputGradient, image, c, y, i / LANES);
              inputGradient[row + i] =
                  ofGradient[c] * g + ofInput[c] * (input[row + i] - mean[c]) + constant[c];
            }
          }
        });
  }
}
