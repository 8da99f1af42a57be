package org.vgg4j.kernels.vector;

import static org.vgg4j.kernels.MapLayout.LANES;
import static org.vgg4j.kernels.vector.Width.SPECIES;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;
import org.vgg4j.kernels.BatchNorm;
import org.vgg4j.kernels.MapLayout;
import org.vgg4j.kernels.Workers;

/**
 * Batch normalisation, lane by lane. It is memory-bound, so each kernel reads its maps once, and
 * the gradient behind a pool exists for two rows at a time only. Sums are formed per image and
 * block of channels, row by row, and added up at the end, in the same order whatever the number of
 * threads.
 */
record VectorBatchNorm(MapLayout map) implements BatchNorm {
  /** Two sums for each of 16 channels. */
  private static final int PARTIAL = 2 * LANES;

  @Override
  public int scratchLength() {
    return 2 * map.width() * LANES;
  }

  @Override
  public int sharedLength(int images) {
    return Math.multiplyExact(images, map.blocks() * PARTIAL);
  }

  /**
   * Sums deviations from each channel's first value, which is close enough to the mean for their
   * squares to lose no precision that matters, and saves a second pass.
   */
  @Override
  public void moments(int images, float[] input, float[] mean, float[] variance, Workers workers) {
    float[] partial = workers.shared(sharedLength(images));
    forEachBlock(
        images,
        workers,
        (image, block, to, unused) -> {
          int first = map.index(0, block, 0, 0);
          Arrays.fill(partial, to, to + PARTIAL, 0f);
          for (int y = 0; y < map.height(); y++) {
            addDeviations(input, map.index(image, block, y, 0), map.width(), first, partial, to);
          }
        });
    double values = (double) images * map.height() * map.width();
    for (int c = 0; c < map.channels(); c++) {
      double deviation = total(images, partial, c, 0) / values;
      mean[c] = (float) (input[map.index(0, c / LANES, 0, 0) + c % LANES] + deviation);
      double square = total(images, partial, c, LANES) / values;
      variance[c] = (float) Math.max(0, square - deviation * deviation);
    }
  }

  @FunctionalInterface
  private interface BlockBody {
    void run(int image, int block, int partialAt, Workers.Scratch scratch);
  }

  private void forEachBlock(int images, Workers workers, BlockBody body) {
    workers.run(
        images * map.blocks(),
        (task, scratch) ->
            body.run(task / map.blocks(), task % map.blocks(), task * PARTIAL, scratch));
  }

  private double total(int images, float[] partial, int channel, int offset) {
    double total = 0;
    int at = channel / LANES * PARTIAL + offset + channel % LANES;
    for (int image = 0; image < images; image++) {
      total += partial[at + image * map.blocks() * PARTIAL];
    }
    return total;
  }

  private static void addDeviations(
      float[] input, int from, int pixels, int first, float[] partial, int to) {
    for (int l = 0; l < LANES; l += Width.LANES) {
      FloatVector origin = FloatVector.fromArray(SPECIES, input, first + l);
      FloatVector sum = FloatVector.zero(SPECIES);
      FloatVector squares = FloatVector.zero(SPECIES);
      for (int i = from + l; i < from + pixels * LANES; i += LANES) {
        FloatVector d = FloatVector.fromArray(SPECIES, input, i).sub(origin);
        sum = sum.add(d);
        squares = d.fma(d, squares);
      }
      sum.add(FloatVector.fromArray(SPECIES, partial, to + l)).intoArray(partial, to + l);
      squares
          .add(FloatVector.fromArray(SPECIES, partial, to + LANES + l))
          .intoArray(partial, to + LANES + l);
    }
  }

  @Override
  public void forward(
      int images, float[] input, float[] scale, float[] shift, float[] output, Workers workers) {
    forEachBlock(
        images,
        workers,
        (image, block, at, unused) -> {
          map.clearHalo(output, image, block);
          for (int y = 0; y < map.height(); y++) {
            int row = map.index(image, block, y, 0);
            rectify(input, row, scale, shift, block * LANES, output, row, map.width());
          }
        });
  }

