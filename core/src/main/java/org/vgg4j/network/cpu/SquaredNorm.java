package org.vgg4j.network.cpu;

import java.util.Arrays;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.ParameterShape;

/**
 * Adds up the squares of gradients in double precision, chunk by chunk in an order that depends on
 * neither threads nor processes. Not thread-safe.
 */
final class SquaredNorm implements GradientSink {
  private static final int CHUNK = 1 << 14;

  private final Workers workers;
  private double sum;

  SquaredNorm(Workers workers) {
    this.workers = workers;
  }

  @Override
  public void take(ParameterShape shape, int first, int count, float[] gradient) {
    add(shape, count, gradient);
    Arrays.fill(gradient, 0, count, 0f);
  }

  /** Adds the squares of the first values of a gradient, which stay as they are. */
  void add(ParameterShape shape, int count, float[] gradient) {
    if (shape.isStatistic()) {
      return;
    }
    double[] parts = new double[(count + CHUNK - 1) / CHUNK];
    workers.ranges(
        count,
        CHUNK,
        (from, to) -> {
          double part = 0;
          for (int i = from; i < to; i++) {
            part += (double) gradient[i] * gradient[i];
          }
          parts[from / CHUNK] = part;
        });
    for (double part : parts) {
      sum += part;
    }
  }

  /** The norm of what was added. */
  double root() {
    return Math.sqrt(sum);
  }
}
