package org.vgg4j.train;

import org.jspecify.annotations.Nullable;

/**
 * The paper's schedule (section 3.1): the learning rate is divided by ten when the validation error
 * stops improving, three times, and training ends when it stops improving once more. The paper does
 * not say what that means in numbers; here it is when the best value so far has not been beaten by
 * a least improvement for {@code patience} evaluations: 0.1 percentage points of the top-1 error,
 * or what {@link Selection} says of another measure. Not thread-safe.
 */
public final class PlateauSchedule {
  /** How many times the rate is divided before training ends. */
  public static final int DROPS = 3;

  /**
   * What has been observed so far.
   *
   * @param drops how many times the rate was divided; one more when training should end
   * @param waited evaluations since the last improvement or drop
   * @param best the smallest value; null before the first evaluation
   */
  record State(int drops, int waited, @Nullable Double best) {
    static final State NONE = new State(0, 0, null);
  }

  /** Far less than any difference between two values that counts: 17.4 - 0.1 is below 17.3. */
  private static final double ROUNDING = 1e-9;

  private final int patience;
  private final double firstRate;
  private final double leastImprovement;
  private int drops;
  private int waited;
  private double best = Double.POSITIVE_INFINITY;

  /**
   * Watches the top-1 error.
   *
   * @param firstRate the learning rate at the start
   * @param patience evaluations without improvement before the rate drops
   */
  public PlateauSchedule(double firstRate, int patience) {
    this(firstRate, patience, Selection.TOP1.leastImprovement());
  }

  /**
   * @param firstRate the learning rate at the start
   * @param patience evaluations without improvement before the rate drops
   * @param leastImprovement by how much a value must be smaller to be an improvement
   */
  PlateauSchedule(double firstRate, int patience, double leastImprovement) {
    this.firstRate = firstRate;
    this.patience = patience;
    this.leastImprovement = leastImprovement;
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
   * @param value of what is watched on the validation images, such as the error in percent; smaller
   *     is better
   * @return whether the rate dropped
   */
  public boolean observe(double value) {
    if (value <= best - leastImprovement + ROUNDING) {
      best = value;
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
