package org.vgg4j.kernels.vector;

import static org.vgg4j.kernels.MapLayout.LANES;
import static org.vgg4j.kernels.vector.Width.SPECIES;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.jspecify.annotations.Nullable;
import org.vgg4j.kernels.MapLayout;
import org.vgg4j.kernels.Workers;

/** 2x2 max pooling of stride 2, on its own or row by row within a convolution, and its gradient. */
final class VectorPooling {
  private VectorPooling() {}

  static void forward(
      MapLayout map,
      int images,
      float[] input,
      float[] pooled,
      byte @Nullable [] argmax,
      Workers workers) {
    MapLayout half = map.halved();
    int down = map.paddedWidth() * LANES;
    int length = half.width() * LANES;
    workers.run(
        images * half.blocks(),
        (task, scratch) -> {
          int image = task / half.blocks();
          int block = task % half.blocks();
          half.clearHalo(pooled, image, block);
          for (int y = 0; y < half.height(); y++) {
            int from = map.index(image, block, 2 * y, 0);
            int to = half.index(image, block, y, 0);
            row(input, from, down, pooled, argmax, to, length);
          }
        });
  }

  /**
   * Pools two rows of one block.
   *
   * @param from index of the upper row
   * @param down floats between the rows
   * @param argmax at the index of each pooled value, which of the four it was; null if not wanted
   * @param to index of the pooled row
   * @param length floats of the pooled row
   */
  static void row(
      float[] input,
      int from,
      int down,
      float[] pooled,
      byte @Nullable [] argmax,
      int to,
      int length) {
    if (argmax != null) {
      // the pooled row holds the indices until they are bytes
      indices(input, from, down, pooled, to, length);
      for (int i = to; i < to + length; i++) {
        argmax[i] = (byte) pooled[i];
      }
    }
    largest(input, from, down, pooled, to, length);
  }

  private static void largest(
      float[] input, int from, int down, float[] pooled, int to, int length) {
    for (int l = 0; l < LANES; l += Width.LANES) {
      for (int i = l; i < length; i += LANES) {
        int upper = from + 2 * i - l;
        FloatVector a = FloatVector.fromArray(SPECIES, input, upper);
        FloatVector b = FloatVector.fromArray(SPECIES, input, upper + LANES);
        FloatVector c = FloatVector.fromArray(SPECIES, input, upper + down);
        FloatVector d = FloatVector.fromArray(SPECIES, input, upper + down + LANES);
        a.max(b).max(c.max(d)).intoArray(pooled, to + i);
      }
    }
  }

  /** Which of the four is the largest, 0 to 3; the first if several are equal. */
  private static void indices(
      float[] input, int from, int down, float[] which, int to, int length) {
    for (int l = 0; l < LANES; l += Width.LANES) {
      for (int i = l; i < length; i += LANES) {
        int upper = from + 2 * i - l;
        FloatVector a = FloatVector.fromArray(SPECIES, input, upper);
        FloatVector b = FloatVector.fromArray(SPECIES, input, upper + LANES);
        FloatVector c = FloatVector.fromArray(SPECIES, input, upper + down);
        FloatVector d = FloatVector.fromArray(SPECIES, input, upper + down + LANES);
        FloatVector largest = a.max(b).max(c.max(d)); // NaN if any is
        FloatVector index = FloatVector.zero(SPECIES);
        index = index.blend(3f, d.compare(VectorOperators.EQ, largest));
        index = index.blend(2f, c.compare(VectorOperators.EQ, largest));
        index = index.blend(1f, b.compare(VectorOperators.EQ, largest));
        index = index.blend(0f, a.compare(VectorOperators.EQ, largest));
        index.intoArray(which, to + i);
      }
    }
  }

  static void backward(
      MapLayout map,
      int images,
      float[] pooledGradient,
      byte[] argmax,
      float[] inputGradient,
      Workers workers) {
    MapLayout half = map.halved();
    int down = map.paddedWidth() * LANES;
    workers.run(
        images * map.blocks(),
        (task, scratch) -> {
          int image = task / map.blocks();
          int block = task % map.blocks();
          map.clearHalo(inputGradient, image, block);
          clearDropped(map, inputGradient, image, block);
          for (int y = 0; y < half.height(); y++) {
            int from = half.index(image, block, y, 0);
            int to = map.index(image, block, 2 * y, 0);
            handBack(pooledGradient, argmax, from, half.width() * LANES, inputGradient, to, down);
          }
        });
  }

  /** Zeros an odd last row and column, which no window reaches. */
  private static void clearDropped(MapLayout map, float[] maps, int image, int block) {
    if (map.height() % 2 == 1) {
      int last = map.index(image, block, map.height() - 1, 0);
      Arrays.fill(maps, last, last + map.width() * LANES, 0f);
    }
    if (map.width() % 2 == 1) {
      for (int y = 0; y < map.height(); y++) {
        int last = map.index(image, block, y, map.width() - 1);
        Arrays.fill(maps, last, last + LANES, 0f);
      }
    }
  }

  /**
   * Writes all pixels of a row's windows. (Reads of the bytes may go beyond the row, but not beyond
   * its halo.)
   *
   * @param from index of the pooled row
   * @param length floats of it
   * @param upper index of the upper of the two rows
   * @param down floats between them
   */
  static void handBack(
      float[] gradient, byte[] argmax, int from, int length, float[] to, int upper, int down) {
    FloatVector zero = FloatVector.zero(SPECIES);
    for (int l = 0; l < LANES; l += Width.LANES) {
      for (int i = l; i < length; i += LANES) {
        FloatVector g = FloatVector.fromArray(SPECIES, gradient, from + i);
        FloatVector which = Bytes.floats(argmax, from + i);
        int at = upper + 2 * i - l;
        zero.blend(g, which.compare(VectorOperators.EQ, 0f)).intoArray(to, at);
        zero.blend(g, which.compare(VectorOperators.EQ, 1f)).intoArray(to, at + LANES);
        zero.blend(g, which.compare(VectorOperators.EQ, 2f)).intoArray(to, at + down);
        zero.blend(g, which.compare(VectorOperators.EQ, 3f)).intoArray(to, at + down + LANES);
      }
    }
  }
}
