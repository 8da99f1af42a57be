package org.vgg4j.network;

import java.util.Map;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Architecture;

/**
 * The network over whole images of any size from the crop up (the paper, section 3.2): its fully
 * connected layers become convolutions, fc6 as large as a crop's last map (or 1x1, over the means
 * of windows of that size, where the network averages it), the others 1x1. They share their weights
 * with the fully connected ones. Memory grows to fit the largest images so far; on the CPU, it is
 * released after images more than twice as long as wide for which it grew. Not thread-safe.
 */
public interface DenseInference extends AutoCloseable {
  /** The network, without batch normalisation, which is folded away. */
  Architecture architecture();

  /**
   * Returns how many images of a size can be computed at a time.
   *
   * @param wanted the most that are useful
   * @throws InputException if there is not enough memory for one
   */
  int capacity(int imageHeight, int imageWidth, int wanted);

  /**
   * Computes the outputs of the last layer for images of one size: class scores, or boxes.
   *
   * @param images {@code [N][3][height][width]}, preprocessed as the weights expect
   * @param count N, at most {@link #capacity} of that size
   * @param imageHeight at least the crop
   * @param imageWidth at least the crop
   * @throws IllegalArgumentException if the images are smaller than the crop
   */
  ScoreMaps scores(float[] images, int count, int imageHeight, int imageWidth);

  /**
   * Returns the soft-max of the scores of one image or window, or of labels the sigmoid of each.
   *
   * @param scores {@code [classes]}
   * @return {@code [classes]}, sums to 1, but for labels
   * @throws IllegalStateException if the network's outputs are no class scores
   */
  float[] posteriors(float[] scores);

  /**
   * How long each stage of the last forward pass took, in nanoseconds, by the name of its output. A
   * device that does not measure on the way repeats the pass when it is asked.
   */
  Map<String, Long> stageNanos();

  /**
   * Lets go of memory that the garbage collector does not see; closing the network does so, too.
   */
  @Override
  default void close() {}
}
