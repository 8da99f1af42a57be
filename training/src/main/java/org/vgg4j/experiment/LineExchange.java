package org.vgg4j.experiment;

import java.util.ArrayList;
import java.util.List;
import org.vgg4j.model.Layer;
import org.vgg4j.network.Exchange;

/**
 * Between machines that compute with their processors, over a network, during the backward pass:
 * gradients of convolutions by all-reduce, factors of fully connected layers by all-gather.
 * docs/distributed.md compares it with measurements.
 *
 * @param threads of a machine that compute, and also do the work of sending
 * @param gigabits bandwidth of a machine, in each direction at once, in Gbit/s
 */
public record LineExchange(int threads, double gigabits) implements GradientExchange {
  /**
   * Seconds that a thread is busy with each byte that its machine sends: copying, the system's
   * network stack, receiving and adding. Measured on a Zen 4 over loopback; the latency of a
   * message is twice that, since the receiver's work begins when it has arrived.
   */
  static final double HANDLING = 1.1e-9;

  /**
   * Seconds of a thread for each multiply-add of the product of a fully connected layer's factors.
   * Measured on a Zen 4 with shares of 16 images, net D, on one thread and on two.
   */
  private static final double PRODUCT = 3.3e-11;

  private static final double BITS = 8e-9; // gigabits of a byte

  /**
   * @throws org.vgg4j.base.InputException if a number is not positive
   */
  public LineExchange {
    TrainingRun.require(threads > 0, "threads", threads);
    TrainingRun.require(gigabits > 0, "gigabits", gigabits);
  }

  /**
   * What is sent for a layer.
   *
   * @param ready multiply-adds of the backward pass that come before
   * @param bytes to send
   */
  private record Message(double ready, double bytes) {}

  /** Seconds that bytes take on a line of some gigabits per second. */
  static double seconds(double bytes, double gigabits) {
    return bytes * BITS / gigabits;
  }

  private static boolean isOfFactors(TrainingRun run, Layer layer) {
    return layer instanceof Layer.FullyConnected connected
        && Exchange.isOfFactors(connected, run.batch());
  }

  @Override
  public Cost cost(TrainingRun run, int parts, double backwardSeconds) {
    List<Message> messages = messages(run, parts);
    double bytes = messages.stream().mapToDouble(Message::bytes).sum();
    double others = run.batch() - run.share(parts);
    double work = (others * products(run) * PRODUCT + bytes * HANDLING) / threads;
    return new Cost(bytes, seconds(bytes, gigabits), work, waiting(messages, backwardSeconds));
  }

  /** Multiply-adds of the products of factors, for each image of another machine. */
  private static double products(TrainingRun run) {
    return run.gradients().stream()
        .filter(gradient -> isOfFactors(run, gradient.layer()))
        .mapToDouble(TrainingRun.Gradient::multiplyAdds)
        .sum();
  }

  /**
   * From the last layer to the first. Gradients of 32 bits travel twice, once to be summed and once
   * to be distributed, except for a machine's own share; the factors of its images go to each of
   * the others.
   */
  private static List<Message> messages(TrainingRun run, int parts) {
    List<Message> messages = new ArrayList<>();
    double done = 0;
    for (TrainingRun.Gradient gradient : run.gradients()) {
      double bytes;
      if (isOfFactors(run, gradient.layer())) {
        Layer.FullyConnected connected = (Layer.FullyConnected) gradient.layer();
        double factors = (double) connected.inFeatures() + connected.outFeatures();
        bytes = (parts - 1) * run.share(parts) * factors * Float.BYTES;
        done += gradient.multiplyAdds();
      } else {
        bytes = GradientExchange.allReduced(gradient.values(), parts);
        done += 2.0 * gradient.multiplyAdds();
      }
      messages.add(new Message(done, bytes));
    }
    return messages;
  }

  /** One layer is sent after the other, as soon as the last micro-batch has computed it. */
  private double waiting(List<Message> messages, double backwardSeconds) {
    double whole = messages.get(messages.size() - 1).ready();
    double arrived = 0;
    for (Message message : messages) {
      double ready = backwardSeconds * (message.ready() / whole); // all of it for the last
      double handling = 2 * HANDLING * message.bytes();
      arrived = Math.max(arrived, ready) + seconds(message.bytes(), gigabits) + handling;
    }
    return arrived - backwardSeconds;
  }
}
