package org.vgg4j.cuda.kernels;

/**
 * The shape of a map {@code [images][height][width][channels]}. A vector of features for each image
 * is a map of one pixel.
 *
 * @param channels as they lie in memory, see {@link #padded}
 */
public record MapShape(int images, int height, int width, int channels) {
  private static final int BLOCK = 64;

  /** What the channels of all maps are a multiple of. */
  private static final int STEP = 32;

  private static final int COLOURS = 3;

  public MapShape {
    if (images < 1 || height < 1 || width < 1 || channels < STEP || channels % STEP != 0) {
      throw new IllegalArgumentException(
          "no map: " + images + " x " + height + " x " + width + " x " + channels);
    }
    if (!fits(images, height, width, channels)) {
      throw new IllegalArgumentException("a map of more values than a kernel counts");
    }
  }

  /** Whether a kernel can count the values of such a map. */
  public static boolean fits(int images, int height, int width, int channels) {
    int chunks = channels / 8;
    return (double) images * height * width * chunks <= Integer.MAX_VALUE - KernelLibrary.THREADS;
  }

  /** Channels, or features, as they lie in memory: the next multiple of 64. */
  public static int padded(int channels) {
    return (channels + BLOCK - 1) / BLOCK * BLOCK;
  }

  /**
   * Images as the first convolution reads them: for each pixel what its filters cover, in the order
   * colour, row, column, then zeros, and in the last channel a one: the gradient with respect to
   * its weight is the one with respect to the bias.
   *
   * @param side of the filters
   */
  public static MapShape patches(int images, int height, int width, int side) {
    int values = COLOURS * side * side;
    return new MapShape(images, height, width, (values + STEP - 1) / STEP * STEP);
  }

  /** Pixels of all images. */
  public int pixels() {
    return images * height * width;
  }

  /** Values of all images, with the padding. */
  public long values() {
    return (long) pixels() * channels;
  }

  /** The map behind a 2x2 pool; an odd last row or column is dropped. */
  public MapShape pooled() {
    return new MapShape(images, height / 2, width / 2, channels);
  }

  /** A map of the same size with other channels. */
  public MapShape withChannels(int others) {
    return new MapShape(images, height, width, others);
  }

  /** Eights of channels, the work of one thread in most kernels. */
  int chunks() {
    return pixels() * (channels / 8);
  }
}
