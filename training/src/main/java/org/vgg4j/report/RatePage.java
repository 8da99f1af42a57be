package org.vgg4j.report;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.train.RateTest;
import org.vgg4j.train.RateTest.Point;

/** A page with the curve of a learning-rate range test; needs no other file, and no scripts. */
public final class RatePage {
  private static final double WIDTH = 720;
  private static final double HEIGHT = 400;
  private static final double LEFT = 60;
  private static final double RIGHT = 20;
  private static final double TOP = 20;
  private static final double BOTTOM = 50;

  private final RateTest test;
  private final Scale rates;
  private final Scale losses;

  private RatePage(RateTest test) {
    this.test = test;
    this.rates = Scale.decades(test.points().stream().mapToDouble(Point::rate).toArray());
    this.losses = Scale.fromZero(test.points().stream().mapToDouble(this::shown).toArray());
  }

  /**
   * Writes it.
   *
   * @param test with at least one point
   * @throws org.vgg4j.base.InputException if the file cannot be written
   */
  public static void write(Path file, RateTest test) {
    AtomicFile.write(file, new RatePage(test).html());
  }

  /** A loss that would leave the others no room is drawn at the upper edge. */
  private double shown(Point point) {
    double most = 2 * test.points().get(0).smoothed();
    return Double.isFinite(point.loss()) ? Math.min(point.loss(), most) : most;
  }

  private double x(double rate) {
    return LEFT + (WIDTH - LEFT - RIGHT) * rates.place(rate);
  }

  private double y(double loss) {
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * Math.min(1, losses.place(loss));
  }

  private String html() {
    Double suggestion = test.suggestion();
    String about =
        suggestion == null
            ? "No suggestion: " + test.explanation() + "."
            : "Suggested learning rate: %s, %s.".formatted(suggestion, test.explanation());
    StringBuilder svg = new StringBuilder();
    axes(svg);
    for (Point point : test.points()) {
      add(
          svg,
          "<circle cx='%.1f' cy='%.1f' r='2'><title>step %d: rate %.2e, loss"
              + " %.4f</title></circle>%n",
          x(point.rate()),
          y(shown(point)),
          point.step(),
          point.rate(),
          point.loss());
    }
    List<String> line =
        test.points().stream()
            .filter(point -> Double.isFinite(point.smoothed()))
            .map(
                point ->
                    String.format(Locale.ROOT, "%.1f,%.1f", x(point.rate()), y(point.smoothed())))
            .toList();
    add(svg, "<polyline points='%s'/>%n", String.join(" ", line));
    if (suggestion != null) {
      add(
          svg,
          "<line class='rate' x1='%1$.1f' x2='%1$.1f' y1='%2$.1f' y2='%3$.1f'/>%n",
          x(suggestion),
          TOP,
          HEIGHT - BOTTOM);
    }
    return """
    <!DOCTYPE html>
    <html lang="en">
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>Learning-rate range test</title>
    <style>
    body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 48rem; padding: 0 1rem; color: #222; background: #fff; }
    svg { width: 100%%; height: auto; } text { font: 13px sans-serif; fill: #555; }
    circle { fill: #9bbbdc; } polyline { fill: none; stroke: #0b62c4; stroke-width: 2.5; stroke-linejoin: round; }
    line { stroke: #ddd; } .rate { stroke: #b3480b; stroke-width: 2; stroke-dasharray: 6 4; }
    </style>
    <h1>Learning-rate range test</h1>
    <p>%s</p>
    <svg viewBox="0 0 %.0f %.0f" role="img" aria-label="Loss over the learning rate: of each step, and smoothed">
    %s</svg>
    <p>Dots: the loss of each step's batch. Curve: smoothed. Dashed: the suggestion. The rate grows by the same factor from step to
    step (Smith 2017). All numbers are in rates.csv.</p>
    </html>
    """
        .formatted(about, WIDTH, HEIGHT, svg);
  }

  private void axes(StringBuilder svg) {
    for (double loss : losses.ticks()) {
      add(svg, "<line x1='%.1f' x2='%.1f' y1='%3$.1f' y2='%3$.1f'/>", LEFT, WIDTH - RIGHT, y(loss));
      add(
          svg,
          "<text x='%.1f' y='%.1f' text-anchor='end'>%s</text>%n",
          LEFT - 8,
          y(loss) + 4,
          losses.label(loss));
    }
    for (double rate : rates.ticks()) {
      add(
          svg,
          "<line x1='%1$.1f' x2='%1$.1f' y1='%2$.1f' y2='%3$.1f'/>",
          x(rate),
          TOP,
          HEIGHT - BOTTOM);
      add(
          svg,
          "<text x='%.1f' y='%.1f' text-anchor='middle'>%s</text>%n",
          x(rate),
          HEIGHT - BOTTOM + 20,
          rates.label(rate));
    }
    add(
        svg,
        "<text x='%.1f' y='%.1f' text-anchor='end'>learning rate</text>%n",
        WIDTH - RIGHT,
        HEIGHT - 8);
  }

  private static void add(StringBuilder svg, String format, Object... values) {
    svg.append(String.format(Locale.ROOT, format, values));
  }
}
