package org.vgg4j.train;

import org.jspecify.annotations.Nullable;

/**
 * The paper's schedule (section 3.1): the learning rate is divided by ten when the validation error
 * stops improving, three times, and training ends when it stops improving once more. The paper does
 * not say what that means in numbers; here it is when the best top-1 error so far has not been
 * beaten by at least 0.1 percentage points for {@code patience} evaluations. Not thread-safe.
 */
public final class PlateauSchedule {
  /** How many times the rate is divided before training ends. */
  public static final int DROPS = 3;

  /**
   * What has been observed so far.
   *
   * @param drops how many times the rate was divided; one more when training should end
   * @param waited evaluations since the last improvement or drop
   * @param best the smallest error in percent; null before the first evaluation
   */
  record State(int drops, int waited, @Nullable Double best) {
    static final State NONE = new State(0, 0, null);
  }

  private static final double LEAST_IMPROVEMENT = 0.1; // percentage points

  private final int patience;
  private final double firstRate;
  private int drops;
  private int waited;
  private double best = Double.POSITIVE_INFINITY;

  /**
   * @param firstRate the learning rate at the start
   * @param patience evaluations without improvement before the rate drops
   */
  public PlateauSchedule(double firstRate, int patience) {
    this.firstRate = firstRate;
    this.patience = patience;
  }

  /** The learning rate now. */
  public double rate() {
    return firstRate / Math.pow(10, Math.min(drops, DROPS));
  }

  /** Whether the error stopped improving at the last rate too. */
  public boolean isFinished() {
    return drops > DROPS;
  }

  /**
   * Records an evaluation.
   *
   * @param top1Error validation error in percent
   * @return whether the rate dropped
   */
  public boolean observe(double top1Error) {
    if (top1Error <= best - LEAST_IMPROVEMENT) {
      best = top1Error;
      waited = 0;
      return false;
    }
    waited++;
    if (waited < patience) {
      return false;
    }
    drops++;
    waited = 0;
    return drops <= DROPS;
  }

  State state() {
    return new State(drops, waited, Double.isFinite(best) ? best : null);
  }

  void restore(State state) {
    drops = state.drops();
    waited = state.waited();
    best = state.best() == null ? Double.POSITIVE_INFINITY : state.best();
  }
}
