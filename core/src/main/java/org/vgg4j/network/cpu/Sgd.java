package org.vgg4j.network.cpu;

import java.util.Arrays;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.network.LearnerOptions;
import org.vgg4j.network.Parameters;

/**
 * Mini-batch gradient descent with momentum and L2 decay, in the form of Krizhevsky et al. 2012
 * (section 5): {@code v = momentum * v - rate * (gradient + decay * w); w = w + v}. Each value's
 * step depends on its own gradient only, so gradients may come in any order: the step is complete
 * when each has come once. Running statistics are not learnt: what arrives for them is their
 * change, whatever the learning rate. Not thread-safe.
 */
final class Sgd implements GradientSink {
  private static final int CHUNK = 1 << 16;

  private final Parameters weights;
  private final Parameters velocities;
  private final Kernels kernels;
  private final Workers workers;
  private final LearnerOptions.Descent descent;
  private double rate;
  private float gradientFactor = 1;

  /**
   * @param weights updated by each step
   * @param velocities what each value moved by in its last step; zero before the first
   */
  Sgd(
      Parameters weights,
      Parameters velocities,
      Kernels kernels,
      Workers workers,
      LearnerOptions.Descent descent) {
    this.weights = weights;
    this.velocities = velocities;
    this.kernels = kernels;
    this.workers = workers;
    this.descent = descent;
  }

  /** Sets the learning rate of the following steps; it is zero at first. */
  void setRate(double rate) {
    this.rate = rate;
  }

  /** Sets what the gradients of the following steps are multiplied by; it is 1 at first. */
  void setGradientFactor(double factor) {
    gradientFactor = (float) factor;
  }

  /** Updates these values. */
  @Override
  public void take(ParameterShape shape, int first, int count, float[] gradient) {
    if (descent.frozen().contains(shape.layer())) {
      Arrays.fill(gradient, 0, count, 0f);
    } else if (shape.isStatistic()) {
      step(shape, first, count, gradient, 1f, 0f, 0f);
    } else {
      scale(gradient, count);
      step(
          shape,
          first,
          count,
          gradient,
          (float) (rate * descent.rateFactors().getOrDefault(shape.layer(), 1.0)),
          (float) descent.momentum(),
          shape.isWeight() || descent.biasDecay() ? (float) descent.weightDecay() : 0f);
    }
  }

  private void scale(float[] gradient, int count) {
    float factor = gradientFactor;
    if (factor == 1) {
      return;
    }
    workers.ranges(
        count,
        CHUNK,
        (from, to) -> {
          for (int i = from; i < to; i++) {
            gradient[i] *= factor;
          }
        });
  }

  private void step(
      ParameterShape shape,
      int first,
      int count,
      float[] gradient,
      float rateOfLayer,
      float momentum,
      float decay) {
    kernels.sgd(
        first,
        count,
        weights.values(shape.name()),
        velocities.values(shape.name()),
        gradient,
        rateOfLayer,
        momentum,
        decay,
        workers);
  }
}
