package org.vgg4j.evaluate.boxes;

import org.vgg4j.image.transform.Box;

/**
 * A box that a network has found.
 *
 * @param label class of the object that it is thought to contain, from 0
 * @param box in pixels of the image; finite
 * @param score of the class where the box was found; of a merged box the sum over its members
 */
public record ScoredBox(int label, Box box, double score) {
  /**
   * @throws IllegalArgumentException if a number is not finite
   */
  public ScoredBox {
    if (!Double.isFinite(box.left() + box.right() + box.top() + box.bottom() + score)) {
      throw new IllegalArgumentException("%s with score %s is not finite".formatted(box, score));
    }
  }
}
