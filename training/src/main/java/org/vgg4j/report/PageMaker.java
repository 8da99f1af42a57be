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
import org.vgg4j.data.Dataset;
import org.vgg4j.evaluate.Evaluation;
import org.vgg4j.evaluate.Measurement;
import org.vgg4j.image.ImageDecoder;
import org.vgg4j.report.LineChart.Series;
import org.vgg4j.report.Page.Fact;
import org.vgg4j.report.Page.Figure;
import org.vgg4j.report.Page.Mistake;

/** Chooses what the page says about a run. */
final class PageMaker {
  /** Longer side of an embedded image, in pixels: enough to see what it shows. */
  private static final int IMAGE_SIDE = 128;

  /** What the page says elsewhere. */
  private static final Set<String> NOT_IN_PROVENANCE = Set.of("configuration");

  private static final String TEST_TOP1 = "testTop1Error";
  private static final String TEST_TOP5 = "testTop5Error";
  private static final String SECONDS = "seconds";
  private static final String PEAK = "peakMemoryBytes";

  private final RunRecord run;
  private final @Nullable BestModel best;

  private PageMaker(RunRecord run, @Nullable BestModel best) {
    this.run = run;
    this.best = best;
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
        maker.errors(),
        best == null ? null : measured(best),
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
    List<Figure> figures = new ArrayList<>();
    if (best != null) {
      Evaluation evaluation = best.evaluation();
      figures.add(error("Validation error, top-1", evaluation.top1Error(), epochNote()));
      figures.add(
          error(
              "Validation error, top-5",
              evaluation.top5Error(),
              count(evaluation.images(), "image")));
    }
    Double top1 = run.fact(TEST_TOP1);
    Double top5 = run.fact(TEST_TOP5);
    if (top1 != null && top5 != null) {
      figures.add(error("Test error, top-1", top1, "top-5: " + ErrorTables.percent(top5)));
    }
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

  private static Figure error(String name, double percent, String note) {
    return new Figure(name, ErrorTables.percent(percent), note);
  }

  private String epochNote() {
    return best == null || best.epoch() == null
        ? "best model"
        : String.format(Locale.ROOT, "best model, epoch %.0f", best.epoch());
  }

  private String steps() {
    Double steps = run.fact("steps");
    return count(run.metrics().rows(), "epoch")
        + (steps == null ? "" : ", " + count(Math.round(steps), "step"));
  }

  private static String count(long number, String what) {
    return String.format(Locale.ROOT, "%,d %s%s", number, what, number == 1 ? "" : "s");
  }

  private List<LineChart> charts() {
    MetricsTable metrics = run.metrics();
    double[] epochs = metrics.column("epoch");
    Double bestEpoch = best == null ? null : best.epoch();
    double[] trainLoss = metrics.column("train_loss");
    double[] loss = metrics.column("val_loss");
    double[] trainTop1 = metrics.column("train_top1_error");
    double[] top1 = metrics.column("val_top1_error");
    double[] top5 = metrics.column("val_top5_error");
    double[] rate = metrics.column("learning_rate");
    return List.of(
        LineChart.of(
            "loss",
            "Loss, in nats",
            epochs,
            List.of(
                new Series("training", "training", "first", trainLoss),
                new Series("validation", "validation", "second", loss)),
            Scale.fromZero(joined(trainLoss, loss)),
            bestEpoch),
        LineChart.of(
            "error",
            "Error, in percent",
            epochs,
            List.of(
                new Series("training top-1", "training", "first", trainTop1),
                new Series("validation top-1", "top-1", "second", top1),
                new Series("validation top-5", "top-5", "third", top5)),
            Scale.fromZero(joined(trainTop1, top1, top5)),
            bestEpoch),
        LineChart.of(
            "rate",
            "Learning rate",
            epochs,
            List.of(new Series("learning rate", "rate", "first", rate)),
            Scale.decades(rate),
            bestEpoch));
  }

  private static double[] joined(double[]... columns) {
    return Arrays.stream(columns).flatMapToDouble(DoubleStream::of).toArray();
  }

  private Page.Table epochs() {
    MetricsTable metrics = run.metrics();
    List<Page.Row> rows = new ArrayList<>();
    List<Column> columns =
        List.of(
            new Column("epoch", "epoch", "%.0f"),
            new Column("step", "step", "%.0f"),
            new Column("learning rate", "learning_rate", "%.2e"),
            new Column("training loss", "train_loss", "%.4f"),
            new Column("validation loss", "val_loss", "%.4f"),
            new Column("training top-1 error", "train_top1_error", "%.2f\u00a0%%"),
            new Column("validation top-1 error", "val_top1_error", "%.2f\u00a0%%"),
            new Column("validation top-5 error", "val_top5_error", "%.2f\u00a0%%"),
            new Column("images/s", "images_per_second", "%,.0f"));
    for (int row = 0; row < metrics.rows(); row++) {
      List<String> cells = new ArrayList<>();
      for (Column column : columns) {
        cells.add(String.format(Locale.ROOT, column.format(), metrics.column(column.name())[row]));
      }
      rows.add(new Page.Row(cells));
    }
    return new Page.Table(columns.stream().map(Column::header).toList(), rows);
  }

  private record Column(String header, String name, String format) {}

  private @Nullable String samples() {
    Path sheet = run.folder().samples();
    return Files.exists(sheet) ? DataUri.png(ImageDecoder.decode(sheet)) : null;
  }

  /** On the validation images, and on the test images if the run has measured them. */
  private List<Page.Errors> errors() {
    List<Page.Errors> errors = new ArrayList<>();
    if (best != null) {
      errors.add(errors("", "", "validation", best.evaluation()));
    }
    Measurement measured = run.folder().test();
    if (measured instanceof Evaluation test) {
      errors.add(errors("test-", "Test", "test", test));
    }
    return errors;
  }

  private static Page.Errors errors(String id, String kind, String part, Evaluation evaluation) {
    String about =
        String.format(
            Locale.ROOT,
            "The best model on %s, centre crop: top-1 error %s, top-5 error %s, mean loss %.4f.",
            evaluation.images() == 1
                ? "the only " + part + " image"
                : String.format(Locale.ROOT, "the %,d %s images", evaluation.images(), part),
            ErrorTables.percent(evaluation.top1Error()),
            ErrorTables.percent(evaluation.top5Error()),
            evaluation.meanLoss());
    return new Page.Errors(id, kind, about, evaluation);
  }

  private static Page.Measured measured(BestModel best) {
    List<String> classNames = best.evaluation().classNames();
    Dataset images = best.validation();
    List<Mistake> mistakes =
        best.worst().stream()
            .map(
                prediction ->
                    new Mistake(
                        DataUri.png(DataUri.atMost(images.image(prediction.index()), IMAGE_SIDE)),
                        images.id(prediction.index()),
                        best.file(prediction.index()),
                        classNames.get(prediction.label()),
                        classNames.get(prediction.predicted()),
                        ErrorTables.percent(100 * prediction.probability())))
            .toList();
    return new Page.Measured(mistakes, best.filters());
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
    int unreadable = run.folder().passedOver().size();
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
