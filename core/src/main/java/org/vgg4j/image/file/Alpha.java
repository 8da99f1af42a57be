package org.vgg4j.image.file;

/** How transparent pixels look. */
public final class Alpha {
  private static final int WHITE = 255;

  private Alpha() {}

  /**
   * Composes a value over white.
   *
   * @param value 0 to 255
   * @param alpha 0 to 255, which is opaque
   */
  public static byte overWhite(int value, int alpha) {
    return (byte) ((value * alpha + WHITE * (255 - alpha) + 127) / 255);
  }
}
