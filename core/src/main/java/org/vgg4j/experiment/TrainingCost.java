package org.vgg4j.experiment;

import org.vgg4j.base.InputException;
import org.vgg4j.model.Architecture;

/**
 * What a training run costs that is divided over machines as the paper divides it over GPUs
 * (section 3.3): each computes its part of every batch, then all average their gradients. A
 * prediction from the rate of one machine, without validation.
 *
 * @param architecture the network
 * @param images training images
 * @param epochs how often each is seen
 * @param batch images of a step, over all machines
 * @param machines how many, all alike
 * @param imagesPerSecond rate of one machine that trains alone
 * @param gigabitsPerSecond of the network, for each machine, in each direction at once
 * @param watts power of one machine
 */
public record TrainingCost(
    Architecture architecture,
    long images,
    int epochs,
    int batch,
    int machines,
    double imagesPerSecond,
    double gigabitsPerSecond,
    double watts) {

  /** The paper's system, for comparison: four GPUs of 2014, "2-3 weeks" a network. */
  public static final double PAPER_DAYS_LOW = 14;

  /** See {@link #PAPER_DAYS_LOW}. */
  public static final double PAPER_DAYS_HIGH = 21;

  /** How much faster four GPUs were than one, in the paper. */
  public static final double PAPER_SPEED_UP = 3.75;

  private static final double SECONDS_PER_DAY = 86_400;

  /**
   * @throws InputException if a number is not positive, or there are more machines than images in a
   *     batch
   */
  public TrainingCost {
    require(images > 0, "images", images);
    require(epochs > 0, "epochs", epochs);
    require(batch > 0, "batch", batch);
    require(machines > 0, "machines", machines);
    require(imagesPerSecond > 0, "images-per-second", imagesPerSecond);
    require(gigabitsPerSecond > 0, "gigabits", gigabitsPerSecond);
    require(watts > 0, "watts", watts);
    if (machines > batch) {
      throw new InputException(
          "a batch of %d cannot be divided over %d machines: take fewer, or a larger --batch"
              .formatted(batch, machines));
    }
  }

  private static void require(boolean condition, String option, Object value) {
    if (!condition) {
      throw new InputException("option " + option + " is " + value + " but must be more than 0");
    }
  }

  /** Steps of all epochs; the last one of an epoch may be smaller. */
  public long steps() {
    return (images + batch - 1) / batch * epochs;
  }

  /** Images that are seen in all epochs. */
  public long imagesSeen() {
    return images * epochs;
  }

  /** Images that the machine with the most has of each batch. */
  public int imagesPerMachine() {
    return (batch + machines - 1) / machines;
  }

  /** Seconds that a machine computes in each step. */
  public double computeSeconds() {
    return imagesPerMachine() / imagesPerSecond;
  }

  /**
   * Bytes that each machine sends, and receives, in each step: gradients of 32 bits go round a ring
   * twice, once to be summed and once to be told, but for a machine's own part.
   */
  public double trafficBytes() {
    double gradients = (double) Float.BYTES * architecture.parameterCount();
    return 2 * gradients * (machines - 1) / machines;
  }

  /** Seconds that this takes at the network's bandwidth. */
  public double trafficSeconds() {
    return trafficBytes() * 8 / (gigabitsPerSecond * 1e9);
  }

  /** Days of all steps if nothing is computed while gradients travel. */
  public double days() {
    return steps() * (computeSeconds() + trafficSeconds()) / SECONDS_PER_DAY;
  }

  /** Days of all steps if gradients travel while others are computed, as far as that goes. */
  public double daysOverlapped() {
    return steps() * Math.max(computeSeconds(), trafficSeconds()) / SECONDS_PER_DAY;
  }

  /** Energy of all machines over {@link #days}, in kilowatt-hours. */
  public double kilowattHours() {
    return machines * watts * days() * 24 / 1000;
  }

  /** Images that each machine has to have decoded and rescaled per second. */
  public double decodeRate() {
    return imagesPerMachine() / (computeSeconds() + trafficSeconds());
  }

  /** Images per second of the paper's system, if it took so many days for as many images. */
  public double paperRate(double days) {
    return imagesSeen() / (days * SECONDS_PER_DAY);
  }
}
