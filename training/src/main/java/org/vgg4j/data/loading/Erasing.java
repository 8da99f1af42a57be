package org.vgg4j.data.loading;

import org.vgg4j.base.RandomStream;
import org.vgg4j.image.RgbImage;

/**
 * Random erasing (Zhong et al. 2020): a rectangle of a sample is overwritten with random pixels, so
 * that a network does not rely on one part of an object. Its area is uniform in 0.02 to 0.33 of the
 * sample's, its ratio of height to width log-uniform in 0.3 to 3.3 (the paper's is uniform, and so
 * more often tall than wide); drawn again until it fits.
 */
final class Erasing {
  private static final double SMALLEST = 0.02;
  private static final double LARGEST = 0.33;
  private static final double WIDEST = 0.3;
  private static final double TALLEST = 3.3;

  /** How often a rectangle is drawn until one fits. */
  private static final int DRAWS = 100;

  private static final int CHANNELS = 3;

  private Erasing() {}

  /**
   * Returns the sample with a rectangle erased, or the sample itself.
   *
   * @param probability of erasing
   * @param sample of any size; pixels of a grey one stay grey
   */
  static RgbImage apply(RandomStream random, double probability, RgbImage sample) {
    if (random.nextDouble() >= probability) {
      return sample;
    }
    double area = (double) sample.width() * sample.height();
    for (int draw = 0; draw < DRAWS; draw++) {
      double erased = area * (SMALLEST + (LARGEST - SMALLEST) * random.nextDouble());
      double aspect = ResizedCrop.logUniform(random, WIDEST, TALLEST);
      int height = (int) Math.round(Math.sqrt(erased * aspect));
      int width = (int) Math.round(Math.sqrt(erased / aspect));
      if (width > 0 && width <= sample.width() && height > 0 && height <= sample.height()) {
        int left = random.nextInt(sample.width() - width + 1);
        int top = random.nextInt(sample.height() - height + 1);
        return erased(random, sample, new ResizedCrop.Region(left, top, width, height));
      }
    }
    return sample; // of so few pixels that no rectangle has any
  }

  private static RgbImage erased(RandomStream random, RgbImage sample, ResizedCrop.Region region) {
    byte[] pixels = sample.pixels().clone();
    boolean grey = isGrey(pixels);
    for (int y = region.top(); y < region.top() + region.height(); y++) {
      int at = CHANNELS * (y * sample.width() + region.left());
      for (int x = 0; x < region.width(); x++, at += CHANNELS) {
        int color = random.nextInt();
        pixels[at] = (byte) color;
        pixels[at + 1] = grey ? (byte) color : (byte) (color >> 8);
        pixels[at + 2] = grey ? (byte) color : (byte) (color >> 16);
      }
    }
    return new RgbImage(sample.width(), sample.height(), pixels);
  }

  private static boolean isGrey(byte[] pixels) {
    for (int i = 0; i < pixels.length; i += CHANNELS) {
      if (pixels[i] != pixels[i + 1] || pixels[i] != pixels[i + 2]) {
        return false;
      }
    }
    return true;
  }
}
