package org.vgg4j.image.transform;

import org.vgg4j.image.RgbImage;

/** A box drawn on an image: a line one pixel wide, within a dark one that sets it off. */
public final class Outline {
  /** The colour of what is there: the box of an object, or what a network is to find. */
  public static final int TRUE = 0xFFE000;

  /** The colour of objects of other classes. */
  public static final int OTHER = 0x40B0FF;

  /** The colour of what a network has found. */
  public static final int FOUND = 0xFF40C8;

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
   * Returns the image with the outline of a box, whose line is the outermost row and column of the
   * pixels inside it: those with their middle in the box. What is outside the image is not drawn.
   *
   * @param box in pixels of the image
   * @param color of the line, 0xRRGGBB
   */
  public static RgbImage draw(RgbImage image, Box box, int color) {
    Outline outline = new Outline(image);
    // far beyond the image a line is as invisible as just beyond it, and takes longer
    int left = edge(box.left(), image.width());
    int top = edge(box.top(), image.height());
    int right = edge(box.right(), image.width());
    int bottom = edge(box.bottom(), image.height());
    outline.line(left - 1, top - 1, right, bottom, DARK);
    outline.line(left, top, right - 1, bottom - 1, color);
    return new RgbImage(image.width(), image.height(), outline.pixels);
  }

  private static int edge(double at, int length) {
    return (int) Math.max(-2, Math.min(length + 2, Math.round(at)));
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
