package org.vgg4j.image.transform;

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

  /** In pixels. */
  public double width() {
    return right - left;
  }

  /** In pixels. */
  public double height() {
    return bottom - top;
  }
}
