package org.vgg4j.network.cpu;

import java.util.List;
import org.vgg4j.model.Target;
import org.vgg4j.network.Learner;

/** Compares the last layer's outputs for a micro-batch with its targets. Not thread-safe. */
interface Loss {
  /**
   * Computes the loss and its gradient.
   *
   * @param outputs {@code [N][outputs]}; may be longer
   * @param targets {@code [N]}
   * @param gradientScale factor of the gradient: 1 / (images in the whole batch) for the mean
   * @param gradient with respect to the outputs, {@code [N][outputs]}, overwritten; may be longer
   * @throws IllegalArgumentException if a target is of another kind, or out of the network's range
   */
  Learner.Result compute(
      float[] outputs, List<Target> targets, float gradientScale, float[] gradient);
}
