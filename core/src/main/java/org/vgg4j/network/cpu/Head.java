package org.vgg4j.network.cpu;

import org.vgg4j.kernels.Kernels;
import org.vgg4j.model.Architecture;

/**
 * The head of a network, above fc7: what the outputs of the last layer mean, and what they are
 * compared with in training. Stateless.
 */
interface Head {
  /** The head of a network. */
  static Head of(Architecture architecture, Kernels kernels) {
    return new ClassificationHead(architecture.classes(), kernels);
  }

  /** Number of outputs of the last layer for one image. */
  int outputs();

  /**
   * Turns the outputs of the last layer into the network's predictions.
   *
   * @param images number of images
   * @param outputs {@code [N][outputs]}; may be longer
   * @return {@code [N][outputs]}, a new array
   */
  float[] answers(int images, float[] outputs);

  /**
   * Returns the loss for training.
   *
   * @param capacity the largest micro-batch
   */
  Loss loss(int capacity);
}
