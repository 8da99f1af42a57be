package org.vgg4j.network.cpu;

import org.vgg4j.kernels.Kernels;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.BoxLoss;
import org.vgg4j.network.ClassLoss;

/**
 * The head of a network, above its hidden layers: what the outputs of the last layer mean, and what
 * they are compared with in training. Stateless.
 */
interface Head {
  /** The head of a network in inference. */
  static Head of(Architecture architecture, Kernels kernels) {
    return of(architecture, kernels, BoxLoss.SQUARED, ClassLoss.PLAIN);
  }

  /**
   * The head of a network in training.
   *
   * @param boxLoss how boxes are compared, if the network's outputs are boxes
   * @param classLoss how scores are compared, if the outputs are these
   */
  static Head of(Architecture architecture, Kernels kernels, BoxLoss boxLoss, ClassLoss classLoss) {
    int classes = architecture.classes();
    return switch (architecture.task()) {
      case CLASSIFICATION -> new ClassificationHead(classes, kernels, classLoss);
      case LABELS -> new LabelHead(classes, classLoss);
      case SINGLE_BOX, BOX_PER_CLASS -> new BoxHead(architecture, boxLoss);
    };
  }

  /**
   * Turns the outputs of the last layer into posteriors of the classes: their soft-max, each row of
   * which sums to 1, or of labels the sigmoid of each.
   *
   * @param images number of images
   * @param outputs {@code [N][outputs]}; may be longer
   * @return {@code [N][classes]}, a new array
   * @throws IllegalStateException if the outputs are no class scores
   */
  float[] posteriors(int images, float[] outputs);

  /**
   * Returns the loss for training.
   *
   * @param capacity the largest micro-batch
   */
  Loss loss(int capacity);
}
