package org.vgg4j.kernels.vector;

import org.vgg4j.kernels.Workers;

/** What the gradient with respect to the filters needs of a {@link Tiling}. */
interface GradientTiling {
  /**
   * The reverse of {@link Tiling#scatter} for gradients: turns 16 lanes of the gradients of a
   * strip's pixels into those of the products.
   *
   * @param tile the strip's first tile
   * @param tiles number of tiles in the strip
   * @param gradient a map in blocks
   * @param from index of the strip's first pixel
   * @param rowStride floats between two rows of the map
   * @param products {@code [position][row][columns]}, the strip's first row and column at the
   *     offset
   */
  void gatherGradient(
      int tile,
      int tiles,
      float[] gradient,
      int from,
      int rowStride,
      float[] products,
      int to,
      int columns,
      int plane,
      float[] scratch,
      int offset);

  /**
   * Adds the gradients with respect to the filters.
   *
   * @param products gradients with respect to the prepared filters, laid out as these, from their
   *     offset
   * @param filterGradient {@code [K][C][kernel][kernel]}, added to
   */
  void addFilterGradient(float[] products, int at, float[] filterGradient, Workers workers);
}
