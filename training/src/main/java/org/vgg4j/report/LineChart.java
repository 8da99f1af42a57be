package org.vgg4j.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Curves over epochs, as the template chart.mustache draws them. All coordinates are in units of
 * the image, 440 wide and 280 high, so that the text stays large enough on a phone.
 *
 * @param id of the image within the page
 * @param title what is shown, with its unit
 * @param description the same in words, for those who cannot see it
 * @param left position of the axis of the values
 * @param series the curves
 * @param xTicks marks of the epochs
 * @param yTicks marks of the values
 * @param best position of the best model's epoch; null if that is not known
 * @param columns one for each epoch, to hover over
 */
record LineChart(
    String id,
    String title,
    String description,
    String left,
    List<Curve> series,
    List<Tick> xTicks,
    List<Tick> yTicks,
    @Nullable String best,
    List<Column> columns) {
  /** One curve: its points as SVG has them, and its look, the name of a CSS class. */
  record Curve(String name, String look, String points, List<Point> dots) {}

  record Point(String x, String y) {}

  record Tick(String place, String label) {}

  /**
   * A strip of the image.
   *
   * @param left where it begins
   * @param width how wide it is
   * @param x where its epoch is
   * @param values what to show when the pointer is over it
   * @param dots the places of its values
   */
  record Column(String left, String width, String x, String values, List<Point> dots) {}

  /**
   * What to draw.
   *
   * @param name of the curve
   * @param brief a short form where there is little room
   * @param look the name of a CSS class
   * @param values one per epoch; where there is no number, there is no point
   */
  record Series(String name, String brief, String look, double[] values) {}

  private static final double WIDTH = 440;
  private static final double HEIGHT = 280;
  private static final double RIGHT = 18;

  /** Width of a letter of a tick's label; then the gap between the labels and the axis. */
  private static final double LETTER = 8;

  private static final double LABEL_GAP = 12;
  private static final double TOP = 28;
  private static final double BOTTOM = 40;

  /** More points than this would hide the curve. */
  private static final int MOST_DOTS = 40;

  /** More strips than this would be too narrow to point at. */
  private static final int MOST_COLUMNS = 200;

  /**
   * Draws curves.
   *
   * @param epochs ascending, at least one
   * @param yScale of the values
   * @param best epoch of the best model; null if that is not known
   */
  static LineChart of(
      String id,
      String title,
      double[] epochs,
      List<Series> series,
      Scale yScale,
      @Nullable Double best) {
    Scale xScale = Scale.ofWholeNumbers(epochs);
    int letters = yScale.ticks().stream().mapToInt(t -> yScale.label(t).length()).max().orElse(0);
    Places places = new Places(xScale, yScale, LABEL_GAP + LETTER * Math.max(4, letters));
    List<Curve> curves = new ArrayList<>();
    for (Series one : series) {
      List<Point> points = places.points(epochs, one.values());
      curves.add(
          new Curve(
              one.name(),
              one.look(),
              String.join(" ", points.stream().map(p -> p.x() + "," + p.y()).toList()),
              points.size() <= MOST_DOTS ? points : List.of()));
    }
    return new LineChart(
        id,
        title,
        describe(epochs, series, yScale),
        coordinate(places.left()),
        curves,
        xScale.ticks().stream().map(t -> new Tick(places.x(t), xScale.label(t))).toList(),
        yScale.ticks().stream().map(t -> new Tick(places.y(t), yScale.label(t))).toList(),
        best == null ? null : places.x(best),
        columns(epochs, series, places));
  }

  String width() {
    return coordinate(WIDTH);
  }

  String height() {
    return coordinate(HEIGHT);
  }

  String right() {
    return coordinate(WIDTH - RIGHT);
  }

  String top() {
    return coordinate(TOP);
  }

  String bottom() {
    return coordinate(HEIGHT - BOTTOM);
  }

  String tickEnd() {
    return coordinate(HEIGHT - BOTTOM + 5);
  }

  /**
   * @param left position of the axis: the ticks' labels end before it
   */
  private record Places(Scale xScale, Scale yScale, double left) {
    String x(double epoch) {
      return coordinate(left + (WIDTH - left - RIGHT) * xScale.place(epoch));
    }

    String y(double value) {
      return coordinate(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * yScale.place(value));
    }

    List<Point> points(double[] epochs, double[] values) {
      List<Point> points = new ArrayList<>();
      for (int i = 0; i < epochs.length; i++) {
        if (Double.isFinite(values[i])) {
          points.add(new Point(x(epochs[i]), y(values[i])));
        }
      }
      return points;
    }
  }

  private static String coordinate(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }

  private static List<Column> columns(double[] epochs, List<Series> series, Places places) {
    int stride = (epochs.length + MOST_COLUMNS - 1) / MOST_COLUMNS;
    double width = (WIDTH - places.left() - RIGHT) * stride / Math.max(1, epochs.length - 1);
    List<Column> columns = new ArrayList<>();
    for (int i = 0; i < epochs.length; i += stride) {
      StringBuilder text = new StringBuilder(String.format(Locale.ROOT, "epoch %.0f", epochs[i]));
      List<Point> dots = new ArrayList<>();
      for (Series one : series) {
        text.append(series.size() == 1 ? ": " : ", " + one.brief() + " ");
        text.append(places.yScale().logarithmic() ? rate(one.values()[i]) : value(one.values()[i]));
        if (Double.isFinite(one.values()[i])) {
          dots.add(new Point(places.x(epochs[i]), places.y(one.values()[i])));
        }
      }
      String x = places.x(epochs[i]);
      columns.add(
          new Column(
              coordinate(Double.parseDouble(x) - width / 2),
              coordinate(width),
              x,
              text.toString(),
              dots));
    }
    return columns;
  }

  private static String value(double value) {
    return String.format(Locale.ROOT, value < 10 ? "%.3f" : "%.1f", value);
  }

  private static String rate(double value) {
    return String.valueOf((float) value);
  }

  private static String describe(double[] epochs, List<Series> series, Scale scale) {
    StringBuilder text = new StringBuilder();
    int last = epochs.length - 1;
    for (Series one : series) {
      double[] values = one.values();
      int smallest = 0;
      for (int i = 1; i <= last; i++) {
        smallest = values[i] < values[smallest] ? i : smallest;
      }
      text.append(text.isEmpty() ? "" : " ")
          .append(
              String.format(
                  Locale.ROOT,
                  "%s: %s in epoch %.0f, %s in epoch %.0f, smallest %s in epoch %.0f.",
                  one.name(),
                  text(values[0], scale),
                  epochs[0],
                  text(values[last], scale),
                  epochs[last],
                  text(values[smallest], scale),
                  epochs[smallest]));
    }
    return text.toString();
  }

  private static String text(double value, Scale scale) {
    return scale.logarithmic() ? rate(value) : value(value);
  }
}
