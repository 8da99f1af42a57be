package org.vgg4j.image.transform;

import org.vgg4j.model.CropBox;

/**
 * A rectangle in an image. Edges lie between pixels: the pixel in column 0 reaches from 0 to 1. A
 * box may reach beyond its image.
 *
 * @param left smallest x, in pixels from the image's left edge
 * @param top smallest y, in pixels from the image's upper edge
 * @param right largest x, at least {@code left}
 * @param bottom largest y, at least {@code top}
 */
public record Box(double left, double top, double right, double bottom) {

  /**
   * @throws IllegalArgumentException if an edge is beyond the one opposite, or not a number
   */
  public Box {
    if (!(left <= right && top <= bottom)) {
      throw new IllegalArgumentException(
          "no box reaches from (%s, %s) to (%s, %s)".formatted(left, top, right, bottom));
    }
  }

  /** Where a box of a square crop lies in it. */
  public static Box inCrop(CropBox box, int side) {
    return new Box(
        side * (box.centerX() - box.width() / 2),
        side * (box.centerY() - box.height() / 2),
        side * (box.centerX() + box.width() / 2),
        side * (box.centerY() + box.height() / 2));
  }

  /** In pixels. */
  public double width() {
    return right - left;
  }

  /** In pixels. */
  public double height() {
    return bottom - top;
  }
}
