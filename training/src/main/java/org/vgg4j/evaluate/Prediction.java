package org.vgg4j.evaluate;

/**
 * A network's top prediction for an image.
 *
 * @param index of the image in its data set
 * @param label its class, as one of the network's
 * @param predicted the class with the largest probability
 * @param probability of the predicted class, in [0, 1]
 */
public record Prediction(int index, int label, int predicted, float probability) {
  /** Whether the prediction is correct. */
  public boolean isCorrect() {
    return predicted == label;
  }
}
