package org.vgg4j.model;

/**
 * A triple of colour values.
 *
 * @param red value of the red channel
 * @param green value of the green channel
 * @param blue value of the blue channel
 */
public record Rgb(float red, float green, float blue) {
  /** All channels 0. */
  public static final Rgb ZERO = new Rgb(0, 0, 0);

  /** All channels 1. */
  public static final Rgb ONE = new Rgb(1, 1, 1);

  /** Returns the value of channel 0 (red), 1 (green) or 2 (blue). */
  public float channel(int index) {
    return switch (index) {
      case 0 -> red;
      case 1 -> green;
      case 2 -> blue;
      default -> throw new IndexOutOfBoundsException("channel " + index);
    };
  }
}
