package org.vgg4j.cuda.kernels;

import org.vgg4j.cuda.driver.CudaStream;

/**
 * The matrix products of a convolution, by one family of kernels. Sums are made in an order that
 * depends on shapes alone. Thread-safe.
 */
interface Products {
  /**
   * The layer.
   *
   * @param input map that is read
   * @param output map that is written, before a pool
   * @param side of the filters
   * @param pad zeros around the map
   */
  record Layer(
      KernelLibrary library,
      Precision precision,
      MapShape input,
      MapShape output,
      int side,
      int pad) {
    /** Values of a row of weights. */
    int rowLength() {
      return Math.multiplyExact(side * side, input.channels());
    }

    /** Pixels that are computed: a pool drops an odd last row and column. */
    int rows(boolean pool) {
      return pool ? output.pooled().pixels() * 4 : output.pixels();
    }
  }

  /**
   * What becomes of the sums of a forward pass.
   *
   * @param bias floats {@code [outputs]}
   * @param pool what is pooled is always rectified
   * @param y a map, or {@link Planes#NONE}
   * @param floats where they go instead; 0 for a map
   * @param argmax of a pool, 0 if not wanted
   */
  record Forward(long bias, boolean relu, boolean pool, Planes y, long floats, long argmax) {}

  /**
   * What becomes of the sums of a gradient with respect to the input.
   *
   * @param mask address of what the layer read; 0 for none
   * @param scale of what is not masked
   */
  record Backward(long mask, float scale, Planes dx) {}

  /** Slices of partial sums that {@code finish_slices} must add; 0 if there are none. */
  int forwardSlices(boolean pool);

  /** Slices of partial sums that {@code finish_slices} must add; 0 if there are none. */
  int backwardSlices();

  /** Slices of the gradient with respect to the weights. */
  int weightSlices();

  /**
   * @param partial where the slices go, floats {@code [slices][rows][outputs]}, if there are any
   */
  void forward(CudaStream stream, Planes x, Planes w, Forward to, long partial);

  /**
   * @param partial where the slices go, floats {@code [slices][rows][outputs]}, if there are any
   */
  void backward(CudaStream stream, Planes dy, Planes w, Backward to, long partial);

  /**
   * @param slices floats {@code [weightSlices][outputs][rowLength]}, overwritten: their sum is it
   */
  void weightGradient(CudaStream stream, Planes x, Planes dy, long slices);
}