  /** As {@link Epilogue} does it: {@code (|h| + h) / 2}. */
  private static void rectify(
      float[] from,
      int at,
      float[] scale,
      float[] shift,
      int channel,
      float[] to,
      int toAt,
      int pixels) {
    for (int l = 0; l < LANES; l += Width.LANES) {
      FloatVector a = FloatVector.fromArray(SPECIES, scale, channel + l);
      FloatVector b = FloatVector.fromArray(SPECIES, shift, channel + l);
      for (int i = l; i < pixels * LANES; i += LANES) {
        FloatVector h = FloatVector.fromArray(SPECIES, from, at + i).fma(a, b);
        h.abs().add(h).mul(0.5f).intoArray(to, toAt + i);
      }
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
    int width = map.width();
    int length = width * LANES;
    workers.run(
        images * map.blocks(),
        (task, scratch) -> {
          int image = task / map.blocks();
          int block = task % map.blocks();
          float[] rows = scratch.floats(scratchLength());
          half.clearHalo(pooled, image, block);
          for (int y = 0; y < half.height(); y++) {
            int upper = map.index(image, block, 2 * y, 0);
            int lower = map.index(image, block, 2 * y + 1, 0);
            rectify(input, upper, scale, shift, block * LANES, rows, 0, width);
            rectify(input, lower, scale, shift, block * LANES, rows, length, width);
            int to = half.index(image, block, y, 0);
            VectorPooling.row(rows, 0, length, pooled, argmax, to, half.width() * LANES);
          }
        });
  }

  @FunctionalInterface
  private interface GradientRow {
    /**
     * @param row index of a row of the map
     * @param gradient holds its gradient
     * @param at index of that
     */
    void accept(int row, float[] gradient, int at);
  }

  /** Visits the rows of a block from the top, each with its gradient. */
  private void forEachRow(
      int image, int block, OutputGradient of, Workers.Scratch scratch, GradientRow body) {
    byte[] argmax = of.argmax();
    if (argmax == null) {
      for (int y = 0; y < map.height(); y++) {
        int row = map.index(image, block, y, 0);
        body.accept(row, of.values(), row);
      }
      return;
    }
    MapLayout half = map.halved();
    int length = map.width() * LANES;
    int reached = 2 * half.width() * LANES;
    float[] rows = scratch.floats(scratchLength());
    Arrays.fill(rows, reached, length, 0f); // an odd last column, which no window reaches
    Arrays.fill(rows, length + reached, 2 * length, 0f);
    for (int y = 0; y < half.height(); y++) {
      int from = half.index(image, block, y, 0);
      VectorPooling.handBack(of.values(), argmax, from, reached / 2, rows, 0, length);
      body.accept(map.index(image, block, 2 * y, 0), rows, 0);
      body.accept(map.index(image, block, 2 * y + 1, 0), rows, length);
    }
    if (map.height() % 2 == 1) {
      Arrays.fill(rows, 0, length, 0f);
      body.accept(map.index(image, block, map.height() - 1, 0), rows, 0);
    }
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
    float[] partial = workers.shared(sharedLength(images));
    forEachBlock(
        images,
        workers,
        (image, block, to, scratch) -> {
          Arrays.fill(partial, to, to + PARTIAL, 0f);
          forEachRow(
              image,
              block,
              outputGradient,
              scratch,
              (row, gradient, at) ->
                  addProducts(
                      input, row, gradient, at, map.width(), mean, block * LANES, partial, to));
        });
    for (int c = 0; c < map.channels(); c++) {
      sums[c] = (float) total(images, partial, c, 0);
      products[c] = (float) total(images, partial, c, LANES);
    }
  }

  private static void addProducts(
      float[] input,
      int row,
      float[] gradient,
      int at,
      int pixels,
      float[] mean,
      int channel,
      float[] partial,
      int to) {
    for (int l = 0; l < LANES; l += Width.LANES) {
      FloatVector m = FloatVector.fromArray(SPECIES, mean, channel + l);
      FloatVector sum = FloatVector.zero(SPECIES);
      FloatVector products = FloatVector.zero(SPECIES);
      for (int i = l; i < pixels * LANES; i += LANES) {
        FloatVector g = FloatVector.fromArray(SPECIES, gradient, at + i);
        sum = sum.add(g);
        products = FloatVector.fromArray(SPECIES, input, row + i).sub(m).fma(g, products);
      }
      sum.add(FloatVector.fromArray(SPECIES, partial, to + l)).intoArray(partial, to + l);
      products
          .add(FloatVector.fromArray(SPECIES, partial, to + LANES + l))
          .intoArray(partial, to + LANES + l);
    }
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
    forEachBlock(
        images,
        workers,
        (image, block, unused, scratch) -> {
          map.clearHalo(inputGradient, image, block);
          forEachRow(
              image,
              block,
              outputGradient,
              scratch,
              (row, gradient, at) ->
                  combine(
                      input,
                      row,
                      gradient,
                      at,
                      map.width(),
                      mean,
                      ofGradient,
                      ofInput,
                      constant,
                      block * LANES,
                      inputGradient));
        });
  }

  private static void combine(
      float[] input,
      int row,
      float[] gradient,
      int at,
      int pixels,
      float[] mean,
      float[] ofGradient,
      float[] ofInput,
      float[] constant,
      int channel,
      float[] inputGradient) {
    for (int l = 0; l < LANES; l += Width.LANES) {
      FloatVector m = FloatVector.fromArray(SPECIES, mean, channel + l);
      FloatVector a = FloatVector.fromArray(SPECIES, ofGradient, channel + l);
      FloatVector b = FloatVector.fromArray(SPECIES, ofInput, channel + l);
      FloatVector c = FloatVector.fromArray(SPECIES, constant, channel + l);
      for (int i = l; i < pixels * LANES; i += LANES) {
        FloatVector x = FloatVector.fromArray(SPECIES, input, row + i).sub(m);
        FloatVector g = FloatVector.fromArray(SPECIES, gradient, at + i);
        g.fma(a, x.fma(b, c)).intoArray(inputGradient, row + i);
      }
    }
  }
}
