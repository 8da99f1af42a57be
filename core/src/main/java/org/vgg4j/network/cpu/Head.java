package org.vgg4j.network.cpu;

import org.vgg4j.kernels.Kernels;
import org.vgg4j.model.Architecture;

/**
 * What is above fc7: what the outputs of the last layer mean, and what they are compared with in
 * training. Stateless.
 */
interface Head {
  /** The head of a network. */
  static Head of(Architecture architecture, Kernels kernels) {
    return new ClassificationHead(architecture.classes(), kernels);
  }

  /** Numbers that the last layer makes of one image. */
  int outputs();

  /**
   * Turns what the last layer makes into what the network says.
   *
   * @param images number of images
   * @param outputs {@code [N][outputs]}; may be longer
   * @return {@code [N][outputs]}, a new array
   */
  float[] answers(int images, float[] outputs);

  /**
   * Returns what it is trained with.
   *
   * @param capacity the largest micro-batch
   */
  Loss loss(int capacity);
}
