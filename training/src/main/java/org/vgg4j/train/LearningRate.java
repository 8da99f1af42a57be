package org.vgg4j.train;

/** The learning rate of each step. Not thread-safe. */
final class LearningRate {
  private final double base;
  private final ScheduleConfig config;
  private final PlateauSchedule plateau;
  private final long lastStep;

  /**
   * @param base the rate at the start
   * @param stepsPerEpoch steps that an epoch has
   * @param watched what the paper's schedule observes
   */
  LearningRate(double base, ScheduleConfig config, int stepsPerEpoch, Selection watched) {
    this.base = base;
    this.config = config;
    this.plateau = new PlateauSchedule(base, config.patience(), watched.leastImprovement());
    this.lastStep = Math.min((long) config.epochs() * stepsPerEpoch, config.maxSteps());
  }

  /**
   * The rate of a step.
   *
   * @param epoch its epoch, from 0
   * @param step steps done before it
   */
  double of(int epoch, int step) {
    double rate =
        switch (config.kind()) {
          case PAPER -> plateau.rate();
          case STEP -> base / Math.pow(10, dropsBefore(epoch));
          // StrictMath: the same on every machine
          case COSINE -> base / 2 * (1 + StrictMath.cos(Math.PI * step / lastStep));
        };
    return step < config.warmUp() ? rate * (step + 1) / config.warmUp() : rate;
  }

  private long dropsBefore(int epoch) {
    return config.stepEpochs().stream().filter(after -> after <= epoch).count();
  }

  /** Records what is watched; returns whether the rate dropped because of it. */
  boolean observe(double value) {
    return config.kind() == ScheduleConfig.Kind.PAPER && plateau.observe(value);
  }

  /** Whether training should end before its last epoch. */
  boolean isFinished() {
    return plateau.isFinished();
  }

  PlateauSchedule.State state() {
    return plateau.state();
  }

  void restore(PlateauSchedule.State state) {
    plateau.restore(state);
  }
}
