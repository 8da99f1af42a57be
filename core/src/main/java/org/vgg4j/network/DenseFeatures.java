package org.vgg4j.network;

import java.util.Map;
import java.util.Set;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Architecture;

/**
 * Computes chosen outputs of a network for whole images, and no more than these need: the stages
 * after the deepest of them do not run. Memory grows to fit the largest images so far; on the CPU,
 * it is released after images more than twice as long as wide for which it grew. Not thread-safe.
 */
public interface DenseFeatures extends AutoCloseable {
  /** The network, without batch normalisation, which is folded away. */
  Architecture architecture();

  /** The outputs that were asked for, such as relu3_3 or fc7. */
  Set<String> taps();

  /**
   * The smallest side that images may have, in pixels: the crop, if a fully connected layer is
   * asked for; otherwise the smallest of which the pools leave a pixel.
   */
  int smallestSide();

  /**
   * Returns how many images of a size can be computed at a time.
   *
   * @param wanted the most that are useful
   * @throws InputException if there is not enough memory for one
   */
  int capacity(int imageHeight, int imageWidth, int wanted);

  /**
   * Computes them for images of one size.
   *
   * @param images {@code [N][3][height][width]}, preprocessed as the weights expect
   * @param count N, at most {@link #capacity} of that size
   * @param imageHeight at least {@link #smallestSide}
   * @param imageWidth at least {@link #smallestSide}
   * @return copies of the outputs, by name
   * @throws IllegalArgumentException if the images are too small
   */
  Map<String, FeatureMaps> features(float[] images, int count, int imageHeight, int imageWidth);

  /**
   * Lets go of memory that the garbage collector does not see; closing the network does so, too.
   */
  @Override
  default void close() {}
}
