package org.vgg4j.train;

import org.vgg4j.model.ParameterShape;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Parameters;

/**
 * Mini-batch gradient descent with momentum and L2 decay, in the form of Krizhevsky et al. 2012
 * (section 5): {@code v = momentum * v - rate * (gradient + decay * w); w = w + v}. Not
 * thread-safe.
 */
public final class Sgd {
  private final Parameters parameters;
  private final Parameters gradients;
  private final Parameters velocities;
  private final Engine engine;
  private final float momentum;
  private final float weightDecay;
  private final boolean biasDecay;

  /**
   * @param parameters changed by each step
   * @param gradients read and zeroed by each step
   * @param momentum share of the last step that is taken again, 0.9 in the paper
   * @param weightDecay factor of the L2 penalty, 5e-4 in the paper
   * @param biasDecay whether biases decay like weights
   */
  public Sgd(
      Parameters parameters,
      Parameters gradients,
      Engine engine,
      double momentum,
      double weightDecay,
      boolean biasDecay) {
    this.parameters = parameters;
    this.gradients = gradients;
    this.velocities = Parameters.zeros(parameters.architecture());
    this.engine = engine;
    this.momentum = (float) momentum;
    this.weightDecay = (float) weightDecay;
    this.biasDecay = biasDecay;
  }

  /** Makes one step at the given learning rate. */
  public void step(double rate) {
    for (ParameterShape shape : parameters.architecture().parameters()) {
      engine.sgd(
          shape,
          parameters,
          velocities,
          gradients,
          (float) rate,
          momentum,
          shape.isWeight() || biasDecay ? weightDecay : 0f);
    }
  }
}
