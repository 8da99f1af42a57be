package org.vgg4j.network;

import java.util.Map;
import java.util.Set;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Architecture;

/**
 * What a network makes of whole images at the outputs that were asked for, and no more than these
 * need: the stages after the deepest of them do not run. Memory grows to what the largest images
 * took. Not thread-safe.
 */
public interface DenseFeatures {
  /** The network, without batch normalisation, which is folded away. */
  Architecture architecture();

  /** The outputs that were asked for, such as relu3_3 or fc7. */
  Set<String> taps();

  /**
   * The smallest side of images, in pixels: the crop, if a fully connected layer is asked for; else
   * what the pools leave a pixel of.
   */
  int smallestSide();

  /**
   * Returns how many images of a size can be computed at a time.
   *
   * @param wanted no more than these
   * @throws InputException if the memory does not suffice for one
   */
  int capacity(int imageHeight, int imageWidth, int wanted);

  /**
   * Computes them for images of one size.
   *
   * @param images {@code [N][3][height][width]}, preprocessed as the weights want it
   * @param count N, at most {@link #capacity} of that size
   * @param imageHeight at least {@link #smallestSide}
   * @param imageWidth at least {@link #smallestSide}
   * @return the maps by the name of the output; copies
   * @throws IllegalArgumentException if the images are too small
   */
  Map<String, FeatureMaps> features(float[] images, int count, int imageHeight, int imageWidth);
}
