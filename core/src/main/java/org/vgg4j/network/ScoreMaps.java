package org.vgg4j.network;

/**
 * Class scores (before soft-max) of whole images, one for each window that fits.
 *
 * @param images number of images
 * @param rows windows from top to bottom: height / 32 - crop / 32 + 1
 * @param columns windows from left to right
 * @param classes number of classes
 * @param values {@code [images][rows][columns][classes]}; may be longer; overwritten by the next
 *     pass
 */
public record ScoreMaps(int images, int rows, int columns, int classes, float[] values) {
  /** Index of the score of class 0 in {@link #values}. */
  public int index(int image, int row, int column) {
    return ((image * rows + row) * columns + column) * classes;
  }

  /**
   * Returns the spatial mean of the scores of an image (the paper, section 3.2).
   *
   * @return {@code [classes]}, summed in double precision
   */
  public float[] mean(int image) {
    double[] sums = new double[classes];
    int windows = rows * columns;
    int at = index(image, 0, 0);
    for (int window = 0; window < windows; window++) {
      for (int k = 0; k < classes; k++) {
        sums[k] += values[at++];
      }
    }
    float[] mean = new float[classes];
    for (int k = 0; k < classes; k++) {
      mean[k] = (float) (sums[k] / windows);
    }
    return mean;
  }
}
