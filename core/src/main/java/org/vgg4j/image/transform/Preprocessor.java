package org.vgg4j.image.transform;

import org.vgg4j.image.RgbImage;
import org.vgg4j.model.ChannelOrder;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.model.Rgb;

/**
 * Turns images into a network's input as a {@link Preprocessing} says. Immutable, hence
 * thread-safe.
 */
public final class Preprocessor {
  private static final int CHANNELS = 3;

  private final Preprocessing preprocessing;

  /** The input value of every pixel value, [channel in input order][256]. */
  private final float[][] values = new float[CHANNELS][256];

  /** Which of red, green, blue each input channel is. */
  private final int[] colors;

  /**
   * @param preprocessing the preprocessing that the network's weights expect
   */
  public Preprocessor(Preprocessing preprocessing) {
    this.preprocessing = preprocessing;
    this.colors =
        preprocessing.channelOrder() == ChannelOrder.RGB
            ? new int[] {0, 1, 2}
            : new int[] {2, 1, 0};
    for (int channel = 0; channel < CHANNELS; channel++) {
      float mean = preprocessing.mean().channel(colors[channel]);
      float std = preprocessing.std().channel(colors[channel]);
      for (int v = 0; v < 256; v++) {
        values[channel][v] = (v * preprocessing.valueRange() / 255 - mean) / std;
      }
    }
  }

  /**
   * Returns the middle of the image: rescaled so that its shorter side is the preprocessing's
   * scale, then cut to [crop][crop].
   */
  public RgbImage centerCrop(RgbImage image) {
    return Geometry.centered(image, preprocessing.scale(), preprocessing.crop())
        .cut(image, preprocessing.interpolation());
  }

  /**
   * As {@link #write(RgbImage, Rgb, float[], int)}, without a shift.
   *
   * @throws IllegalArgumentException if the batch is too small for sample n
   */
  public void write(RgbImage image, float[] batch, int n) {
    write(image, Rgb.ZERO, batch, n);
  }

  /**
   * Writes an image of any size as sample n of a batch whose images all have that size: {@code (v *
   * valueRange / 255 - mean) / std}, where v includes the shift, and mean and std are those of the
   * channel's colour.
   *
   * @param image the image, [height][width]
   * @param shift added to each channel of every pixel, on the scale of 0..255; the sum is not
   *     clipped
   * @param batch [samples][3][height][width], flat; only sample n is written
   * @param n index of the sample
   * @throws IllegalArgumentException if the batch is too small for sample n
   */
  public void write(RgbImage image, Rgb shift, float[] batch, int n) {
    int plane = image.width() * image.height();
    long end = (n + 1L) * CHANNELS * plane;
    if (n < 0 || end > batch.length) {
      throw new IllegalArgumentException(
          "sample %d of %d x %d pixels does not fit a batch of %d values"
              .formatted(n, image.width(), image.height(), batch.length));
    }
    byte[] pixels = image.pixels();
    for (int channel = 0; channel < CHANNELS; channel++) {
      float[] value = values[channel];
      int out = (n * CHANNELS + channel) * plane;
      int in = colors[channel];
      float more =
          shift.channel(in) * preprocessing.valueRange() / 255 / preprocessing.std().channel(in);
      for (int i = 0; i < plane; i++) {
        batch[out + i] = value[pixels[in] & 0xFF] + more;
        in += CHANNELS;
      }
    }
  }
}
