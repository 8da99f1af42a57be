package org.vgg4j.image;

import java.util.Arrays;
import org.vgg4j.model.Interpolation;

/**
 * Antialiased rescaling, equal to {@code Image.resize} of Pillow (9.4, {@code BILINEAR} and {@code
 * BICUBIC}) in every byte. Each output pixel is a weighted mean of the input pixels under a filter
 * that is stretched by the scale when shrinking; rows first, then columns, rounded to 8 bits after
 * each. Weights are made in double precision and rounded to fixed point, sums are exact integers.
 * Thread-safe.
 */
public final class Rescale {
  /** 8 bits for the pixel, 2 for sums that overshoot, the rest of an int for the weights. */
  private static final int PRECISION_BITS = 32 - 8 - 2;

  private static final int ONE_HALF = 1 << (PRECISION_BITS - 1);

  private Rescale() {}

  /**
   * Rescales isotropically, so that the shorter side has the given length and the longer one
   * floor(side * longer / shorter).
   *
   * @param image the picture
   * @param side length of the shorter side, in pixels, at least 1
   * @param interpolation the filter
   * @return a new picture, or the same one if nothing changes
   * @throws UnreadableImageException if the picture is so elongated that the result would have more
   *     pixels than an image may have
   */
  public static RgbImage toShorterSide(RgbImage image, int side, Interpolation interpolation) {
    requireFits(image, side);
    int longer = (int) longerSide(image, side);
    return image.width() <= image.height()
        ? resize(image, side, longer, interpolation)
        : resize(image, longer, side, interpolation);
  }

  /**
   * Checks that {@link #toShorterSide} can rescale a picture.
   *
   * @throws UnreadableImageException if it cannot
   */
  public static void requireFits(RgbImage image, int side) {
    if (side * longerSide(image, side) > ImageDecoder.MAX_PIXELS) {
      throw new UnreadableImageException(
          "a picture of %d x %d pixels is too elongated for a shorter side of %d: crop it first"
              .formatted(image.width(), image.height(), side));
    }
  }

  private static long longerSide(RgbImage image, int side) {
    int longer = Math.max(image.width(), image.height());
    return (long) side * longer / Math.min(image.width(), image.height());
  }

  /**
   * Rescales to the given sides.
   *
   * @param image the picture
   * @param width new width in pixels, at least 1
   * @param height new height in pixels, at least 1
   * @param interpolation the filter
   * @return a new picture, or the same one if nothing changes
   */
  public static RgbImage resize(
      RgbImage image, int width, int height, Interpolation interpolation) {
    if (width < 1 || height < 1) {
      throw new IllegalArgumentException("cannot rescale to " + width + " x " + height);
    }
    RgbImage result = image;
    if (width != result.width()) {
      result = resizeRows(result, new Weights(result.width(), width, interpolation));
    }
    if (height != result.height()) {
      result = resizeColumns(result, new Weights(result.height(), height, interpolation));
    }
    return result;
  }

  private static RgbImage resizeRows(RgbImage image, Weights weights) {
    byte[] in = image.pixels();
    int width = weights.outputs();
    byte[] out = new byte[Math.multiplyExact(3 * width, image.height())];
    int to = 0;
    for (int y = 0; y < image.height(); y++) {
      int row = 3 * y * image.width();
      for (int x = 0; x < width; x++) {
        int red = ONE_HALF;
        int green = ONE_HALF;
        int blue = ONE_HALF;
        int from = row + 3 * weights.first[x];
        int last = x * weights.stride + weights.count[x];
        for (int k = x * weights.stride; k < last; k++) {
          int weight = weights.fixed[k];
          red += (in[from] & 0xFF) * weight;
          green += (in[from + 1] & 0xFF) * weight;
          blue += (in[from + 2] & 0xFF) * weight;
          from += 3;
        }
        out[to] = toByte(red);
        out[to + 1] = toByte(green);
        out[to + 2] = toByte(blue);
        to += 3;
      }
    }
    return new RgbImage(width, image.height(), out);
  }

  private static RgbImage resizeColumns(RgbImage image, Weights weights) {
    byte[] in = image.pixels();
    int height = weights.outputs();
    int rowBytes = 3 * image.width();
    byte[] out = new byte[Math.multiplyExact(rowBytes, height)];
    int[] sums = new int[rowBytes];
    for (int y = 0; y < height; y++) {
      Arrays.fill(sums, ONE_HALF);
      for (int k = 0; k < weights.count[y]; k++) {
        addRow(in, (weights.first[y] + k) * rowBytes, weights.fixed[y * weights.stride + k], sums);
      }
      for (int i = 0; i < rowBytes; i++) {
        out[y * rowBytes + i] = toByte(sums[i]);
      }
    }
    return new RgbImage(image.width(), height, out);
  }

  private static void addRow(byte[] in, int from, int weight, int[] sums) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] += (in[from + i] & 0xFF) * weight;
    }
  }

  private static byte toByte(int sum) {
    return (byte) Math.max(0, Math.min(255, sum >> PRECISION_BITS));
  }

  /** For each output position of one dimension: which input positions count, and how much. */
  private static final class Weights {
    /** First input position, [outputs]. */
    final int[] first;

    /** Number of input positions, [outputs]. */
    final int[] count;

    /** Entries of {@link #fixed} per output position. */
    final int stride;

    /** Weights in fixed point, [outputs][stride]. */
    final int[] fixed;

    Weights(int inputs, int outputs, Interpolation interpolation) {
      double scale = (double) inputs / outputs;
      double stretch = Math.max(scale, 1);
      double support = radius(interpolation) * stretch;
      first = new int[outputs];
      count = new int[outputs];
      stride = (int) Math.ceil(support) * 2 + 1;
      fixed = new int[Math.multiplyExact(outputs, stride)];
      double[] exact = new double[stride];
      for (int i = 0; i < outputs; i++) {
        double center = (i + 0.5) * scale;
        first[i] = Math.max(0, (int) (center - support + 0.5));
        count[i] = Math.min(inputs, (int) (center + support + 0.5)) - first[i];
        double total = 0;
        for (int k = 0; k < count[i]; k++) {
          // Pillow multiplies by the reciprocal; dividing would round differently.
          double distance = (k + first[i] - center + 0.5) * (1 / stretch);
          exact[k] = filter(interpolation, Math.abs(distance));
          total += exact[k];
        }
        for (int k = 0; k < count[i]; k++) {
          fixed[i * stride + k] = toFixedPoint(exact[k] / total);
        }
      }
    }

    int outputs() {
      return first.length;
    }

    /** Rounds half away from zero. */
    private static int toFixedPoint(double weight) {
      double scaled = weight * (1 << PRECISION_BITS);
      return (int) (scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    }

    private static double radius(Interpolation interpolation) {
      return switch (interpolation) {
        case BILINEAR -> 1;
        case BICUBIC -> 2;
      };
    }

    /** The filter at a distance, at least 0, from its centre; the cubic one with a = -0.5. */
    private static double filter(Interpolation interpolation, double x) {
      return switch (interpolation) {
        case BILINEAR -> x < 1 ? 1 - x : 0;
        case BICUBIC -> {
          if (x < 1) {
            yield (1.5 * x - 2.5) * x * x + 1;
          }
          yield x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
        }
      };
    }
  }
}
