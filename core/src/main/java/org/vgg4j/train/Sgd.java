package org.vgg4j.train;

import org.vgg4j.model.ParameterShape;
import org.vgg4j.network.Engine;
import org.vgg4j.network.GradientSink;
import org.vgg4j.network.Parameters;

/**
 * Mini-batch gradient descent with momentum and L2 decay, in the form of Krizhevsky et al. 2012
 * (section 5): {@code v = momentum * v - rate * (gradient + decay * w); w = w + v}. Each value's
 * step depends on its own gradient only, so gradients may come in parts, in any order: a step is
 * made when each has come once. Not thread-safe.
 */
public final class Sgd implements GradientSink {
  private final Parameters parameters;
  private final Parameters velocities;
  private final Engine engine;
  private final float momentum;
  private final float weightDecay;
  private final boolean biasDecay;
  private float rate;

  /**
   * @param parameters changed by each step
   * @param momentum share of the last step that is taken again, 0.9 in the paper
   * @param weightDecay factor of the L2 penalty, 5e-4 in the paper
   * @param biasDecay whether biases decay like weights
   */
  public Sgd(
      Parameters parameters,
      Engine engine,
      double momentum,
      double weightDecay,
      boolean biasDecay) {
    this.parameters = parameters;
    this.velocities = Parameters.zeros(parameters.architecture());
    this.engine = engine;
    this.momentum = (float) momentum;
    this.weightDecay = (float) weightDecay;
    this.biasDecay = biasDecay;
  }

  /** Sets the learning rate of the steps that follow; it is zero before. */
  public void setRate(double rate) {
    this.rate = (float) rate;
  }

  /** Makes the step of these values. */
  @Override
  public void take(ParameterShape shape, int first, int count, float[] gradient) {
    engine.sgd(
        shape,
        first,
        count,
        parameters,
        velocities,
        gradient,
        rate,
        momentum,
        shape.isWeight() || biasDecay ? weightDecay : 0f);
  }
}
