package org.vgg4j.network.cpu;

import org.vgg4j.kernels.Kernels;
import org.vgg4j.network.ClassLoss;

/**
 * Classification: the outputs are class scores, whose soft-max are posteriors.
 *
 * @param classes number of classes
 * @param loss compares them
 */
record ClassificationHead(int classes, Kernels kernels, ClassLoss loss) implements Head {
  @Override
  public float[] posteriors(int images, float[] scores) {
    float[] posteriors = new float[images * classes];
    kernels.softmax(images, classes, scores, posteriors);
    return posteriors;
  }

  @Override
  public Loss loss(int capacity) {
    return new CrossEntropy(classes, capacity, kernels, loss);
  }
}
