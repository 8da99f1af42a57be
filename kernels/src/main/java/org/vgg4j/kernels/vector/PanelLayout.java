package org.vgg4j.kernels.vector;

import static org.vgg4j.kernels.MapLayout.LANES;

/**
 * The index in a panel of the element at a position, row and depth: {@code position * plane + row *
 * rowStride + depth / 16 * blockStride + depth % 16}.
 *
 * @param plane floats between two positions
 * @param rowStride floats between two rows
 * @param blockStride floats between two blocks of 16 of the depth
 */
record PanelLayout(int plane, int rowStride, int blockStride) {
  /** Each row is contiguous; a gap of 16 floats between rows prevents cache conflicts. */
  static PanelLayout byRow(int rows, int depth) {
    int whole = (rows + Gemm.ROWS - 1) / Gemm.ROWS * Gemm.ROWS; // the micro-kernel reads that many
    int row = depth + LANES;
    return new PanelLayout(whole * row + LANES, row, LANES);
  }

  /** A block of 16 of the depth is contiguous over all rows, for products along the rows. */
  static PanelLayout byDepth(int rows, int depth) {
    int block = rows * LANES;
    return new PanelLayout(depth / LANES * block + LANES, LANES, block);
  }

  int index(int position, int row, int block) {
    return position * plane + row * rowStride + block * blockStride;
  }
}
