package org.vgg4j.network.cpu;

import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.MapLayout;
import org.vgg4j.kernels.Workers;

/**
 * The output map of a stage: that of its layer, or of the 2x2 max pool that follows in the same
 * kernel.
 *
 * @param unpooled layout of the layer's output
 * @param pooled whether the pool is part of the stage
 */
record OutputMap(MapLayout unpooled, boolean pooled, Kernels kernels, Workers workers) {
  /** Layout of the stage's output. */
  MapLayout layout() {
    return pooled ? unpooled.halved() : unpooled;
  }

  /** Floats for one image. */
  int length() {
    return layout().imageLength();
  }

  /** Copies maps as {@code [N][C][H][W]}. */
  float[] read(int images, float[] values) {
    MapLayout map = layout();
    int plane = Math.multiplyExact(map.channels(), map.height() * map.width());
    float[] copy = new float[Math.multiplyExact(images, plane)];
    kernels.flatten(map, images, values, copy, workers);
    return copy;
  }

  /** Adds the needs of the pool, if there is one, to those of the layer. */
  BackwardNeeds needs(BackwardNeeds ofLayer) {
    return pooled ? ofLayer.withArgmax(length()).withBeforePool(unpooled.imageLength()) : ofLayer;
  }

  /** Returns the gradient with respect to the layer's output. */
  float[] unpooledGradient(TrainingPass pass, float[] outputGradient, Saved saved) {
    if (!pooled) {
      return outputGradient;
    }
    float[] gradient = pass.workspace().beforePool();
    kernels.maxPoolBackward(
        unpooled, pass.images(), outputGradient, saved.argmax(), gradient, workers);
    return gradient;
  }
}
