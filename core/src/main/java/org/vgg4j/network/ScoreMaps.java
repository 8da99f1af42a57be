package org.vgg4j.network;

/**
 * Outputs of the last layer for whole images, for each window that fits: class scores, before
 * soft-max, or boxes.
 *
 * @param images number of images
 * @param rows windows from top to bottom: height / 32 - crop / 32 + 1
 * @param columns windows from left to right
 * @param outputs number of outputs of the last layer
 * @param values {@code [images][rows][columns][outputs]}; may be longer; overwritten by the next
 *     pass
 */
public record ScoreMaps(int images, int rows, int columns, int outputs, float[] values) {
  /** Index of the first output of a window in {@link #values}. */
  public int index(int image, int row, int column) {
    return ((image * rows + row) * columns + column) * outputs;
  }

  /**
   * Returns the spatial mean of the outputs for an image (the paper, section 3.2).
   *
   * @return {@code [outputs]}, summed in double precision
   */
  public float[] mean(int image) {
    double[] sums = new double[outputs];
    int windows = rows * columns;
    int at = index(image, 0, 0);
    for (int window = 0; window < windows; window++) {
      for (int k = 0; k < outputs; k++) {
        sums[k] += values[at++];
      }
    }
    float[] mean = new float[outputs];
    for (int k = 0; k < outputs; k++) {
      mean[k] = (float) (sums[k] / windows);
    }
    return mean;
  }
}
