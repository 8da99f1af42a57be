package org.vgg4j.views;

import java.util.Optional;
import org.vgg4j.image.transform.Box;

/**
 * The box around what a map shows (Selvaraju et al. 2017, section 4.1): the map, enlarged to the
 * image's size by bilinear interpolation, is compared with a share of its largest value; the box is
 * drawn around the largest connected part of what reaches it. Pixels are connected along their
 * sides, not at corners; of equally large parts the one that comes first in reading order counts.
 */
public final class MapBox {
  /** The share of the largest value that Grad-CAM's authors use. */
  public static final double SHARE = 0.15;

  private final boolean[] inside; // what no part has taken yet
  private final int width;
  private final int[] part; // pixels of the part that is being collected
  private int size;

  private MapBox(boolean[] inside, int width) {
    this.inside = inside;
    this.width = width;
    this.part = new int[inside.length];
  }

  /**
   * Finds the box. Thread-safe; takes nine bytes for each pixel of the image while it works.
   *
   * @param map {@code [rows][columns]}, at least one value; that of a row and column belongs to the
   *     point {@code ((column + 0.5) * stepX, (row + 0.5) * stepY)} of the image, and beyond the
   *     outermost points the map goes on as it is there
   * @param stepX distance between columns, in pixels of the image
   * @param stepY distance between rows, in pixels of the image
   * @param imageWidth in pixels
   * @param imageHeight in pixels
   * @param share of the largest value, more than 0, at most 1
   * @return in pixels of the image; empty if no value is positive
   * @throws IllegalArgumentException if the share is out of its range
   */
  public static Optional<Box> of(
      float[][] map, double stepX, double stepY, int imageWidth, int imageHeight, double share) {
    if (!(share > 0 && share <= 1)) {
      throw new IllegalArgumentException("share " + share + " is not in (0, 1]");
    }
    float[] enlarged = enlarged(map, stepX, stepY, imageWidth, imageHeight);
    float largest = 0;
    for (float value : enlarged) {
      largest = Math.max(largest, value);
    }
    if (!(largest > 0)) {
      return Optional.empty();
    }
    boolean[] inside = new boolean[enlarged.length];
    for (int i = 0; i < inside.length; i++) {
      inside[i] = enlarged[i] >= share * largest;
    }
    return Optional.of(new MapBox(inside, imageWidth).largest());
  }

  private static float[] enlarged(
      float[][] map, double stepX, double stepY, int width, int height) {
    float[] enlarged = new float[Math.multiplyExact(width, height)];
    int lastRow = map.length - 1;
    int lastColumn = map[0].length - 1;
    for (int y = 0; y < height; y++) {
      double row = Math.max(0, Math.min(lastRow, (y + 0.5) / stepY - 0.5));
      float[] above = map[(int) row];
      float[] below = map[Math.min(lastRow, (int) row + 1)];
      double down = row - (int) row;
      for (int x = 0; x < width; x++) {
        double column = Math.max(0, Math.min(lastColumn, (x + 0.5) / stepX - 0.5));
        int left = (int) column;
        int right = Math.min(lastColumn, left + 1);
        double across = column - left;
        double upper = above[left] + across * (above[right] - above[left]);
        double lower = below[left] + across * (below[right] - below[left]);
        enlarged[y * width + x] = (float) (upper + down * (lower - upper));
      }
    }
    return enlarged;
  }

  private Box largest() {
    int most = 0;
    Box box = new Box(0, 0, 0, 0);
    for (int pixel = 0; pixel < inside.length; pixel++) {
      if (inside[pixel]) {
        Box around = collect(pixel);
        box = size > most ? around : box;
        most = Math.max(most, size);
      }
    }
    return box;
  }

  /** Collects the part that a pixel belongs to, and returns the box around it. */
  private Box collect(int first) {
    size = 0;
    take(first);
    int left = width;
    int right = 0;
    int bottom = 0;
    for (int i = 0; i < size; i++) {
      int pixel = part[i];
      int x = pixel % width;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      bottom = Math.max(bottom, pixel / width + 1);
      take(pixel - width);
      take(pixel + width);
      if (x > 0) {
        take(pixel - 1);
      }
      if (x < width - 1) {
        take(pixel + 1);
      }
    }
    int top = first / width; // in reading order, the first is at the top
    return new Box(left, top, right, bottom);
  }

  private void take(int pixel) {
    if (pixel >= 0 && pixel < inside.length && inside[pixel]) {
      inside[pixel] = false;
      part[size++] = pixel;
    }
  }
}
