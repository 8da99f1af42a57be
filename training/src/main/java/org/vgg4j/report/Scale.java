package org.vgg4j.report;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;

/**
 * An axis: maps values to positions, and has ticks.
 *
 * @param from value at the beginning
 * @param to value at the end, larger
 * @param logarithmic whether positions are by the logarithm of the value
 * @param ticks values with a tick, within the range
 */
record Scale(double from, double to, boolean logarithmic, List<Double> ticks) {
  private static final int MOST_VALUES = 6;
  private static final int MOST_EPOCHS = 12;

  /** From zero to the largest value or a little more, with a tick at each end. */
  static Scale fromZero(double[] values) {
    double max = finite(values).max().orElse(1);
    double step = niceStep(max > 0 ? max : 1, MOST_VALUES);
    int steps = Math.max(1, (int) Math.ceil(max / step - 1e-9));
    List<Double> ticks = new ArrayList<>();
    for (int i = 0; i <= steps; i++) {
      ticks.add(i * step);
    }
    return new Scale(0, steps * step, false, ticks);
  }

  /** Whole decades around the values, which must be positive. */
  static Scale decades(double[] values) {
    int low = (int) Math.floor(Math.log10(finite(values).min().orElse(1)) + 1e-9);
    int high = (int) Math.ceil(Math.log10(finite(values).max().orElse(1)) - 1e-9);
    if (low == high) { // a value on the edge of the image could not be seen
      low--;
      high++;
    }
    List<Double> ticks = new ArrayList<>();
    for (int power = low; power <= high; power++) {
      ticks.add(Math.pow(10, power));
    }
    return new Scale(ticks.get(0), ticks.get(ticks.size() - 1), true, ticks);
  }

  /** From the first to the last of ascending whole numbers; a single one is in the middle. */
  static Scale ofWholeNumbers(double[] values) {
    double first = values[0];
    double last = values[values.length - 1];
    double step = Math.max(1, niceStep(last - first, MOST_EPOCHS));
    List<Double> ticks = new ArrayList<>();
    for (double tick = Math.ceil(first / step) * step; tick <= last; tick += step) {
      ticks.add(tick);
    }
    return first < last
        ? new Scale(first, last, false, ticks)
        : new Scale(first - 1, first + 1, false, List.of(first));
  }

  private static DoubleStream finite(double[] values) {
    return DoubleStream.of(values).filter(Double::isFinite);
  }

  /**
   * 1, 2 or 5 times a power of ten, the smallest that divides the range into few enough intervals.
   */
  private static double niceStep(double range, int mostTicks) {
    double power = Math.pow(10, Math.floor(Math.log10(Math.max(range, 1e-9))) - 1);
    for (double step : new double[] {1, 2, 5, 10, 20, 50}) {
      if (range / (step * power) <= mostTicks - 1) {
        return step * power;
      }
    }
    return 100 * power;
  }

  /** Where a value is, from 0 at the beginning to 1 at the end. */
  double place(double value) {
    return logarithmic
        ? Math.log(value / from) / Math.log(to / from)
        : (value - from) / (to - from);
  }

  /** The value of a tick as text, without trailing zeros. */
  String label(double tick) {
    if (logarithmic && tick < 1e-4) {
      return String.format(Locale.ROOT, "%.0e", tick).replace("e-0", "e-");
    }
    BigDecimal number = new BigDecimal(tick).setScale(6, RoundingMode.HALF_EVEN);
    return number.signum() == 0 ? "0" : number.stripTrailingZeros().toPlainString();
  }
}
