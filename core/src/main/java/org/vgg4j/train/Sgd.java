package org.vgg4j.train;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.network.Engine;
import org.vgg4j.network.GradientSink;
import org.vgg4j.network.Parameters;

/**
 * Mini-batch gradient descent with momentum and L2 decay, in the form of Krizhevsky et al. 2012
 * (section 5): {@code v = momentum * v - rate * (gradient + decay * w); w = w + v}. Each value's
 * step depends on its own gradient only, so gradients may come in parts, in any order: a step is
 * made when each has come once. Running statistics are not learnt: what comes for them is what they
 * move by, whatever the rate. Not thread-safe.
 */
public final class Sgd implements GradientSink {
  private final Parameters parameters;
  private final Parameters velocities;
  private final Engine engine;
  private final float momentum;
  private final float weightDecay;
  private final boolean biasDecay;
  private final Set<String> frozen;
  private final Map<String, Double> factors = new HashMap<>();
  private double rate;

  /**
   * @param parameters changed by each step
   * @param momentum share of the last step that is taken again, 0.9 in the paper
   * @param weightDecay factor of the L2 penalty, 5e-4 in the paper
   * @param biasDecay whether biases, and normalisations' scales, decay like weights
   * @param frozen names of the layers whose parameters stay as they are
   */
  public Sgd(
      Parameters parameters,
      Engine engine,
      double momentum,
      double weightDecay,
      boolean biasDecay,
      Set<String> frozen) {
    this.parameters = parameters;
    this.velocities = Parameters.zeros(parameters.architecture());
    this.engine = engine;
    this.momentum = (float) momentum;
    this.weightDecay = (float) weightDecay;
    this.biasDecay = biasDecay;
    this.frozen = Set.copyOf(frozen);
  }

  /** Sets the learning rate of the steps that follow; it is zero before. */
  public void setRate(double rate) {
    this.rate = rate;
  }

  /** Lets a layer learn at a multiple of the rate. */
  void setFactor(String layer, double factor) {
    factors.put(layer, factor);
  }

  /** What each value moved by in its last step, not a copy. */
  Parameters velocities() {
    return velocities;
  }

  /** Makes the step of these values. */
  @Override
  public void take(ParameterShape shape, int first, int count, float[] gradient) {
    if (frozen.contains(shape.layer())) {
      Arrays.fill(gradient, 0, count, 0f);
      return;
    }
    if (shape.isStatistic()) {
      engine.sgd(shape, first, count, parameters, velocities, gradient, 1f, 0f, 0f);
      return;
    }
    engine.sgd(
        shape,
        first,
        count,
        parameters,
        velocities,
        gradient,
        (float) (rate * factors.getOrDefault(shape.layer(), 1.0)),
        momentum,
        shape.isWeight() || biasDecay ? weightDecay : 0f);
  }
}
