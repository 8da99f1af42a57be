package org.vgg4j.network.cpu;

import java.util.List;
import org.vgg4j.model.Target;
import org.vgg4j.network.Learner;

/** Compares what the last layer makes of a micro-batch with its targets. Not thread-safe. */
interface Loss {
  /**
   * Computes the loss and its gradient.
   *
   * @param outputs {@code [N][outputs]}; may be longer
   * @param targets {@code [N]}
   * @param gradientScale factor of the gradient: 1 / (images in the whole batch) for that of the
   *     mean
   * @param gradient with respect to the outputs, {@code [N][outputs]}, overwritten; may be longer
   * @throws IllegalArgumentException if a target is of another kind, or is none of the network's
   */
  Learner.Result compute(
      float[] outputs, List<Target> targets, float gradientScale, float[] gradient);
}
