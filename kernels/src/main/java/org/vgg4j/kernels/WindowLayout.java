package org.vgg4j.kernels;

/**
 * How the features of many windows lie in a flat array, feature by feature: {@code
 * [W/64][features][64]}. So a matrix product with the weights, {@code [out][in]}, on its left reads
 * and writes vectors of windows. The last block has as many columns as there are windows left,
 * rounded up to a multiple of 16; what columns without a window hold does not matter.
 *
 * @param windows number of windows, at least 1
 */
public record WindowLayout(int windows) {
  /** Windows in a block. */
  public static final int BLOCK = 64;

  /**
   * @throws IllegalArgumentException if there are none
   */
  public WindowLayout {
    if (windows < 1) {
      throw new IllegalArgumentException(windows + " windows");
    }
  }

  /** Number of blocks. */
  public int blocks() {
    return (windows + BLOCK - 1) / BLOCK;
  }

  /** Columns of a block: 16, 32, 48 or 64. */
  public int columns(int block) {
    return Math.min(BLOCK, padded() - block * BLOCK);
  }

  private int padded() {
    return (windows + MapLayout.LANES - 1) / MapLayout.LANES * MapLayout.LANES;
  }

  /** Floats of all windows. */
  public long length(int features) {
    return (long) padded() * features;
  }

  /** Index of the first column of a feature in a block. */
  public int index(int features, int block, int feature) {
    return block * BLOCK * features + feature * columns(block);
  }
}
