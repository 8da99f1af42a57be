package org.vgg4j.network.cpu;

import org.vgg4j.model.Architecture;
import org.vgg4j.network.BoxLoss;

/**
 * Localisation: the outputs are boxes.
 *
 * @param architecture of the network
 * @param boxLoss compares them
 */
record BoxHead(Architecture architecture, BoxLoss boxLoss) implements Head {
  @Override
  public float[] posteriors(int images, float[] outputs) {
    throw new IllegalStateException("the outputs of %s are boxes".formatted(architecture));
  }

  @Override
  public Loss loss(int capacity) {
    return new BoxRegression(architecture, boxLoss);
  }
}
