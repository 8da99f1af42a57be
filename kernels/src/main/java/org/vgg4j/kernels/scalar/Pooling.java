package org.vgg4j.kernels.scalar;

import static org.vgg4j.kernels.MapLayout.LANES;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.vgg4j.kernels.MapLayout;
import org.vgg4j.kernels.Workers;

/** 2x2 max pooling of stride 2, forward and backward. */
final class Pooling {
  private Pooling() {}

  static void forward(
      MapLayout map,
      int images,
      float[] input,
      float[] pooled,
      byte @Nullable [] argmax,
      Workers workers) {
    MapLayout half = map.halved();
    workers.run(
        images * half.blocks(),
        (task, scratch) -> {
          int image = task / half.blocks();
          int block = task % half.blocks();
          half.clearHalo(pooled, image, block);
          int rowLength = map.paddedWidth() * LANES;
          for (int y = 0; y < half.height(); y++) {
            for (int x = 0; x < half.width(); x++) {
              int from = map.index(image, block, 2 * y, 2 * x);
              int to = half.index(image, block, y, x);
              maxOfFour(input, from, rowLength, LANES, pooled, argmax, to);
            }
          }
        });
  }

  /**
   * The largest of four pixels for each of 16 lanes; the first if several are equal.
   *
   * @param input values, the upper left pixel at {@code from}
   * @param down distance to the pixel below
   * @param right distance to the pixel on the right
   * @param argmax where to write which pixel it was, 2 * row + column; null if not wanted
   */
  static void maxOfFour(
      float[] input,
      int from,
      int down,
      int right,
      float[] pooled,
      byte @Nullable [] argmax,
      int to) {
    for (int lane = 0; lane < LANES; lane++) {
      float largest = input[from + lane];
      int which = 0;
      for (int i = 1; i < 4; i++) {
        float value = input[from + (i / 2) * down + (i % 2) * right + lane];
        if (value > largest || Float.isNaN(value)) { // NaN must come through, to be noticed
          largest = value;
          which = i;
        }
      }
      pooled[to + lane] = largest;
      if (argmax != null) {
        argmax[to + lane] = (byte) which;
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
    workers.run(
        images * map.blocks(),
        (task, scratch) -> {
          int image = task / map.blocks();
          int block = task % map.blocks();
          int start = map.index(image, block, -1, -1);
          Arrays.fill(inputGradient, start, start + map.blockLength(), 0f);
          for (int y = 0; y < half.height(); y++) {
            for (int x = 0; x < half.width(); x++) {
              int from = half.index(image, block, y, x);
              for (int lane = 0; lane < LANES; lane++) {
                int which = argmax[from + lane];
                int to = map.index(image, block, 2 * y + which / 2, 2 * x + which % 2) + lane;
                inputGradient[to] = pooledGradient[from + lane];
              }
            }
          }
        });
  }
}
