package org.vgg4j.kernels;

/**
 * A convolution of stride 1 that keeps the size of its map ("same" zero padding).
 *
 * @param inChannels channels of the input: 3 for an image, which is then laid out {@code
 *     [N][3][H][W]} without halo; else a multiple of 16 in the layout of {@link MapLayout}
 * @param outChannels number of filters, a multiple of 16
 * @param kernel side of the square filters, odd
 * @param height rows of input and output
 * @param width columns of input and output
 */
public record ConvolutionShape(int inChannels, int outChannels, int kernel, int height, int width) {

  /** Channels of an image. */
  public static final int IMAGE_CHANNELS = 3;

  /**
   * @throws IllegalArgumentException if a number is out of range
   */
  public ConvolutionShape {
    if (kernel % 2 != 1 || kernel < 1) {
      throw new IllegalArgumentException("kernel must be odd, not " + kernel);
    }
    if (inChannels != IMAGE_CHANNELS) {
      new MapLayout(inChannels, height, width);
    }
    new MapLayout(outChannels, height, width);
  }

  /** Whether the input is an image, not a map. */
  public boolean readsImage() {
    return inChannels == IMAGE_CHANNELS;
  }

  /** Layout of the input; none for an image. */
  public MapLayout input() {
    return new MapLayout(inChannels, height, width);
  }

  /** Layout of the output. */
  public MapLayout output() {
    return new MapLayout(outChannels, height, width);
  }

  /** Layout of the output after a 2x2 max pool, which drops an odd last row or column. */
  public MapLayout pooled() {
    return new MapLayout(outChannels, height / 2, width / 2);
  }

  /** Floats of the input of one image. */
  public int inputLength() {
    return readsImage()
        ? Math.multiplyExact(IMAGE_CHANNELS, Math.multiplyExact(height, width))
        : input().imageLength();
  }

  /** Number of weights. */
  public int weightLength() {
    return Math.multiplyExact(Math.multiplyExact(outChannels, inChannels), kernel * kernel);
  }

  /** Multiply-adds for one image, by the definition. */
  public long multiplyAdds() {
    return (long) weightLength() * height * width;
  }
}
