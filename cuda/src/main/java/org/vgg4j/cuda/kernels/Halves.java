package org.vgg4j.cuda.kernels;

/** Doubles in two ints each, the lower half first: as kernels read them at multiples of 4 bytes. */
public final class Halves {
  private Halves() {}

  /**
   * Writes doubles.
   *
   * @param to gets them from the index on
   */
  public static void put(int[] to, int at, double... values) {
    for (int i = 0; i < values.length; i++) {
      long bits = Double.doubleToRawLongBits(values[i]);
      to[at + 2 * i] = (int) bits;
      to[at + 2 * i + 1] = (int) (bits >>> 32);
    }
  }
}
