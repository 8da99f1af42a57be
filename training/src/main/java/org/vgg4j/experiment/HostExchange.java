package org.vgg4j.experiment;

/**
 * Between processes that have a GPU each, as they do it today: once the backward pass has ended,
 * all gradients, those of fully connected layers too, come to the host's memory layer by layer, are
 * summed by all-reduce over a network, and go back. Not measured on GPUs.
 *
 * @param gigabits bandwidth of a machine, in each direction at once, in Gbit/s
 */
public record HostExchange(double gigabits) implements GradientExchange {
  /**
   * Bytes per second between a GPU and Java's arrays: pieces go to pinned memory at up to 55 GB/s,
   * and one thread copies each from there. Assumed.
   */
  static final double COPY = 8e9;

  /**
   * @throws org.vgg4j.base.InputException if the number is not positive
   */
  public HostExchange {
    TrainingRun.require(gigabits > 0, "gigabits", gigabits);
  }

  /** {@inheritDoc} Nothing is exchanged during the backward pass, so its length is not asked. */
  @Override
  public Cost cost(TrainingRun run, int parts, double backwardSeconds) {
    double sent = 0;
    double copied = 0;
    double arrived = 0;
    for (TrainingRun.Gradient gradient : run.gradients()) {
      double bytes = GradientExchange.allReduced(gradient.values(), parts);
      sent += bytes;
      copied += (double) gradient.values() * Float.BYTES / COPY;
      double handling = 2 * LineExchange.HANDLING * bytes;
      arrived = Math.max(arrived, copied) + LineExchange.seconds(bytes, gigabits) + handling;
    }
    return new Cost(sent, LineExchange.seconds(sent, gigabits), 2 * copied, arrived - copied);
  }
}
