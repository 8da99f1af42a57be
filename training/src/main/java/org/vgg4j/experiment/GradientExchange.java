package org.vgg4j.experiment;

/** What it costs those that share a batch to exchange their gradients, predicted. */
public interface GradientExchange {
  /**
   * What each of them spends in a step.
   *
   * @param bytes that it sends, and receives
   * @param trafficSeconds that these take at the speed of the line
   * @param workSeconds of work that is only there because the batch is shared
   * @param waitSeconds for gradients that arrive after the end of the backward pass
   */
  record Cost(double bytes, double trafficSeconds, double workSeconds, double waitSeconds) {
    static final Cost NOTHING = new Cost(0, 0, 0, 0);
  }

  /**
   * The cost of a step.
   *
   * @param parts how many share a batch, at least two
   * @param backwardSeconds of the last micro-batch's backward pass, during which gradients of the
   *     later layers can be exchanged
   */
  Cost cost(TrainingRun run, int parts, double backwardSeconds);

  /** What each sends of values that all are to have summed, each having summed a part. */
  static double allReduced(double values, int parts) {
    return 2 * values * Float.BYTES * (parts - 1) / parts;
  }
}
