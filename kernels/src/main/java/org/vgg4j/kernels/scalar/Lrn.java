package org.vgg4j.kernels.scalar;

import static org.vgg4j.kernels.MapLayout.LANES;

import org.vgg4j.kernels.LrnShape;
import org.vgg4j.kernels.MapLayout;
import org.vgg4j.kernels.Workers;

/** Local response normalisation across channels, forward and backward. */
final class Lrn {
  private Lrn() {}

  /** Scratch of one pixel: values, denominators, products of the gradient, [3][C]. */
  static int scratchLength(LrnShape shape) {
    return 3 * shape.map().channels();
  }

  static void forward(LrnShape shape, int images, float[] input, float[] output, Workers workers) {
    forEachPixel(
        shape,
        images,
        output,
        workers,
        (image, y, x, scratch) -> {
          int channels = shape.map().channels();
          gather(shape.map(), input, image, y, x, scratch, 0);
          denominators(shape, scratch, channels);
          for (int c = 0; c < channels; c++) {
            float b = scratch[c] * power(scratch[channels + c], shape.beta());
            output[shape.map().index(image, c / LANES, y, x) + c % LANES] = b;
          }
        });
  }

  /**
   * With {@code s_c = k + alpha * sum a_j^2}: {@code da_c = db_c * s_c^-beta - 2 * alpha * beta *
   * a_c * sum over the window of db_j * a_j * s_j^(-beta-1)}.
   */
  static void backward(
      LrnShape shape,
      int images,
      float[] input,
      float[] outputGradient,
      float[] inputGradient,
      Workers workers) {
    forEachPixel(
        shape,
        images,
        inputGradient,
        workers,
        (image, y, x, scratch) -> {
          MapLayout map = shape.map();
          int channels = map.channels();
          gather(map, input, image, y, x, scratch, 0);
          denominators(shape, scratch, channels);
          gather(map, outputGradient, image, y, x, scratch, 2 * channels);
          for (int c = 0; c < channels; c++) {
            float a = scratch[c];
            float s = scratch[channels + c];
            float db = scratch[2 * channels + c];
            // where a is zero, db may be anything: it must not reach the neighbours
            float scaled = a > 0 ? db * power(s, shape.beta()) : 0f;
            scratch[channels + c] = scaled;
            scratch[2 * channels + c] = a > 0 ? scaled * a / s : 0f;
          }
          float factor = 2 * shape.alpha() * shape.beta();
          for (int c = 0; c < channels; c++) {
            float a = scratch[c];
            float sum = 0;
            for (int j = first(shape, c); j <= last(shape, c); j++) {
              sum += scratch[2 * channels + j];
            }
            float da = a > 0 ? scratch[channels + c] - factor * a * sum : 0f;
            inputGradient[map.index(image, c / LANES, y, x) + c % LANES] = da;
          }
        });
  }

  @FunctionalInterface
  private interface PixelBody {
    void run(int image, int y, int x, float[] scratch);
  }

  private static void forEachPixel(
      LrnShape shape, int images, float[] written, Workers workers, PixelBody body) {
    MapLayout map = shape.map();
    workers.run(
        images,
        (image, scratch) -> {
          for (int block = 0; block < map.blocks(); block++) {
            map.clearHalo(written, image, block);
          }
          float[] floats = scratch.floats(scratchLength(shape));
          for (int y = 0; y < map.height(); y++) {
            for (int x = 0; x < map.width(); x++) {
              body.run(image, y, x, floats);
            }
          }
        });
  }

  private static void gather(
      MapLayout map, float[] maps, int image, int y, int x, float[] to, int offset) {
    for (int block = 0; block < map.blocks(); block++) {
      System.arraycopy(maps, map.index(image, block, y, x), to, offset + block * LANES, LANES);
    }
  }

  /** Reads the values in front of the offset, writes {@code k + alpha * sum a_j^2} behind it. */
  private static void denominators(LrnShape shape, float[] scratch, int channels) {
    for (int c = 0; c < channels; c++) {
      float sum = 0;
      for (int j = first(shape, c); j <= last(shape, c); j++) {
        sum += scratch[j] * scratch[j];
      }
      scratch[channels + c] = shape.k() + shape.alpha() * sum;
    }
  }

  private static int first(LrnShape shape, int channel) {
    return Math.max(0, channel - shape.size() / 2);
  }

  private static int last(LrnShape shape, int channel) {
    return Math.min(shape.map().channels() - 1, channel + shape.size() / 2);
  }

  /** {@code s^-beta}; for the paper's exponent by square roots, which are exact and fast. */
  private static float power(float s, float beta) {
    if (beta == 0.75f) {
      double root = Math.sqrt(s);
      return (float) (1 / (root * Math.sqrt(root)));
    }
    return (float) StrictMath.pow(s, -beta);
  }
}
