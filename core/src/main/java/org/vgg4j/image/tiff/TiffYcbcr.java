package org.vgg4j.image.tiff;

import java.io.IOException;

/**
 * Converts TIFF's luminance and chrominance (TIFF 6.0, section 21) in libtiff's fixed-point
 * arithmetic. Immutable.
 */
final class TiffYcbcr {
  private static final int SHIFT = 16;
  private static final int HALF = 1 << (SHIFT - 1);

  private final int[] luma = new int[256];
  private final int[] redOfRed = new int[256];
  private final int[] greenOfRed = new int[256];
  private final int[] greenOfBlue = new int[256];
  private final int[] blueOfBlue = new int[256];

  TiffYcbcr(TiffDirectory tags) throws IOException {
    double[] share = tags.fractions(TiffTags.YCBCR_COEFFICIENTS, 0.299, 0.587, 0.114);
    double[] range = tags.fractions(TiffTags.REFERENCE_BLACK_WHITE, 0, 255, 128, 255, 128, 255);
    double red = 2 - 2 * share[0];
    double blue = 2 - 2 * share[2];
    int toRed = fixed(red);
    int toGreenOfRed = -fixed(share[0] * red / share[1]);
    int toBlue = fixed(blue);
    int toGreenOfBlue = -fixed(share[2] * blue / share[1]);
    for (int i = 0; i < 256; i++) {
      int difference = i - 128;
      int cr = (int) value(difference, range[4] - 128, range[5] - 128, 127);
      int cb = (int) value(difference, range[2] - 128, range[3] - 128, 127);
      redOfRed[i] = (toRed * cr + HALF) >> SHIFT;
      blueOfBlue[i] = (toBlue * cb + HALF) >> SHIFT;
      greenOfRed[i] = toGreenOfRed * cr;
      greenOfBlue[i] = toGreenOfBlue * cb + HALF;
      luma[i] = (int) value(i, range[0], range[1], 255);
    }
  }

  /** Scales a code between the reference black and white. */
  private static double value(int code, double black, double white, int span) {
    int whole = (int) white - (int) black;
    double value = (code - (int) black) * (double) span / (whole == 0 ? 1 : whole);
    return Math.max(-128 * 32, Math.min(128 * 32, value));
  }

  private static int fixed(double factor) {
    return (int) (Math.max(0, Math.min(2, factor)) * (1 << SHIFT) + 0.5);
  }

  void write(byte[] pixels, int from, byte[] rgb, int to) {
    int y = luma[pixels[from] & 0xFF];
    int cb = pixels[from + 1] & 0xFF;
    int cr = pixels[from + 2] & 0xFF;
    rgb[to] = clip(y + redOfRed[cr]);
    rgb[to + 1] = clip(y + ((greenOfBlue[cb] + greenOfRed[cr]) >> SHIFT));
    rgb[to + 2] = clip(y + blueOfBlue[cb]);
  }

  private static byte clip(int value) {
    return (byte) Math.max(0, Math.min(255, value));
  }
}
