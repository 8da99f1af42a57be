package org.vgg4j.views;

/**
 * The network's outputs for a view: class scores for each crop-sized window. A crop has one window,
 * a whole image one every 32 pixels. Valid only while the visitor is called; the next pass
 * overwrites it.
 */
public interface ViewOutputs {
  /** Number of windows from top to bottom. */
  int rows();

  /** Number of windows from left to right. */
  int columns();

  /**
   * The class posteriors of the view: the soft-max of the mean of the windows' scores (the paper,
   * section 3.2).
   *
   * @return {@code [classes]}, sums to 1
   */
  float[] posteriors();

  /**
   * The class posteriors of one window: the soft-max of its scores.
   *
   * @param row from 0 to {@code rows() - 1}
   * @param column from 0 to {@code columns() - 1}
   * @return {@code [classes]}, sums to 1
   */
  float[] posteriors(int row, int column);
}
