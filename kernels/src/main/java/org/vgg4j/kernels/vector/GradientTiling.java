package org.vgg4j.kernels.vector;

import org.vgg4j.kernels.Workers;

/** What a {@link Tiling} must be able to do for the gradient by the filters. */
interface GradientTiling {
  /**
   * The reverse of {@link Tiling#scatter} for gradients: turns the gradients of a strip's pixels,
   * 16 lanes of them, into those of the products.
   *
   * @param tile the strip's first
   * @param tiles of the strip
   * @param gradient a map in blocks
   * @param from where the strip's first pixel lies
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
   * Adds the gradients by the filters.
   *
   * @param products gradients by the prepared filters, laid out as these, from their offset
   * @param filterGradient {@code [K][C][kernel][kernel]}, added to
   */
  void addFilterGradient(float[] products, int at, float[] filterGradient, Workers workers);
}
