package org.vgg4j.network.cpu;

import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.MapLayout;
import org.vgg4j.kernels.Workers;

/**
 * The map that a stage leaves: what its layer makes, or what the 2x2 max pool that follows in the
 * same kernel makes of that.
 *
 * @param unpooled layout of what the layer makes
 * @param pooled whether the pool is part of the stage
 */
record OutputMap(MapLayout unpooled, boolean pooled, Kernels kernels, Workers workers) {
  /** Layout of what is left. */
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

  /** Adds what a pool needs, if there is one, to what the layer does. */
  BackwardNeeds needs(BackwardNeeds ofLayer) {
    return pooled ? ofLayer.withArgmax(length()).withBeforePool(unpooled.imageLength()) : ofLayer;
  }

  /** Returns the gradient with respect to what the layer makes. */
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
