package org.vgg4j.image;

import java.awt.image.Raster;

/**
 * JPEGs of four components, cyan, magenta, yellow and black, as printers' programs write them. The
 * JDK gives their samples but no colours. These are made without a colour profile, as Pillow makes
 * them: samples are taken to be inverted, as Adobe's are.
 */
final class CmykJpeg {
  private static final int COMPONENTS = 4;

  private CmykJpeg() {}

  /** Whether the file's frame has four components. */
  static boolean isOne(byte[] content) {
    int frame =
        JpegSegments.find(
            content,
            (marker, body) ->
                marker >= 0xC0
                    && marker <= 0xCF
                    && marker != 0xC4
                    && marker != 0xC8
                    && marker != 0xCC);
    return frame >= 0 && frame + 5 < content.length && content[frame + 5] == COMPONENTS;
  }

  /** Whether the first three components are luminance and chrominance of the inverted colours. */
  private static boolean isYcck(byte[] content) {
    int adobe =
        JpegSegments.find(
            content,
            (marker, body) -> marker == 0xEE && JpegSegments.hasText(content, body, "Adobe"));
    return adobe >= 0 && adobe + 11 < content.length && content[adobe + 11] == 2;
  }

  /**
   * Makes colours of the samples.
   *
   * @param raster of four bands, as they are in the file
   * @param content the file
   */
  static RgbImage convert(Raster raster, byte[] content) {
    int width = raster.getWidth();
    int height = raster.getHeight();
    boolean ycck = isYcck(content);
    byte[] rgb = new byte[Math.multiplyExact(3, width * height)];
    int[] row = new int[COMPONENTS * width];
    int to = 0;
    for (int y = 0; y < height; y++) {
      raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
      for (int x = 0; x < row.length; x += COMPONENTS) {
        if (ycck) {
          toCmy(row, x);
        }
        int black = 255 - row[x + 3];
        for (int channel = 0; channel < 3; channel++) {
          int ink = 255 - row[x + channel];
          rgb[to++] = (byte) Math.max(0, 255 - black - over255(ink * (255 - black)));
        }
      }
    }
    return new RgbImage(width, height, rgb);
  }

  /** Divides by 255, rounded, in the way of Pillow. */
  private static int over255(int product) {
    int t = product + 128;
    return ((t >> 8) + t) >> 8;
  }

  /** The conversion of JFIF, in the fixed point of libjpeg, which inverts on the way. */
  private static void toCmy(int[] row, int x) {
    int luma = row[x];
    int blue = row[x + 1] - 128;
    int red = row[x + 2] - 128;
    int half = 1 << 15;
    int r = luma + ((fixed(1.40200) * red + half) >> 16);
    int g = luma + ((-fixed(0.34414) * blue - fixed(0.71414) * red + half) >> 16);
    int b = luma + ((fixed(1.77200) * blue + half) >> 16);
    row[x] = 255 - clip(r);
    row[x + 1] = 255 - clip(g);
    row[x + 2] = 255 - clip(b);
  }

  private static int fixed(double factor) {
    return (int) (factor * (1 << 16) + 0.5);
  }

  private static int clip(int value) {
    return Math.max(0, Math.min(255, value));
  }
}
