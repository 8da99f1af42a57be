package org.vgg4j.model;

/**
 * A box in a crop. Positions and sizes are shares of the crop's side, so that they do not depend on
 * its number of pixels. It may reach beyond the crop.
 *
 * @param centerX from the crop's left edge, 0 to 1 inside it
 * @param centerY from the crop's upper edge, 0 to 1 inside it
 * @param width at least 0
 * @param height at least 0
 */
public record CropBox(double centerX, double centerY, double width, double height) {
  /**
   * What a network's outputs are measured in: shares of the crop's side, times this. So the targets
   * of one number differ by about 1, as class scores do at the start of training, and the same
   * learning rates suit both. The paper does not give its units.
   */
  private static final double UNIT = 4;

  /** How to read the outputs that stand for a box, see {@link #decode}, for a person. */
  public static final String ABOUT_CODE =
      "A box is four numbers: centre x, centre y, width, height; each divided by 4, plus 0.5, is a"
          + " share of the crop's side, from its left or upper edge (a size below 0 is 0).";

  /**
   * Returns the box that a network's outputs stand for; a size below zero is zero.
   *
   * @param outputs at least 4 from the index on, see {@link #code()}
   */
  public static CropBox decode(float[] outputs, int at) {
    return new CropBox(
        share(outputs[at]),
        share(outputs[at + 1]),
        Math.max(0, share(outputs[at + 2])),
        Math.max(0, share(outputs[at + 3])));
  }

  private static double share(double output) {
    return output / UNIT + 0.5;
  }

  /** By how much a share changes with an output. */
  public static double shareOfOutput() {
    return 1 / UNIT;
  }

  /**
   * The outputs that stand for this box: centre x and y, measured from the crop's centre, width and
   * height, beyond half the crop's side, each in quarters of it. A box of half the crop's side in
   * its middle has the code zero.
   */
  public double[] code() {
    return new double[] {output(centerX), output(centerY), output(width), output(height)};
  }

  private static double output(double share) {
    return (share - 0.5) * UNIT;
  }

  /** Intersection over union with another box: 0 if they do not meet, 1 if they are the same. */
  public double overlap(CropBox other) {
    double across = common(centerX, width, other.centerX, other.width);
    double down = common(centerY, height, other.centerY, other.height);
    double both = across * down;
    double union = width * height + other.width * other.height - both;
    return union > 0 ? both / union : 0;
  }

  private static double common(double center, double size, double otherCenter, double otherSize) {
    double from = Math.max(center - size / 2, otherCenter - otherSize / 2);
    double to = Math.min(center + size / 2, otherCenter + otherSize / 2);
    return Math.max(0, to - from);
  }
}
