package org.vgg4j.evaluate.boxes;

import org.vgg4j.image.transform.Box;

/**
 * Boxes of whole pixels, as ILSVRC's files have them: the largest coordinates are those of the last
 * pixel inside, so that a box from 3 to 3 is one pixel wide.
 */
public final class PixelBoxes {
  private PixelBoxes() {}

  /**
   * Returns the box with these pixels at its corners.
   *
   * @throws IllegalArgumentException if the last pixel is more than one before the first
   */
  public static Box ofInclusive(double xmin, double ymin, double xmax, double ymax) {
    return new Box(xmin, ymin, xmax + 1, ymax + 1);
  }

  /**
   * Returns the box with each edge moved to the nearest edge of a pixel; it is at least one pixel
   * wide and high.
   */
  public static Box rounded(Box box) {
    double left = Math.rint(box.left()) + 0.0; // no -0, which no file can hold
    double top = Math.rint(box.top()) + 0.0;
    return new Box(
        left,
        top,
        Math.max(left + 1, Math.rint(box.right()) + 0.0),
        Math.max(top + 1, Math.rint(box.bottom()) + 0.0));
  }
}
