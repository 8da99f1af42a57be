package org.vgg4j.network.cpu;

import org.vgg4j.network.ClassLoss;
import org.vgg4j.network.LabelLoss;

/**
 * Several labels an image: the outputs are class scores, each with a sigmoid of its own.
 *
 * @param classes number of classes
 * @param loss compares them
 */
record LabelHead(int classes, ClassLoss loss) implements Head {
  @Override
  public float[] posteriors(int images, float[] scores) {
    return LabelLoss.probabilities(scores, images * classes);
  }

  @Override
  public Loss loss(int capacity) {
    return new LabelComparison(classes, loss);
  }
}
