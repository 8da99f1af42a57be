package org.vgg4j.experiment;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Layer;
import org.vgg4j.model.LayerShape;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.network.Exchange;

/**
 * The cost of a training run divided over machines as the paper divides it over GPUs (section 3.3):
 * each computes its share of every batch, then gradients are exchanged. A prediction from the rate
 * of one machine, without validation; docs/distributed.md compares it with measurements.
 *
 * @param architecture the network
 * @param images training images
 * @param epochs how often each is seen
 * @param batch images of a step, over all machines
 * @param microBatch most images that a machine has at a time
 * @param machines how many, all alike
 * @param machine what they are like
 */
public record TrainingCost(
    Architecture architecture,
    long images,
    int epochs,
    int batch,
    int microBatch,
    int machines,
    Machine machine) {

  /**
   * A machine.
   *
   * @param imagesPerSecond rate of one that trains alone
   * @param threads that compute, and also do the work of sending
   * @param gigabitsPerSecond of its line, in each direction at once
   * @param watts its power
   */
  public record Machine(
      double imagesPerSecond, int threads, double gigabitsPerSecond, double watts) {
    /**
     * @throws InputException if a number is not positive
     */
    public Machine {
      require(imagesPerSecond > 0, "images-per-second", imagesPerSecond);
      require(threads > 0, "threads", threads);
      require(gigabitsPerSecond > 0, "gigabits", gigabitsPerSecond);
      require(watts > 0, "watts", watts);
    }
  }

  /** The paper's system, for comparison: four GPUs of 2014, "2-3 weeks" a network. */
  public static final double PAPER_DAYS_LOW = 14;

  /** See {@link #PAPER_DAYS_LOW}. */
  public static final double PAPER_DAYS_HIGH = 21;

  /** How much faster four GPUs were than one, in the paper. */
  public static final double PAPER_SPEED_UP = 3.75;

  /** A backward pass has two products where the forward pass has one. */
  private static final double BACKWARD_SHARE = 2.0 / 3;

  /**
   * Seconds that a thread is busy with each byte that its machine sends: copying, the system's
   * network stack, receiving and adding. Measured on a Zen 4 over loopback; the latency of a
   * message is twice that, since the receiver's work begins when it has arrived.
   */
  private static final double HANDLING = 1.1e-9;

  /**
   * Seconds of a thread for each multiply-add of the product of a fully connected layer's factors.
   * Measured on a Zen 4 with shares of 16 images, net D, on one thread and on two.
   */
  private static final double PRODUCT = 3.3e-11;

  private static final double SECONDS_PER_DAY = 86_400;

  /**
   * @throws InputException if a number is not positive, or there are more machines than images in a
   *     batch
   */
  public TrainingCost {
    require(images > 0, "images", images);
    require(epochs > 0, "epochs", epochs);
    require(batch > 0, "batch", batch);
    require(microBatch > 0, "micro-batch", microBatch);
    require(machines > 0, "machines", machines);
    if (machines > batch) {
      throw new InputException(
          "a batch of %d cannot be divided over %d machines: take fewer, or raise option batch"
              .formatted(batch, machines));
    }
  }

  private static void require(boolean condition, String option, Object value) {
    if (!condition) {
      throw new InputException("option " + option + " is " + value + " but must be more than 0");
    }
  }

  /** The same run on one machine. */
  public TrainingCost alone() {
    return new TrainingCost(architecture, images, epochs, batch, microBatch, 1, machine);
  }

  /** Steps of all epochs; the last one of an epoch may be smaller. */
  public long steps() {
    return (images + batch - 1) / batch * epochs;
  }

  /** Images that are seen in all epochs. */
  public long imagesSeen() {
    return images * epochs;
  }

  /** Images in the largest machine's share of each batch. */
  public int imagesPerMachine() {
    return (batch + machines - 1) / machines;
  }

  /** Seconds of each step in which a machine computes the gradients of its own images. */
  public double computeSeconds() {
    return imagesPerMachine() / machine.imagesPerSecond();
  }

  /**
   * Overhead in seconds of each step with several machines: the work of sending and receiving, and
   * the products of the other machines' factors, which each machine computes for itself.
   */
  public double extraSeconds() {
    double products = 0;
    for (Layer layer : architecture.layers()) {
      if (layer instanceof Layer.FullyConnected connected
          && Exchange.isOfFactors(connected, batch)) {
        products += (double) connected.inFeatures() * connected.outFeatures();
      }
    }
    double others = batch - imagesPerMachine();
    return (others * products * PRODUCT + trafficBytes() * HANDLING) / machine.threads();
  }

  /** Bytes that each machine sends, and receives, in each step. */
  public double trafficBytes() {
    return messages().stream().mapToDouble(Message::bytes).sum();
  }

  /** Seconds that sending takes at the network's bandwidth. */
  public double trafficSeconds() {
    return seconds(trafficBytes());
  }

  private double seconds(double bytes) {
    return bytes * 8 / (machine.gigabitsPerSecond() * 1e9);
  }

  /**
   * What is sent for a layer.
   *
   * @param ready multiply-adds of the backward pass that come before
   * @param bytes to send
   */
  private record Message(double ready, double bytes) {}

  /**
   * From the last layer to the first. Gradients of 32 bits travel twice, once to be summed and once
   * to be distributed, except for a machine's own share; the factors of its images go to each of
   * the others.
   */
  private List<Message> messages() {
    List<Message> messages = new ArrayList<>();
    List<LayerShape> layers = new ArrayList<>(architecture.shapes());
    Collections.reverse(layers);
    double done = 0;
    for (LayerShape shape : layers) {
      Layer layer = shape.layer();
      double bytes;
      if (layer instanceof Layer.FullyConnected connected
          && Exchange.isOfFactors(connected, batch)) {
        double factors = (double) connected.inFeatures() + connected.outFeatures();
        bytes = (machines - 1) * imagesPerMachine() * factors * Float.BYTES;
        done += shape.multiplyAdds();
      } else {
        double values =
            architecture.parameters().stream()
                .filter(parameter -> parameter.layer().equals(layer.name()))
                .mapToLong(ParameterShape::length)
                .sum();
        bytes = 2 * values * Float.BYTES * (machines - 1) / machines;
        done += 2 * shape.multiplyAdds();
      }
      messages.add(new Message(done, bytes));
    }
    return messages;
  }

  /**
   * Seconds of each step that a machine spends waiting for gradients. A layer's gradients are sent,
   * one layer after the other, as soon as the machine's last micro-batch has computed them, while
   * the backward pass goes on to the preceding layers.
   */
  public double waitSeconds() {
    List<Message> messages = messages();
    double backward =
        BACKWARD_SHARE * Math.min(microBatch, imagesPerMachine()) / machine.imagesPerSecond();
    double whole = messages.get(messages.size() - 1).ready();
    double arrived = 0;
    for (Message message : messages) {
      double ready = backward * (message.ready() / whole); // exactly all of it for the last
      double handling = 2 * HANDLING * message.bytes();
      arrived = Math.max(arrived, ready) + seconds(message.bytes()) + handling;
    }
    return arrived - backward;
  }

  /** Seconds of each step. */
  public double stepSeconds() {
    return computeSeconds() + extraSeconds() + waitSeconds();
  }

  /** Days of all steps. */
  public double days() {
    return steps() * stepSeconds() / SECONDS_PER_DAY;
  }

  /** How many times as fast as one machine. */
  public double speedUp() {
    return alone().stepSeconds() / stepSeconds();
  }

  /** Energy of all machines over {@link #days}, in kilowatt-hours. */
  public double kilowattHours() {
    return machines * machine.watts() * days() * 24 / 1000;
  }

  /** Images that each machine must decode and rescale per second. */
  public double decodeRate() {
    return imagesPerMachine() / stepSeconds();
  }

  /** Images per second of the paper's system, if it took this many days for as many images. */
  public double paperRate(double days) {
    return imagesSeen() / (days * SECONDS_PER_DAY);
  }
}
