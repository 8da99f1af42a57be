package org.vgg4j.network.cpu;

import org.vgg4j.kernels.Kernels;

/**
 * Classification: the outputs are class scores, and the predictions their soft-max.
 *
 * @param outputs number of classes
 */
record ClassificationHead(int outputs, Kernels kernels) implements Head {
  /**
   * {@inheritDoc}
   *
   * <p>These are posteriors of the classes: each row sums to 1.
   */
  @Override
  public float[] answers(int images, float[] scores) {
    float[] posteriors = new float[images * outputs];
    kernels.softmax(images, outputs, scores, posteriors);
    return posteriors;
  }

  @Override
  public Loss loss(int capacity) {
    return new CrossEntropy(outputs, capacity, kernels);
  }
}
