package org.vgg4j.network;

import java.util.Locale;
import org.vgg4j.base.InputException;

/** Allocates the arrays of a batch, or says why that is impossible; and what is kept of them. */
public final class Buffers {
  /** The length of the longest array that Java allows. */
  public static final int LONGEST = Integer.MAX_VALUE - 8;

  private Buffers() {}

  /**
   * @param name what the array is for
   * @param images images in the batch
   * @param length floats per image
   * @throws InputException if the array would be longer than Java allows
   */
  public static float[] floats(String name, int images, int length) {
    return new float[total(name, images, length)];
  }

  /** Like {@link #floats}, for bytes. */
  public static byte[] bytes(String name, int images, int length) {
    return new byte[total(name, images, length)];
  }

  /**
   * Returns the length of an array.
   *
   * @throws InputException if it would be longer than Java allows
   */
  public static int length(String name, int images, long length) {
    return total(name, images, length);
  }

  /** Whether images are so long that memory for them is not kept for those that follow. */
  public static boolean isElongated(int height, int width) {
    return Math.max(height, width) > 2L * Math.min(height, width);
  }

  private static int total(String name, int images, long length) {
    long total = images * length;
    if (total > LONGEST) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "%d images at a time need an array of %d values for %s, more than Java allows: take a"
                  + " micro-batch of at most %d",
              images,
              total,
              name,
              LONGEST / length));
    }
    return (int) total;
  }
}
