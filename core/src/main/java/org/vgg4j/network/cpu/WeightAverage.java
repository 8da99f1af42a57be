package org.vgg4j.network.cpu;

import org.vgg4j.kernels.Workers;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.network.Parameters;

/** The average of weights on the heap. Not thread-safe. */
final class WeightAverage {
  private static final int CHUNK = 1 << 16;

  private final Parameters weights;
  private final Parameters averages;
  private final Workers workers;

  /**
   * @param weights of which the average begins as a copy
   */
  WeightAverage(Parameters weights, Workers workers) {
    this.weights = weights;
    this.averages = Parameters.zeros(weights.architecture());
    this.workers = workers;
    add(1);
  }

  Parameters averages() {
    return averages;
  }

  /** {@code a = a + share * (w - a)}; with a share of 1 a copy, to the last bit. */
  void add(double share) {
    float part = (float) share;
    each(
        (average, weight) ->
            (from, to) -> {
              if (part == 1f) {
                System.arraycopy(weight, from, average, from, to - from);
                return;
              }
              for (int i = from; i < to; i++) {
                average[i] += part * (weight[i] - average[i]);
              }
            });
  }

  /** Exchanges the values. */
  void exchange() {
    each(
        (average, weight) ->
            (from, to) -> {
              for (int i = from; i < to; i++) {
                float value = average[i];
                average[i] = weight[i];
                weight[i] = value;
              }
            });
  }

  /** What is done with an average and its weights. */
  private interface Pair {
    Workers.Range of(float[] average, float[] weight);
  }

  private void each(Pair pair) {
    for (ParameterShape shape : averages.architecture().parameters()) {
      Workers.Range range = pair.of(averages.values(shape.name()), weights.values(shape.name()));
      workers.ranges(shape.length(), CHUNK, range);
    }
  }
}
