package org.vgg4j.image.transform;

import java.util.Arrays;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.UnreadableImageException;
import org.vgg4j.model.Interpolation;

/**
 * Antialiased rescaling, identical to {@code Image.resize} of Pillow (9.4, {@code BILINEAR} and
 * {@code BICUBIC}) in every byte. Each output pixel is a weighted mean of the input pixels under a
 * filter that is stretched by the scale when shrinking; rows first, then columns, rounded to 8 bits
 * after each. Weights are computed in double precision and rounded to fixed point; sums are exact
 * integers. Thread-safe.
 */
public final class Rescale {
  /**
   * Fraction bits of the weights: of an int, 8 bits go to the pixel and 2 to sums that overshoot.
   */
  private static final int PRECISION_BITS = 32 - 8 - 2;

  private static final int ONE_HALF = 1 << (PRECISION_BITS - 1);

  /** Number of rows that are rescaled together. */
  private static final int ROWS = 4;

  /** Longs that hold one pixel of each of these rows: three channels, two pairs of rows. */
  private static final int PAIRS = 3 * ROWS / 2;

  private Rescale() {}

  /**
   * The size of an image.
   *
   * @param width in pixels
   * @param height in pixels
   */
  public record Size(int width, int height) {
    /** Returns the size of an image. */
    public static Size of(RgbImage image) {
      return new Size(image.width(), image.height());
    }
  }

  /**
   * Rescales isotropically, so that the shorter side has the given length and the longer one
   * floor(side * longer / shorter).
   *
   * @param image the image
   * @param side length of the shorter side, in pixels, at least 1
   * @param interpolation the filter
   * @return a new image, or the same one if nothing changes
   * @throws UnreadableImageException if the image is so elongated that the result would have more
   *     pixels than an image may have
   */
  public static RgbImage toShorterSide(RgbImage image, int side, Interpolation interpolation) {
    Size size = sizeOf(image, side);
    return resize(image, size.width(), size.height(), interpolation);
  }

  /**
   * The size that {@link #toShorterSide} gives an image.
   *
   * @throws UnreadableImageException as there
   */
  public static Size sizeOf(RgbImage image, int side) {
    requireFits(image, side);
    int longer = (int) longerSide(image, side);
    return image.width() <= image.height() ? new Size(side, longer) : new Size(longer, side);
  }

  /**
   * Checks that {@link #toShorterSide} can rescale an image.
   *
   * @throws UnreadableImageException if it cannot
   */
  public static void requireFits(RgbImage image, int side) {
    if (side * longerSide(image, side) > RgbImage.MAX_PIXELS) {
      throw new UnreadableImageException(
          "an image of %d x %d pixels is too elongated for a shorter side of %d: crop it first"
              .formatted(image.width(), image.height(), side));
    }
  }

  private static long longerSide(RgbImage image, int side) {
    int longer = Math.max(image.width(), image.height());
    return (long) side * longer / Math.min(image.width(), image.height());
  }

  /**
   * Rescales to the given size.
   *
   * @param image the image
   * @param width new width in pixels, at least 1
   * @param height new height in pixels, at least 1
   * @param interpolation the filter
   * @return a new image, or the same one if nothing changes
   */
  public static RgbImage resize(
      RgbImage image, int width, int height, Interpolation interpolation) {
    if (width < 1 || height < 1) {
      throw new IllegalArgumentException("cannot rescale to " + width + " x " + height);
    }
    return width == image.width() && height == image.height()
        ? image
        : crop(image, new Size(width, height), interpolation, 0, 0, width, height);
  }

  /**
   * Cuts a rectangle out of the rescaled image, of which no more than necessary is computed.
   *
   * @param image the image
   * @param size the size to which it is rescaled
   * @param interpolation the filter
   * @param x left edge in the rescaled image
   * @param y upper edge in the rescaled image
   * @param cropWidth width of the rectangle, in pixels
   * @param cropHeight height of the rectangle, in pixels
   * @throws IllegalArgumentException if the rectangle leaves the rescaled image
   */
  public static RgbImage crop(
      RgbImage image,
      Size size,
      Interpolation interpolation,
      int x,
      int y,
      int cropWidth,
      int cropHeight) {
    if (x < 0 || y < 0 || x > size.width() - cropWidth || y > size.height() - cropHeight) {
      throw new IllegalArgumentException(
          "a crop of %d x %d at (%d, %d) leaves the image of %s"
              .formatted(cropWidth, cropHeight, x, y, size));
    }
    boolean sameHeight = size.height() == image.height();
    Weights down =
        sameHeight
            ? null
            : new Weights(image.height(), size.height(), interpolation, y, cropHeight);
    int top = down == null ? y : down.begin();
    int bottom = down == null ? y + cropHeight : down.end();
    if (size.width() == image.width() && down == null) {
      return image.crop(x, y, cropWidth, cropHeight);
    }
    int[] band =
        size.width() == image.width()
            ? toInts(image.crop(x, top, cropWidth, bottom - top))
            : resizeRows(
                image,
                top,
                bottom,
                new Weights(image.width(), size.width(), interpolation, x, cropWidth));
    byte[] pixels =
        down == null
            ? toBytes(band, 3 * cropWidth * cropHeight)
            : resizeColumns(band, top, 3 * cropWidth, down);
    return new RgbImage(cropWidth, cropHeight, pixels);
  }

  private static int[] toInts(RgbImage image) {
    byte[] in = image.pixels();
    int[] out = new int[in.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = in[i] & 0xFF;
    }
    return out;
  }

