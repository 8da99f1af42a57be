package org.vgg4j.views;

/**
 * Where in an image a network sees a class: values on a square grid of points. Value {@code
 * [row][column]} belongs to the point {@code (x + column * step, y + row * step)}.
 *
 * @param method how the values were computed
 * @param scale Q: the shorter side, in pixels, to which the image was rescaled
 * @param label index of the class
 * @param probability probability of the class, in 0..1: for {@link Method#CLASS_SCORES} that of the
 *     mean score of all windows; otherwise that of the centre crop, which {@code vgg classify}
 *     prints
 * @param values {@code [rows][columns]}, see the method
 * @param x of the first point, in pixels of the image from its left edge
 * @param y of the first point, in pixels of the image from its upper edge
 * @param step distance between points, in pixels of the image
 * @param window side of the square around each point that is covered, or on which its value
 *     depends, in pixels of the rescaled image
 * @param seen the part of the image that the values cover
 */
public record HeatMap(
    Method method,
    int scale,
    int label,
    double probability,
    float[][] values,
    double x,
    double y,
    double step,
    int window,
    Area seen) {

  /** How values are computed. */
  public enum Method {
    /**
     * Occlusion (Zeiler and Fergus 2014): the drop in probability, in -1..1, when the window around
     * the point is covered. Positive values are evidence for the class, negative ones against it.
     */
    OCCLUSION,
    /**
     * Class score maps of the fully convolutional network (the paper, section 3.2): the
     * probability, in 0..1, that the class has in the window around the point.
     */
    CLASS_SCORES,
    /**
     * Grad-CAM (Selvaraju et al. 2017) over the whole image: what the maps of the last convolution
     * say for the class, as a share, in 0..1, of the largest value in the map; all 0 if nothing
     * speaks for the class.
     */
    GRAD_CAM
  }

  /**
   * A rectangle in an image, in its pixels.
   *
   * @param x left edge
   * @param y upper edge
   * @param width from the left edge to the right one
   * @param height from the upper edge to the lower one
   */
  public record Area(double x, double y, double width, double height) {}

  /** Number of rows of points. */
  public int rows() {
    return values.length;
  }

  /** Number of columns of points. */
  public int columns() {
    return values[0].length;
  }

  /** The smallest value. */
  public float smallest() {
    float smallest = Float.POSITIVE_INFINITY;
    for (float[] row : values) {
      for (float value : row) {
        smallest = Math.min(smallest, value);
      }
    }
    return smallest;
  }

  /** The largest value. */
  public float largest() {
    float largest = Float.NEGATIVE_INFINITY;
    for (float[] row : values) {
      for (float value : row) {
        largest = Math.max(largest, value);
      }
    }
    return largest;
  }

  /**
   * Returns the value at any point: interpolated bilinearly between grid points, clamped beyond the
   * outermost.
   *
   * @param atX in pixels of the image from its left edge
   * @param atY in pixels of the image from its upper edge
   */
  public double at(double atX, double atY) {
    double column = Math.max(0, Math.min(columns() - 1, (atX - x) / step));
    double row = Math.max(0, Math.min(rows() - 1, (atY - y) / step));
    int left = (int) column;
    int top = (int) row;
    int right = Math.min(columns() - 1, left + 1);
    int bottom = Math.min(rows() - 1, top + 1);
    double across = column - left;
    double down = row - top;
    return (1 - down) * ((1 - across) * values[top][left] + across * values[top][right])
        + down * ((1 - across) * values[bottom][left] + across * values[bottom][right]);
  }
}
