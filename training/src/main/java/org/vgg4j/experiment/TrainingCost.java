package org.vgg4j.experiment;

import org.vgg4j.base.InputException;

/**
 * The cost of a training run that is divided as the paper divides it over GPUs (section 3.3): each
 * machine, or GPU, computes its share of every batch, then gradients are exchanged. A prediction,
 * without validation.
 *
 * @param run what is to be done
 * @param parts how many machines or GPUs share it, all alike
 * @param machine what they are like
 * @param exchange how they exchange gradients
 */
public record TrainingCost(
    TrainingRun run, int parts, TrainingMachine machine, GradientExchange exchange) {
  /** The paper's system, for comparison: four GPUs of 2014, "2-3 weeks" a network. */
  public static final double PAPER_DAYS_LOW = 14;

  /** See {@link #PAPER_DAYS_LOW}. */
  public static final double PAPER_DAYS_HIGH = 21;

  /** How much faster four GPUs were than one, in the paper. */
  public static final double PAPER_SPEED_UP = 3.75;

  /** A backward pass has two products where the forward pass has one. */
  private static final double BACKWARD_SHARE = 2.0 / 3;

  /**
   * @throws InputException if there are no parts, or more than images in a batch
   */
  public TrainingCost {
    requirePossible(run, parts, "machines");
  }

  /**
   * Requires that a batch can be divided.
   *
   * @param what the parts are, as the option calls them
   * @throws InputException if there are no parts, or more than images in a batch
   */
  public static void requirePossible(TrainingRun run, int parts, String what) {
    TrainingRun.require(parts > 0, what, parts);
    if (parts > run.batch()) {
      throw new InputException(
          "a batch of %d cannot be divided over %d %s: take fewer, or raise option batch"
              .formatted(run.batch(), parts, what));
    }
  }

  /** The same run on one machine. */
  public TrainingCost alone() {
    return new TrainingCost(run, 1, machine, exchange);
  }

  /** Images in the largest share of each batch. */
  public int imagesEach() {
    return run.share(parts);
  }

  /** Seconds of each step in which a machine computes the gradients of its own images. */
  public double computeSeconds() {
    return machine.time().seconds(imagesEach());
  }

  /** What each spends in a step because the batch is shared. */
  public GradientExchange.Cost exchanged() {
    double backward = BACKWARD_SHARE * machine.time().seconds(run.atATime(parts));
    return parts == 1 ? GradientExchange.Cost.NOTHING : exchange.cost(run, parts, backward);
  }

  /** Seconds of each step. */
  public double stepSeconds() {
    GradientExchange.Cost cost = exchanged();
    return computeSeconds() + cost.workSeconds() + cost.waitSeconds();
  }

  /** Images per second of all together. */
  public double imagesPerSecond() {
    return run.batch() / stepSeconds();
  }

  /** Days of all steps. */
  public double days() {
    return run.days(stepSeconds());
  }

  /** How many times as fast as one machine. */
  public double speedUp() {
    return alone().stepSeconds() / stepSeconds();
  }

  /** Energy of all machines over {@link #days}, in kilowatt-hours. */
  public double kilowattHours() {
    return parts * machine.watts() * days() * 24 / 1000;
  }

  /** Images that must be decoded and rescaled per second for each part. */
  public double decodeRate() {
    return imagesEach() / stepSeconds();
  }
}
