package org.vgg4j.report;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;
import org.vgg4j.image.ImageDecoder;
import org.vgg4j.report.LineChart.Series;
import org.vgg4j.report.Page.Fact;
import org.vgg4j.report.Page.Figure;
import org.vgg4j.report.TaskView.Column;
import org.vgg4j.report.TaskView.Curves;

/** Chooses what the page says about a run. */
final class PageMaker {
  /** What the page says elsewhere. */
  private static final Set<String> NOT_IN_PROVENANCE = Set.of("configuration");

  private static final String SECONDS = "seconds";
  private static final String PEAK = "peakMemoryBytes";

  private final RunRecord run;
  private final @Nullable BestModel best;
  private final TaskView view;

  private PageMaker(RunRecord run, @Nullable BestModel best) {
    this.run = run;
    this.best = best;
    this.view = TaskView.of(run, best);
  }

  /**
   * @param best null if the run has none
   */
  static Page page(RunRecord run, @Nullable BestModel best) {
    PageMaker maker = new PageMaker(run, best);
    boolean any = run.metrics().rows() > 0;
    return new Page(
        run.name(),
        maker.subtitle(),
        maker.state(),
        run.folder().path().toString(),
        maker.figures(),
        any ? maker.charts() : List.of(),
        any ? maker.epochs() : null,
        best == null || best.epoch() == null
            ? null
            : String.format(Locale.ROOT, "%.0f", best.epoch()),
        maker.samples(),
        maker.view.aboutSamples(),
        maker.view.results(),
        best == null ? null : new Page.Filters(best.filters()),
        maker.time(),
        facts(run.configuration(), Set.of()),
        facts(run.provenance(), NOT_IN_PROVENANCE));
  }

  private String subtitle() {
    Object data = run.provenance().getOrDefault("dataset", run.configuration().get("data"));
    String network =
        best != null
            ? String.format(
                Locale.ROOT,
                "%s: %,d parameters",
                best.architecture(),
                best.architecture().parameterCount())
            : String.valueOf(run.configuration().get("arch"));
    return "Network " + network + ". Trained on " + data + ".";
  }

  private @Nullable String state() {
    if (run.ended()) {
      return null;
    }
    int epochs = run.metrics().rows();
    String done = "after " + (epochs == 1 ? "one finished epoch" : epochs + " finished epochs");
    return run.stopped()
        ? "This run was stopped before its end, " + done + "."
        : "This run is still going on or was killed: the page shows it " + done + ".";
  }

  private List<Figure> figures() {
    List<Figure> figures = new ArrayList<>(view.figures());
    Double seconds = run.fact(SECONDS);
    if (seconds != null) {
      figures.add(new Figure("Training", duration(seconds), steps()));
    }
    Double peak = run.fact(PEAK);
    if (peak != null) {
      figures.add(new Figure("Peak memory", megabytes(peak), "of the whole process"));
    }
    return figures;
  }

  private String steps() {
    Double steps = run.fact("steps");
    return Page.count(run.metrics().rows(), "epoch")
        + (steps == null ? "" : ", " + Page.count(Math.round(steps), "step"));
  }

  private List<LineChart> charts() {
    MetricsTable metrics = run.metrics();
    List<LineChart> charts = new ArrayList<>();
    charts.add(
        chart(
            new Curves(
                "loss",
                view.lossTitle(),
                List.of(
                    new Series("training", "training", "first", metrics.column("train_loss")),
                    new Series(
                        "validation", "validation", "second", metrics.column("val_loss"))))));
    view.curves().forEach(curves -> charts.add(chart(curves)));
    double[] rate = metrics.column("learning_rate");
    charts.add(
        chart(
            new Curves(
                "rate",
                "Learning rate",
                List.of(new Series("learning rate", "rate", "first", rate))),
            Scale.decades(rate)));
    return charts;
  }

  private LineChart chart(Curves curves) {
    double[] all =
        curves.series().stream()
            .flatMapToDouble(series -> DoubleStream.of(series.values()))
            .toArray();
    return chart(curves, Scale.fromZero(all));
  }

  private LineChart chart(Curves curves, Scale scale) {
    return LineChart.of(
        curves.id(),
        curves.title(),
        run.metrics().column("epoch"),
        curves.series(),
        scale,
        best == null ? null : best.epoch());
  }

