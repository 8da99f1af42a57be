package org.vgg4j.model;

/**
 * The target of classification for a mixture of two images: what share of it each of their classes
 * has. Both may be the same class.
 *
 * @param first index of the one image's class among the network's, from 0
 * @param second index of the other's
 * @param share of the first, in [0, 1]; the second has the rest
 */
public record MixedLabel(int first, int second, double share) implements Target {

  /**
   * @throws IllegalArgumentException if an index is negative, or the share out of its range
   */
  public MixedLabel {
    if (first < 0 || second < 0 || !(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException(
          "no mixture of classes %d and %d in which the first has a share of %s"
              .formatted(first, second, share));
    }
  }
}
