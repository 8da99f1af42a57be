package org.vgg4j.train;

import org.vgg4j.data.DataSplits;
import org.vgg4j.data.Dataset;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.MemoryPlan;

/** Receives the progress of training, on the thread that trains. */
public interface TrainingListener {
  /**
   * How far training has got.
   *
   * @param epoch the epoch, from 1
   * @param epochs upper limit on epochs
   * @param step the step in the epoch, from 1
   * @param stepsPerEpoch steps in an epoch
   * @param learningRate now
   * @param loss mean loss of the epoch so far, in nats
   * @param imagesPerSecond training images per second since the start
   * @param secondsLeft until the last epoch ends, if the schedule does not stop before
   */
  record Progress(
      int epoch,
      int epochs,
      int step,
      int stepsPerEpoch,
      double learningRate,
      double loss,
      double imagesPerSecond,
      double secondsLeft) {}

  /**
   * Now and then during the survey of all images, before {@link #started}.
   *
   * @param part of the data set
   * @param done images of it that were decoded
   */
  default void surveyed(Dataset part, int done) {}

  /** Before the first step. */
  void started(
      TrainingConfig config, DataSplits data, Architecture architecture, MemoryPlan memory);

  /**
   * After {@link #started}, if an interrupted run is resumed; with epoch 1 and no steps if it had
   * no checkpoint.
   *
   * @param epoch the epoch that the next step belongs to, from 1
   * @param step steps done
   */
  default void resumed(int epoch, int step) {}

  /** What the user may not expect, though nothing is wrong. */
  default void noted(String sentence) {}

  /** How the run does what it was asked for, such as the weights that classes have. */
  default void explained(String sentence) {
    noted(sentence);
  }

  /** After each step. */
  void stepped(Progress progress);

  /**
   * After each epoch.
   *
   * @param best whether no earlier epoch was as good by what option select watches
   */
  void epochEnded(EpochMetrics metrics, boolean best);

  /** A problem that the user may want to act on. */
  void warned(String sentence);
}
