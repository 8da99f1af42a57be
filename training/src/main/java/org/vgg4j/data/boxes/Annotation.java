package org.vgg4j.data.boxes;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one XML file, or one line of a CSV file, says about an image.
 *
 * @param path of the image, with / between its parts, as far as it is told
 * @param hasEnding whether the path ends like the image file's name, such as .jpg
 * @param otherPath another, perhaps with ending, to try if no image is called like the first; null
 *     if there is none
 * @param origin where it was read, for users
 * @param width of the image that the boxes were drawn on, in pixels; 0 if it is not told
 * @param height as the width
 * @param objects in the order of the file
 */
record Annotation(
    String path,
    boolean hasEnding,
    @Nullable String otherPath,
    String origin,
    int width,
    int height,
    List<Marked> objects) {

  /**
   * A box as it was read. Edges lie between pixels.
   *
   * @param name of its class
   * @param left in pixels, from the image's left edge
   * @param right at least {@code left}
   * @param swapped whether the file has two opposite edges in the wrong order
   * @param difficult whether the object is said to be hard to recognise
   */
  record Marked(
      String name,
      double left,
      double top,
      double right,
      double bottom,
      boolean swapped,
      boolean difficult) {

    /**
     * Puts edges in order, and moves them from the outermost pixels to the lines around these.
     *
     * @param first number of the first pixel of a row, 0 or 1, where {@code right} and {@code
     *     bottom} are the last pixels inside the box; -1 where edges already lie between pixels
     */
    static Marked of(
        String name,
        double left,
        double top,
        double right,
        double bottom,
        int first,
        boolean difficult) {
      double before = Math.max(first, 0);
      double after = first < 0 ? 0 : 1 - first;
      return new Marked(
          name,
          Math.min(left, right) - before,
          Math.min(top, bottom) - before,
          Math.max(left, right) + after,
          Math.max(top, bottom) + after,
          left > right || top > bottom,
          difficult);
    }
  }
}
