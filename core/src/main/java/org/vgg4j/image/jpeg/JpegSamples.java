package org.vgg4j.image.jpeg;

import java.awt.image.DataBufferByte;
import java.awt.image.Raster;
import java.util.List;
import org.vgg4j.image.RgbImage;

/**
 * The samples of a JPEG file as they are stored, before any conversion of colours, and their
 * conversion to RGB: in libjpeg's fixed-point arithmetic, and from inks as Pillow does it. Not
 * thread-safe.
 */
public final class JpegSamples {
  private static final int HALF = 1 << 15;

  private final byte[] samples;
  private final int width;
  private final int height;
  private final int bands;

  /**
   * @param raster the raster from the JDK's reader: bytes, pixel after pixel
   */
  JpegSamples(Raster raster) {
    this.samples = ((DataBufferByte) raster.getDataBuffer()).getData();
    this.width = raster.getWidth();
    this.height = raster.getHeight();
    this.bands = raster.getNumBands();
    if (samples.length != (long) width * height * bands) {
      throw new IllegalArgumentException("samples do not lie pixel after pixel");
    }
  }

  /** Returns the samples themselves, [height][width][bands]. */
  public byte[] samples() {
    return samples;
  }

  public int width() {
    return width;
  }

  public int height() {
    return height;
  }

  public int bands() {
    return bands;
  }

  /**
   * Interpolates what libjpeg 6b repeats: components of half the height and full width. Newer
   * versions interpolate these themselves (libjpeg-turbo's {@code h1v2_fancy_upsample}).
   */
  void interpolateRepeatedRows(List<JpegFile.Component> components) {
    for (int band = 0; band < bands; band++) {
      if (isHalved(components.get(band), components)) {
        interpolateRows(band);
      }
    }
  }

  /** Whether any component is of half the height and full width. */
  static boolean hasHalvedRows(List<JpegFile.Component> components) {
    return components.stream().anyMatch(component -> isHalved(component, components));
  }

  private static boolean isHalved(
      JpegFile.Component component, List<JpegFile.Component> components) {
    int across = components.stream().mapToInt(JpegFile.Component::across).max().orElse(0);
    int down = components.stream().mapToInt(JpegFile.Component::down).max().orElse(0);
    return component.across() == across && 2 * component.down() == down;
  }

  private void interpolateRows(int band) {
    int rows = (height + 1) / 2;
    byte[] stored = new byte[rows * width];
    for (int y = 0; y < rows; y++) {
      for (int x = 0; x < width; x++) {
        stored[y * width + x] = samples[(2 * y * width + x) * bands + band];
      }
    }
    for (int y = 0; y < height; y++) {
      boolean upper = y % 2 == 0;
      int near = y / 2 * width;
      int far = Math.max(0, Math.min(rows - 1, upper ? y / 2 - 1 : y / 2 + 1)) * width;
      int bias = upper ? 1 : 2;
      for (int x = 0; x < width; x++) {
        int sum = 3 * (stored[near + x] & 0xFF) + (stored[far + x] & 0xFF) + bias;
        samples[(y * width + x) * bands + band] = (byte) (sum >> 2);
      }
    }
  }

  /** Three samples that are red, green and blue. */
  RgbImage rgb() {
    return new RgbImage(width, height, samples);
  }

  /** Luminance and chrominance, by the equations of JFIF. */
  RgbImage fromYcbcr() {
    toRgb();
    return rgb();
  }

  /**
   * Four inks, or black and three inks stored as luminance and chrominance; taken to be inverted,
   * as Adobe's are, and converted without a colour profile.
   */
  RgbImage fromInks(boolean ycck) {
    if (ycck) {
      toRgb(); // libjpeg takes the complement for inks, which are stored inverted
    }
    byte[] rgb = new byte[Math.multiplyExact(3, width * height)];
    int to = 0;
    for (int i = 0; i < samples.length; i += bands) {
      int black = 255 - (samples[i + 3] & 0xFF);
      for (int channel = 0; channel < 3; channel++) {
        int stored = samples[i + channel] & 0xFF;
        rgb[to++] = light(ycck ? stored : 255 - stored, black);
      }
    }
    return new RgbImage(width, height, rgb);
  }

  /**
   * How much light an ink and black leave, in Pillow's arithmetic.
   *
   * @param ink 0 to 255, 255 is full
   * @param black likewise
   */
  public static byte light(int ink, int black) {
    int t = ink * (255 - black) + 128;
    return (byte) Math.max(0, 255 - black - (((t >> 8) + t) >> 8));
  }

  /** Converts luminance and chrominance to RGB, in place. */
  public void toRgb() {
    for (int i = 0; i < samples.length; i += bands) {
      int luma = samples[i] & 0xFF;
      int blue = (samples[i + 1] & 0xFF) - 128;
      int red = (samples[i + 2] & 0xFF) - 128;
      samples[i] = clip(luma + ((fixed(1.40200) * red + HALF) >> 16));
      samples[i + 1] = clip(luma + ((-fixed(0.34414) * blue - fixed(0.71414) * red + HALF) >> 16));
      samples[i + 2] = clip(luma + ((fixed(1.77200) * blue + HALF) >> 16));
    }
  }

  private static int fixed(double factor) {
    return (int) (factor * (1 << 16) + 0.5);
  }

  private static byte clip(int value) {
    return (byte) Math.max(0, Math.min(255, value));
  }
}