  private static byte[] toBytes(int[] in, int length) {
    byte[] out = new byte[length];
    for (int i = 0; i < length; i++) {
      out[i] = (byte) in[i];
    }
    return out;
  }

  /**
   * Rescales rows top to bottom - 1.
   *
   * @return {@code [rows][width][3]}, each value in 0..255, the number of rows rounded up to a
   *     multiple of {@link #ROWS}; ints, since the JIT compiler vectorises those
   */
  private static int[] resizeRows(RgbImage image, int top, int bottom, Weights weights) {
    int rows = (bottom - top + ROWS - 1) / ROWS * ROWS;
    int rowLength = 3 * weights.outputs();
    int[] out = new int[Math.multiplyExact(rowLength, rows)];
    long[] pairs = new long[PAIRS * (weights.end() - weights.begin())];
    for (int y = top; y < bottom; y += ROWS) {
      for (int pair = 0; pair < ROWS / 2; pair++) {
        int upper = Math.min(bottom - 1, y + 2 * pair);
        int lower = Math.min(bottom - 1, upper + 1);
        unpack(image, upper, lower, weights.begin(), pairs, 3 * pair);
      }
      resizeFourRows(pairs, weights, out, (y - top) * rowLength, rowLength);
    }
    return out;
  }

  /** Packs vertically adjacent pixels of two rows into longs, one for each channel. */
  private static void unpack(
      RgbImage image, int upper, int lower, int begin, long[] pairs, int offset) {
    byte[] in = image.pixels();
    int up = 3 * (upper * image.width() + begin);
    int low = 3 * (lower * image.width() + begin);
    for (int i = offset; i < pairs.length; i += PAIRS) {
      pairs[i] = (long) (in[up] & 0xFF) << 32 | (in[low] & 0xFF);
      pairs[i + 1] = (long) (in[up + 1] & 0xFF) << 32 | (in[low + 1] & 0xFF);
      pairs[i + 2] = (long) (in[up + 2] & 0xFF) << 32 | (in[low + 2] & 0xFF);
      up += 3;
      low += 3;
    }
  }

  /** Two values share a multiplication, since the sums of either stay within 32 bits. */
  private static void resizeFourRows(
      long[] pairs, Weights weights, int[] out, int at, int rowLength) {
    int[] fixed = weights.fixed;
    long half = (long) ONE_HALF << 32 | ONE_HALF;
    for (int x = 0; x < weights.outputs(); x++) {
      long red = half;
      long green = half;
      long blue = half;
      long red2 = half;
      long green2 = half;
      long blue2 = half;
      int from = PAIRS * (weights.first[x] - weights.begin());
      int end = x * weights.stride + weights.count[x];
      for (int k = x * weights.stride; k < end; k++) {
        long weight = fixed[k];
        red += pairs[from] * weight;
        green += pairs[from + 1] * weight;
        blue += pairs[from + 2] * weight;
        red2 += pairs[from + 3] * weight;
        green2 += pairs[from + 4] * weight;
        blue2 += pairs[from + 5] * weight;
        from += PAIRS;
      }
      int to = at + 3 * x;
      put(red, out, to, rowLength);
      put(green, out, to + 1, rowLength);
      put(blue, out, to + 2, rowLength);
      to += 2 * rowLength;
      put(red2, out, to, rowLength);
      put(green2, out, to + 1, rowLength);
      put(blue2, out, to + 2, rowLength);
    }
  }

  /** Undoes the borrow that a negative lower sum has taken from the upper one. */
  private static void put(long pair, int[] out, int at, int rowLength) {
    int lower = (int) pair;
    out[at] = clip((int) ((pair - lower) >> 32));
    out[at + rowLength] = clip(lower);
  }

  /**
   * @param band {@code [rows][rowLength]}
   * @param top row of the image at which the band begins
   */
  private static byte[] resizeColumns(int[] band, int top, int rowLength, Weights weights) {
    int height = weights.outputs();
    byte[] out = new byte[Math.multiplyExact(rowLength, height)];
    int[] sums = new int[rowLength];
    for (int y = 0; y < height; y++) {
      Arrays.fill(sums, ONE_HALF);
      for (int k = 0; k < weights.count[y]; k++) {
        int row = weights.first[y] + k - top;
        addRow(band, row * rowLength, weights.fixed[y * weights.stride + k], sums);
      }
      for (int i = 0; i < rowLength; i++) {
        out[y * rowLength + i] = (byte) clip(sums[i]);
      }
    }
    return out;
  }

  private static void addRow(int[] band, int from, int weight, int[] sums) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] += band[from + i] * weight;
    }
  }

  private static int clip(int sum) {
    return Math.max(0, Math.min(255, sum >> PRECISION_BITS));
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

    /**
     * @param inputs length of the image in this dimension
     * @param rescaled length of the rescaled image
     * @param from first output position needed
     * @param outputs number of output positions needed
     */
    Weights(int inputs, int rescaled, Interpolation interpolation, int from, int outputs) {
      double scale = (double) inputs / rescaled;
      double stretch = Math.max(scale, 1);
      double support = radius(interpolation) * stretch;
      first = new int[outputs];
      count = new int[outputs];
      stride = (int) Math.ceil(support) * 2 + 1;
      fixed = new int[Math.multiplyExact(outputs, stride)];
      double[] exact = new double[stride];
      for (int i = 0; i < outputs; i++) {
        double center = (from + i + 0.5) * scale;
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

    /** The first input position that counts for any output. */
    int begin() {
      return first[0];
    }

    /** The one after the last. */
    int end() {
      return first[first.length - 1] + count[count.length - 1];
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
