package org.vgg4j.views;

import org.vgg4j.model.CropBox;

/**
 * The network's outputs for a view: class scores, or boxes, for each crop-sized window. A crop has
 * one window, a whole image one every {@link #STRIDE} pixels. Valid only while the visitor is
 * called; the next pass overwrites it.
 */
public interface ViewOutputs {
  /** From one window of a whole image to the next, in pixels of the rescaled image. */
  int STRIDE = 32; // five pools

  /** Number of windows from top to bottom. */
  int rows();

  /** Number of windows from left to right. */
  int columns();

  /**
   * The class posteriors of the view: the soft-max of the mean of the windows' scores (the paper,
   * section 3.2), or of labels the sigmoid of each.
   *
   * @return {@code [classes]}, sums to 1, but for labels
   * @throws IllegalStateException if the network finds boxes
   */
  float[] posteriors();

  /**
   * The class posteriors of one window: the soft-max of its scores, or of labels the sigmoid of
   * each.
   *
   * @param row from 0 to {@code rows() - 1}
   * @param column from 0 to {@code columns() - 1}
   * @return {@code [classes]}, sums to 1, but for labels
   * @throws IllegalStateException if the network finds boxes
   */
  float[] posteriors(int row, int column);

  /**
   * The box of an object, in one window (the paper, appendix A).
   *
   * @param row from 0 to {@code rows() - 1}
   * @param column from 0 to {@code columns() - 1}
   * @param label index of the object's class
   * @return in shares of the window's side
   * @throws IllegalStateException if the network classifies
   */
  CropBox box(int row, int column, int label);
}
