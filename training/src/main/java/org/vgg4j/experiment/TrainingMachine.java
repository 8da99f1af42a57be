package org.vgg4j.experiment;

/**
 * What computes a share of each batch: a machine, or a GPU.
 *
 * @param time how long it takes
 * @param watts its power
 */
public record TrainingMachine(StepTime time, double watts) {
  /** How long the gradients of some images take. */
  @FunctionalInterface
  public interface StepTime {
    /**
     * Seconds.
     *
     * @param images one share of a batch, which may be computed in several micro-batches
     */
    double seconds(int images);
  }

  /**
   * @throws org.vgg4j.base.InputException if the power is not positive
   */
  public TrainingMachine {
    TrainingRun.require(watts > 0, "watts", watts);
  }

  /**
   * One whose rate does not depend on how many images there are.
   *
   * @param imagesPerSecond its rate
   * @throws org.vgg4j.base.InputException if a number is not positive
   */
  public static TrainingMachine ofRate(double imagesPerSecond, double watts) {
    TrainingRun.require(imagesPerSecond > 0, "images-per-second", imagesPerSecond);
    return new TrainingMachine(images -> images / imagesPerSecond, watts);
  }
}
