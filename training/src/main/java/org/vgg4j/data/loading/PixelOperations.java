package org.vgg4j.data.loading;

import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import org.vgg4j.image.RgbImage;

/**
 * Operations on colours and sharpness, which give every byte that {@code ImageEnhance} and {@code
 * ImageOps} of Pillow (9.4) give.
 */
final class PixelOperations {
  private static final int CHANNELS = 3;
  private static final int LEVELS = 256;

  private PixelOperations() {}

  /** Between black (0), the image (1) and twice as bright (2). */
  static RgbImage brightness(RgbImage image, double factor) {
    return blended(image, new byte[image.pixels().length], factor);
  }

  /** Between grey (0), the image (1) and twice as colourful (2). */
  static RgbImage color(RgbImage image, double factor) {
    byte[] pixels = image.pixels();
    byte[] grey = new byte[pixels.length];
    for (int i = 0; i < pixels.length; i += CHANNELS) {
      byte luma = (byte) luma(pixels, i);
      grey[i] = luma;
      grey[i + 1] = luma;
      grey[i + 2] = luma;
    }
    return blended(image, grey, factor);
  }

  /** Between the mean brightness (0), the image (1) and twice as much contrast (2). */
  static RgbImage contrast(RgbImage image, double factor) {
    byte[] pixels = image.pixels();
    double sum = 0;
    int count = pixels.length / CHANNELS;
    for (int i = 0; i < pixels.length; i += CHANNELS) {
      sum += luma(pixels, i);
    }
    byte[] mean = new byte[pixels.length];
    Arrays.fill(mean, (byte) (int) (sum / count + 0.5));
    return blended(image, mean, factor);
  }

  /** Between smoothed (0), the image (1) and sharpened (2). */
  static RgbImage sharpness(RgbImage image, double factor) {
    int width = image.width();
    int height = image.height();
    byte[] pixels = image.pixels();
    byte[] smooth = pixels.clone(); // at the edges nothing is smoothed
    int row = CHANNELS * width;
    for (int y = 1; y < height - 1; y++) {
      for (int i = y * row + CHANNELS; i < (y + 1) * row - CHANNELS; i++) {
        int sum = 4 * (pixels[i] & 0xFF);
        for (int above = i - row; above <= i + row; above += row) {
          sum += (pixels[above - CHANNELS] & 0xFF) + (pixels[above] & 0xFF);
          sum += pixels[above + CHANNELS] & 0xFF;
        }
        smooth[i] = (byte) ((2 * sum + 13) / 26);
      }
    }
    return blended(image, smooth, factor);
  }

  /** Keeps the first bits of each value. */
  static RgbImage posterize(RgbImage image, int bits) {
    int mask = -1 << (8 - bits);
    return mapped(image, value -> value & mask);
  }

  /** Inverts the values from a threshold on. */
  static RgbImage solarize(RgbImage image, double threshold) {
    return mapped(image, value -> value < threshold ? value : LEVELS - 1 - value);
  }

  /** Stretches each channel over all values. */
  static RgbImage autoContrast(RgbImage image) {
    int[][] tables = new int[CHANNELS][];
    for (int channel = 0; channel < CHANNELS; channel++) {
      int[] counts = histogram(image, channel);
      int low = 0;
      int high = LEVELS - 1;
      while (low < high && counts[low] == 0) {
        low++;
      }
      while (high > low && counts[high] == 0) {
        high--;
      }
      double scale = high > low ? (LEVELS - 1.0) / (high - low) : 1;
      double offset = high > low ? -low * scale : 0;
      tables[channel] =
          table(value -> Math.max(0, Math.min(LEVELS - 1, (int) (value * scale + offset))));
    }
    return mapped(image, tables);
  }

  /** Spreads the values of each channel evenly. */
  static RgbImage equalize(RgbImage image) {
    int[][] tables = new int[CHANNELS][];
    for (int channel = 0; channel < CHANNELS; channel++) {
      int[] counts = histogram(image, channel);
      int last = LEVELS - 1;
      while (counts[last] == 0) {
        last--;
      }
      int pixels = image.width() * image.height();
      int step = (pixels - counts[last]) / (LEVELS - 1);
      tables[channel] = table(value -> value);
      int below = step / 2;
      for (int value = 0; step > 0 && value < LEVELS; value++) {
        tables[channel][value] = Math.min(LEVELS - 1, below / step);
        below += counts[value];
      }
    }
    return mapped(image, tables);
  }

  /** Brightness of a pixel, as ITU-R 601 has it. */
  private static int luma(byte[] pixels, int at) {
    int red = pixels[at] & 0xFF;
    int green = pixels[at + 1] & 0xFF;
    int blue = pixels[at + 2] & 0xFF;
    return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
  }

  /** {@code other + factor * (image - other)}, rounded down. */
  private static RgbImage blended(RgbImage image, byte[] other, double factor) {
    byte[] pixels = image.pixels();
    byte[] blended = new byte[pixels.length];
    float part = (float) factor;
    for (int i = 0; i < pixels.length; i++) {
      int from = other[i] & 0xFF;
      float value = from + part * ((pixels[i] & 0xFF) - from);
      blended[i] = (byte) (int) Math.max(0, Math.min(LEVELS - 1, value));
    }
    return new RgbImage(image.width(), image.height(), blended);
  }

  private static int[] histogram(RgbImage image, int channel) {
    int[] counts = new int[LEVELS];
    byte[] pixels = image.pixels();
    for (int i = channel; i < pixels.length; i += CHANNELS) {
      counts[pixels[i] & 0xFF]++;
    }
    return counts;
  }

  private static int[] table(IntUnaryOperator map) {
    int[] table = new int[LEVELS];
    for (int value = 0; value < LEVELS; value++) {
      table[value] = map.applyAsInt(value);
    }
    return table;
  }

  private static RgbImage mapped(RgbImage image, IntUnaryOperator map) {
    int[] table = table(map);
    return mapped(image, new int[][] {table, table, table});
  }

  private static RgbImage mapped(RgbImage image, int[][] tables) {
    byte[] pixels = image.pixels();
    byte[] mapped = new byte[pixels.length];
    for (int i = 0; i < pixels.length; i++) {
      mapped[i] = (byte) tables[i % CHANNELS][pixels[i] & 0xFF];
    }
    return new RgbImage(image.width(), image.height(), mapped);
  }
}
