package org.vgg4j.train;

import java.util.function.Supplier;
import org.vgg4j.network.Learner;

/**
 * Decides when a learner averages its weights, and when the average takes their place. All of it
 * follows from the numbers of steps and epochs, so that a resumed run needs no more than the
 * average itself. Not thread-safe.
 */
final class AverageSchedule {
  private final AverageConfig config;
  private final Learner learner;

  /** The last epoch, from 1, that does not count for the mean of the last ones. */
  private final int before;

  /**
   * @param epochs of the whole run
   */
  AverageSchedule(AverageConfig config, Learner learner, int epochs) {
    this.config = config;
    this.learner = learner;
    this.before = Math.max(0, epochs - config.epochs());
  }

  /** A step has been made, the first one being 1. */
  void stepped(int step) {
    if (config.kind() == AverageConfig.Kind.EMA) {
      learner.average(1 - decay(config.decay(), step));
    }
  }

  /** What a step leaves of an exponential moving average. */
  static double decay(double decay, int step) {
    return Math.min(decay, (1.0 + step) / (10.0 + step));
  }

  /** The steps of an epoch, the first one being 1, have been made. */
  void epochTrained(int epoch) {
    if (config.kind() == AverageConfig.Kind.LAST && epoch > before) {
      learner.average(1.0 / (epoch - before));
    }
  }

  /**
   * Does something while the learner has the averaged weights.
   *
   * @param epochs whose steps have all been made: before the first of the last epochs, the weights
   *     are those of the last step
   */
  void during(int epochs, Runnable work) {
    boolean used = begin(epochs);
    work.run();
    exchange(used);
  }

  /** The same for work that has a result. */
  <T> T result(int epochs, Supplier<T> work) {
    boolean used = begin(epochs);
    T result = work.get();
    exchange(used);
    return result;
  }

  private boolean begin(int epochs) {
    boolean used =
        switch (config.kind()) {
          case NONE -> false;
          case EMA -> true;
          case LAST -> epochs > before;
        };
    exchange(used);
    return used;
  }

  private void exchange(boolean used) {
    if (used) {
      learner.exchangeAverage();
    }
  }
}
