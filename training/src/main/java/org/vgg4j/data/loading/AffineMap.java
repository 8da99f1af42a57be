package org.vgg4j.data.loading;

import org.vgg4j.image.RgbImage;

/**
 * Moves the pixels of an image by an affine map, with the nearest pixel and without changing its
 * size, as {@code Image.transform} of Pillow does, in its fixed-point numbers: the pixel at (x, y)
 * becomes that at (a x + b y + c, d x + e y + f), black outside.
 */
final class AffineMap {
  private static final int FRACTION_BITS = 16;
  private static final int CHANNELS = 3;

  private final double[] map;

  private AffineMap(double... map) {
    this.map = map;
  }

  static AffineMap of(double a, double b, double c, double d, double e, double f) {
    return new AffineMap(a, b, c, d, e, f);
  }

  /** A turn about the middle of an image, counter-clockwise. */
  static AffineMap rotation(double degrees, RgbImage image) {
    double angle = -StrictMath.toRadians(degrees);
    double cosine = StrictMath.cos(angle);
    double sine = StrictMath.sin(angle);
    double x = image.width() / 2.0;
    double y = image.height() / 2.0;
    return of(cosine, sine, x - cosine * x - sine * y, -sine, cosine, y + sine * x - cosine * y);
  }

  private static int fixed(double value) {
    return (int) Math.floor(value * (1 << FRACTION_BITS) + 0.5);
  }

  RgbImage apply(RgbImage image) {
    int width = image.width();
    int height = image.height();
    byte[] from = image.pixels();
    byte[] to = new byte[from.length];
    int rightX = fixed(map[0]);
    int downX = fixed(map[1]);
    int rightY = fixed(map[3]);
    int downY = fixed(map[4]);
    // of the middle of the first pixel
    int firstX = fixed(map[2] + map[0] * 0.5 + map[1] * 0.5);
    int firstY = fixed(map[5] + map[3] * 0.5 + map[4] * 0.5);
    for (int y = 0; y < height; y++) {
      int atX = firstX;
      int atY = firstY;
      for (int x = 0; x < width; x++) {
        int column = atX >> FRACTION_BITS;
        int row = atY >> FRACTION_BITS;
        if (column >= 0 && column < width && row >= 0 && row < height) {
          System.arraycopy(
              from, CHANNELS * (row * width + column), to, CHANNELS * (y * width + x), CHANNELS);
        }
        atX += rightX;
        atY += rightY;
      }
      firstX += downX;
      firstY += downY;
    }
    return new RgbImage(width, height, to);
  }
}
