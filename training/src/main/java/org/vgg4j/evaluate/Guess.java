package org.vgg4j.evaluate;

/**
 * What a network took an image for.
 *
 * @param index of the image in its data set
 * @param label the network's class that it is of
 * @param taken the class with the largest probability
 * @param probability that one, in [0, 1]
 */
public record Guess(int index, int label, int taken, float probability) {
  /** Whether that is its class. */
  public boolean isRight() {
    return taken == label;
  }
}
