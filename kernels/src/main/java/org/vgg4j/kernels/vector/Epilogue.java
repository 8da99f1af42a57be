package org.vgg4j.kernels.vector;

import static org.vgg4j.kernels.MapLayout.LANES;
import static org.vgg4j.kernels.vector.Width.SPECIES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.jspecify.annotations.Nullable;
import org.vgg4j.kernels.MapLayout;

/**
 * The last step of a convolution: what happens to 16 channels of a strip's pixels on their way into
 * the output.
 */
interface Epilogue {
  /**
   * Stores a strip of tiles.
   *
   * @param pixels {@code [height][width][16]} from its offset; may be overwritten
   * @param y row of the first pixel in the map; pixels beyond the map are dropped
   */
  void take(float[] pixels, int offset, int height, int width, int image, int block, int y, int x);

  /** Adds the bias, rectifies, and stores. */
  record Rectify(MapLayout map, float[] bias, float[] output) implements Epilogue {
    @Override
    public void take(
        float[] pixels, int offset, int height, int width, int image, int block, int y, int x) {
      int rows = Math.min(height, map.height() - y);
      int columns = Math.min(width, map.width() - x);
      for (int i = 0; i < rows; i++) {
        int to = map.index(image, block, y + i, x);
        rectify(pixels, offset + i * width * LANES, bias, block * LANES, output, to, columns);
      }
    }

    /** {@code (|h| + h) / 2}: exact, and {@code max(0, h)} is sometimes compiled badly. */
    static void rectify(
        float[] from, int at, float[] bias, int biasAt, float[] to, int toAt, int pixels) {
      for (int l = 0; l < LANES; l += Width.LANES) {
        FloatVector b = FloatVector.fromArray(SPECIES, bias, biasAt + l);
        for (int i = l; i < pixels * LANES; i += LANES) {
          FloatVector h = FloatVector.fromArray(SPECIES, from, at + i).add(b);
          h.abs().add(h).mul(0.5f).intoArray(to, toAt + i);
        }
      }
    }
  }

  /** Adds the bias, and stores. */
  record Add(MapLayout map, float[] bias, float[] output) implements Epilogue {
    @Override
    public void take(
        float[] pixels, int offset, int height, int width, int image, int block, int y, int x) {
      int rows = Math.min(height, map.height() - y);
      int columns = Math.min(width, map.width() - x);
      for (int i = 0; i < rows; i++) {
        int to = map.index(image, block, y + i, x);
        add(pixels, offset + i * width * LANES, bias, block * LANES, output, to, columns);
      }
    }

    private static void add(
        float[] from, int at, float[] bias, int biasAt, float[] to, int toAt, int pixels) {
      for (int l = 0; l < LANES; l += Width.LANES) {
        FloatVector b = FloatVector.fromArray(SPECIES, bias, biasAt + l);
        for (int i = l; i < pixels * LANES; i += LANES) {
          FloatVector.fromArray(SPECIES, from, at + i).add(b).intoArray(to, toAt + i);
        }
      }
    }
  }

  /** Adds the bias, rectifies, and keeps the largest of every 2x2 pixels. */
  record Pool(MapLayout half, float[] bias, float[] pooled, byte @Nullable [] argmax)
      implements Epilogue {
    @Override
    public void take(
        float[] pixels, int offset, int height, int width, int image, int block, int y, int x) {
      Rectify.rectify(pixels, offset, bias, block * LANES, pixels, offset, height * width);
      int rows = Math.min(height / 2, half.height() - y / 2);
      int columns = Math.min(width / 2, half.width() - x / 2);
      for (int i = 0; i < rows; i++) {
        int from = offset + 2 * i * width * LANES;
        int to = half.index(image, block, y / 2 + i, x / 2);
        VectorPooling.row(pixels, from, width * LANES, pooled, argmax, to, columns * LANES);
      }
    }
  }

  /** Stores where the forward pass's input is positive, and zero elsewhere. */
  record Mask(MapLayout map, float[] input, float[] inputGradient) implements Epilogue {
    @Override
    public void take(
        float[] pixels, int offset, int height, int width, int image, int block, int y, int x) {
      int rows = Math.min(height, map.height() - y);
      int columns = Math.min(width, map.width() - x);
      for (int i = 0; i < rows; i++) {
        int to = map.index(image, block, y + i, x);
        mask(pixels, offset + i * width * LANES, input, inputGradient, to, columns * LANES);
      }
    }

    private static void mask(
        float[] from, int at, float[] input, float[] to, int toAt, int length) {
      FloatVector zero = FloatVector.zero(SPECIES);
      for (int i = 0; i < length; i += Width.LANES) {
        FloatVector x = FloatVector.fromArray(SPECIES, input, toAt + i);
        FloatVector g = FloatVector.fromArray(SPECIES, from, at + i);
        zero.blend(g, x.compare(VectorOperators.GT, 0f)).intoArray(to, toAt + i);
      }
    }
  }
}
