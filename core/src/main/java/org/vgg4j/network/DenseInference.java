package org.vgg4j.network;

import java.util.Map;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Architecture;

/**
 * The network over whole images of any size from the crop on (the paper, section 3.2): its fully
 * connected layers become convolutions, fc6 of the size of the last map of a crop, fc7 and fc8 of
 * size 1. They share their weights with the fully connected ones. Memory grows to what the largest
 * images took. Not thread-safe.
 */
public interface DenseInference {
  /** The network, without batch normalisation, which is folded away. */
  Architecture architecture();

  /**
   * Returns how many images of a size can be computed at a time.
   *
   * @param wanted no more than these
   * @throws InputException if the memory does not suffice for one
   */
  int capacity(int imageHeight, int imageWidth, int wanted);

  /**
   * Computes class scores of images of one size.
   *
   * @param images {@code [N][3][height][width]}, preprocessed as the weights want it
   * @param count N, at most {@link #capacity} of that size
   * @param imageHeight at least the crop
   * @param imageWidth at least the crop
   * @throws IllegalArgumentException if the images are smaller than the crop
   */
  ScoreMaps scores(float[] images, int count, int imageHeight, int imageWidth);

  /**
   * Returns the soft-max of the scores of one image or window.
   *
   * @param scores {@code [classes]}
   * @return {@code [classes]}, sums to 1
   */
  float[] posteriors(float[] scores);

  /**
   * How long each stage of the last forward pass took, in nanoseconds, by the name of its output.
   */
  Map<String, Long> stageNanos();
}
