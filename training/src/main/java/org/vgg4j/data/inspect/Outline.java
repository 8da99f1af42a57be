package org.vgg4j.data.inspect;

import org.vgg4j.image.RgbImage;

/** A rectangle drawn on an image: a line one pixel wide, within a dark one that sets it off. */
final class Outline {
  private static final int DARK = 0x000000;

  private final byte[] pixels;
  private final int width;
  private final int height;

  private Outline(RgbImage image) {
    this.pixels = image.pixels().clone();
    this.width = image.width();
    this.height = image.height();
  }

  /**
   * Returns the image with the outline, whose line is the outermost row and column inside the
   * rectangle. What is outside the image is not drawn.
   *
   * @param left in pixels from the image's left edge
   * @param right more than {@code left}
   * @param color of the line, 0xRRGGBB
   */
  static RgbImage draw(RgbImage image, int left, int top, int right, int bottom, int color) {
    Outline outline = new Outline(image);
    outline.line(left - 1, top - 1, right, bottom, DARK);
    outline.line(left, top, right - 1, bottom - 1, color);
    return new RgbImage(image.width(), image.height(), outline.pixels);
  }

  /** Draws the four lines, each end included. */
  private void line(int left, int top, int right, int bottom, int color) {
    for (int x = left; x <= right; x++) {
      put(x, top, color);
      put(x, bottom, color);
    }
    for (int y = top; y <= bottom; y++) {
      put(left, y, color);
      put(right, y, color);
    }
  }

  private void put(int x, int y, int color) {
    if (x >= 0 && y >= 0 && x < width && y < height) {
      int at = 3 * (y * width + x);
      pixels[at] = (byte) (color >> 16);
      pixels[at + 1] = (byte) (color >> 8);
      pixels[at + 2] = (byte) color;
    }
  }
}