  private Page.Table epochs() {
    MetricsTable metrics = run.metrics();
    List<Page.Row> rows = new ArrayList<>();
    List<Column> columns =
        new ArrayList<>(
            List.of(
                new Column("epoch", "epoch", "%.0f"),
                new Column("step", "step", "%.0f"),
                new Column("learning rate", "learning_rate", "%.2e"),
                new Column("training loss", "train_loss", "%.4f"),
                new Column("validation loss", "val_loss", "%.4f")));
    columns.addAll(view.columns());
    columns.add(new Column("images/s", "images_per_second", "%,.0f"));
    for (int row = 0; row < metrics.rows(); row++) {
      List<String> cells = new ArrayList<>();
      for (Column column : columns) {
        cells.add(String.format(Locale.ROOT, column.format(), metrics.column(column.name())[row]));
      }
      rows.add(new Page.Row(cells));
    }
    return new Page.Table(columns.stream().map(Column::header).toList(), rows);
  }

  private @Nullable String samples() {
    Path sheet = run.folder().samples();
    return Files.exists(sheet) ? DataUri.png(ImageDecoder.decode(sheet)) : null;
  }

  private List<Fact> time() {
    List<Fact> facts = new ArrayList<>();
    Double seconds = run.fact(SECONDS);
    if (seconds != null) {
      facts.add(new Fact("training, with validation", duration(seconds) + " for " + steps()));
    }
    if (run.metrics().rows() > 0) {
      double[] speeds = Arrays.stream(run.metrics().column("images_per_second")).sorted().toArray();
      facts.add(
          new Fact(
              "training images per second",
              speeds.length == 1
                  ? String.format(Locale.ROOT, "%,.0f", speeds[0])
                  : String.format(
                      Locale.ROOT,
                      "%,.0f in the median epoch, from %,.0f to %,.0f",
                      speeds[speeds.length / 2],
                      speeds[0],
                      speeds[speeds.length - 1])));
    }
    if (run.metrics().rows() > 0) {
      double[] waits = Arrays.stream(run.metrics().column("data_wait_share")).sorted().toArray();
      facts.add(
          new Fact(
              "waiting for training images",
              ErrorTables.percent(100 * waits[waits.length / 2])
                  + " of the time of steps"
                  + (waits.length == 1 ? "" : " in the median epoch")));
    }
    int unreadable = run.folder().isSurveyed() ? run.folder().passedOver().size() : 0;
    if (unreadable > 0) {
      facts.add(new Fact("unreadable images", unreadable + ", listed in unreadable.csv"));
    }
    Double peak = run.fact(PEAK);
    if (peak != null) {
      facts.add(new Fact("memory of the process", megabytes(peak) + " at the peak (VmHWM)"));
    }
    for (String key : List.of("kernels", "processors", "java", "host")) {
      Object value = run.provenance().get(key);
      if (value != null) {
        facts.add(new Fact(key, text(value)));
      }
    }
    Object threads = run.configuration().get("threads");
    if (threads != null) {
      facts.add(new Fact("threads", text(threads)));
    }
    return facts;
  }

  private static List<Fact> facts(Map<String, Object> map, Set<String> without) {
    return map.entrySet().stream()
        .filter(entry -> !without.contains(entry.getKey()))
        .map(entry -> new Fact(entry.getKey(), text(entry.getValue())))
        .toList();
  }

  private static String text(@Nullable Object value) {
    return value instanceof List<?> list
        ? list.stream().map(String::valueOf).collect(Collectors.joining(" "))
        : String.valueOf(value);
  }

  private static String megabytes(double bytes) {
    return String.format(Locale.ROOT, "%,.0f MB", bytes / 1e6);
  }

  /** Hours, minutes and seconds, as many as it takes. */
  static String duration(double seconds) {
    long whole = Math.round(seconds);
    if (whole < 60) {
      return whole + " s";
    }
    if (whole < 3600) {
      return String.format(Locale.ROOT, "%d:%02d min", whole / 60, whole % 60);
    }
    return String.format(Locale.ROOT, "%d:%02d h", whole / 3600, whole % 3600 / 60);
  }
}
