package org.vgg4j.kernels;

import java.util.Arrays;

/**
 * How a batch of feature maps lies in a flat array: {@code [N][C/16][Hp][Wp][16]}.
 *
 * <p>The 16 channels of a block are contiguous, so that a kernel works lane by lane. Each map has a
 * zero halo of one pixel above and to the left, and at least one below and to the right: {@code Hp
 * = 4*ceil(H/4) + 2}, whole 4x4 output tiles of the minimal-filtering kernels and their borders, so
 * that kernels need no special code for edges. Sides of {@link #LARGE} and more have room for whole
 * 6x6 tiles as well: {@code Hp = max(4*ceil(H/4), 6*ceil(H/6)) + 2}.
 *
 * @param channels number of channels, a multiple of 16
 * @param height rows of the map without halo
 * @param width columns of the map without halo
 */
public record MapLayout(int channels, int height, int width) {
  /** Channels in a block. */
  public static final int LANES = 16;

  /** Maps with sides of at least this length are filtered in 6x6 tiles. */
  public static final int LARGE = 96;

  /**
   * @throws IllegalArgumentException if the channels are not a positive multiple of 16, or the map
   *     is empty
   */
  public MapLayout {
    if (channels <= 0 || channels % LANES != 0) {
      throw new IllegalArgumentException(
          "channels must be a positive multiple of " + LANES + ", not " + channels);
    }
    if (height <= 0 || width <= 0) {
      throw new IllegalArgumentException("empty map: " + height + "x" + width);
    }
  }

  /** Blocks of 16 channels. */
  public int blocks() {
    return channels / LANES;
  }

  /** Rows with halo. */
  public int paddedHeight() {
    return padded(height);
  }

  /** Columns with halo. */
  public int paddedWidth() {
    return padded(width);
  }

  private static int padded(int side) {
    int fours = (side + 3) / 4 * 4;
    return (side < LARGE ? fours : Math.max(fours, (side + 5) / 6 * 6)) + 2;
  }

  /** Layout after a 2x2 max pool, which drops an odd last row or column. */
  public MapLayout halved() {
    return new MapLayout(channels, height / 2, width / 2);
  }

  /** Floats of one block of one image. */
  public int blockLength() {
    return Math.multiplyExact(paddedHeight() * paddedWidth(), LANES);
  }

  /** Floats of one image. */
  public int imageLength() {
    return Math.multiplyExact(blocks(), blockLength());
  }

  /**
   * Index of lane 0 of a pixel.
   *
   * @param image index of the image
   * @param block index of the block of channels
   * @param row row of the map, from -1 (halo)
   * @param column column of the map, from -1 (halo)
   */
  public int index(int image, int block, int row, int column) {
    return image * imageLength()
        + block * blockLength()
        + ((row + 1) * paddedWidth() + column + 1) * LANES;
  }

  /** Zeros the halo of one block of one image, and the padding beyond its last row and column. */
  public void clearHalo(float[] maps, int image, int block) {
    int start = image * imageLength() + block * blockLength();
    int row = paddedWidth() * LANES;
    Arrays.fill(maps, start, start + row, 0f);
    for (int y = 0; y < height; y++) {
      int left = start + (y + 1) * row;
      Arrays.fill(maps, left, left + LANES, 0f);
      Arrays.fill(maps, left + (width + 1) * LANES, left + row, 0f);
    }
    Arrays.fill(maps, start + (height + 1) * row, start + blockLength(), 0f);
  }
}
