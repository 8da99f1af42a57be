package org.vgg4j.image.tiff;

/**
 * Converts 8-bit CIE L*a*b*, as TIFF stores it (with D50 white), to sRGB. Colours outside sRGB are
 * clipped channel by channel.
 */
final class CieLab {
  /** D50 white, and the matrix to linear sRGB, adapted by Bradford's method (Lindbloom). */
  private static final double[] WHITE = {0.9642, 1, 0.8249};

  private static final double[][] TO_RGB = {
    {3.1338561, -1.6168667, -0.4906146},
    {-0.9787684, 1.9161415, 0.0334540},
    {0.0719453, -0.2289914, 1.4052427}
  };

  private CieLab() {}

  /**
   * Converts a pixel.
   *
   * @param lab L* as a fraction of 255, a* and b* signed, starting at an index
   * @param rgb receives red, green and blue, starting at an index
   */
  static void write(byte[] lab, int from, byte[] rgb, int to) {
    double lightness = ((lab[from] & 0xFF) * 100 / 255.0 + 16) / 116;
    double x = WHITE[0] * cube(lightness + lab[from + 1] / 500.0);
    double y = WHITE[1] * cube(lightness);
    double z = WHITE[2] * cube(lightness - lab[from + 2] / 200.0);
    for (int c = 0; c < 3; c++) {
      double linear = TO_RGB[c][0] * x + TO_RGB[c][1] * y + TO_RGB[c][2] * z;
      rgb[to + c] = (byte) Math.round(255 * encoded(Math.max(0, Math.min(1, linear))));
    }
  }

  private static double cube(double root) {
    return root > 6 / 29.0 ? root * root * root : (root - 16 / 116.0) * 108 / 841;
  }

  private static double encoded(double linear) {
    return linear <= 0.0031308 ? 12.92 * linear : 1.055 * Math.pow(linear, 1 / 2.4) - 0.055;
  }
}
