package org.vgg4j.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.vgg4j.data.Dataset;
import org.vgg4j.evaluate.Evaluation;
import org.vgg4j.report.LineChart.Series;
import org.vgg4j.report.Page.Figure;
import org.vgg4j.report.Page.Mistake;
import org.vgg4j.train.RecallFile;

/** A run whose network classifies. */
final class ClassView implements TaskView {
  private final RunRecord run;
  private final @Nullable BestModel best;
  private final @Nullable ClassFindings found;

  ClassView(RunRecord run, @Nullable BestModel best) {
    this.run = run;
    this.best = best;
    this.found = best != null && best.findings() instanceof ClassFindings own ? own : null;
  }

  @Override
  public List<Figure> figures() {
    List<Figure> figures = new ArrayList<>();
    if (best != null && found != null) {
      Evaluation evaluation = found.evaluation();
      figures.add(Figure.error("Validation error, top-1", evaluation.top1Error(), best.note()));
      figures.add(
          Figure.error(
              "Validation error, top-5",
              evaluation.top5Error(),
              Page.count(evaluation.images(), "image")));
    }
    Double top1 = run.fact("testTop1Error");
    Double top5 = run.fact("testTop5Error");
    if (top1 != null && top5 != null) {
      figures.add(Figure.error("Test error, top-1", top1, "top-5: " + ErrorTables.percent(top5)));
    }
    return figures;
  }

  @Override
  public String lossTitle() {
    return "Loss, in nats";
  }

  @Override
  public List<Curves> curves() {
    MetricsTable metrics = run.metrics();
    List<Curves> curves = new ArrayList<>();
    curves.add(
        new Curves(
            "error",
            "Error, in percent",
            List.of(
                new Series(
                    "training top-1", "training", "first", metrics.column("train_top1_error")),
                new Series("validation top-1", "top-1", "second", metrics.column("val_top1_error")),
                new Series(
                    "validation top-5", "top-5", "third", metrics.column("val_top5_error")))));
    double[] balanced = RecallFile.balancedAccuracy(run.folder().recall(), metrics.column("epoch"));
    double[] accuracy =
        Arrays.stream(metrics.column("val_top1_error")).map(error -> 100 - error).toArray();
    if (differ(accuracy, balanced)) {
      curves.add(
          new Curves(
              "balanced",
              "Accuracy of validation images, in percent",
              List.of(
                  new Series("of all images", "images", "first", accuracy),
                  new Series("balanced: the classes' mean", "classes", "second", balanced))));
    }
    return curves;
  }

  /**
   * Where all classes have as many validation images, the curves are one; of a run that an older
   * version began some epochs are missing.
   */
  private static boolean differ(double[] accuracy, double[] balanced) {
    return Arrays.stream(balanced).noneMatch(Double::isNaN)
        && IntStream.range(0, accuracy.length)
            .anyMatch(i -> Math.abs(accuracy[i] - balanced[i]) > 0.01);
  }

  @Override
  public List<Column> columns() {
    return List.of(
        new Column("training top-1 error", "train_top1_error", PERCENT),
        new Column("validation top-1 error", "val_top1_error", PERCENT),
        new Column("validation top-5 error", "val_top5_error", PERCENT));
  }

  @Override
  public String aboutSamples() {
    return Page.ABOUT_SAMPLES;
  }

  /** On the validation images, and on the test images if the run has measured them. */
  @Override
  public Page.Results results() {
    List<Page.Errors> errors = new ArrayList<>();
    if (found != null) {
      errors.add(errors("", "", "validation", found.evaluation()));
    }
    if (run.folder().test() instanceof Evaluation test) {
      errors.add(errors("test-", "Test", "test", test));
    }
    Page.Mistakes mistakes = best == null || found == null ? null : mistakes(best, found);
    return new Page.Results(errors, mistakes, List.of(), null);
  }

  private static Page.Errors errors(String id, String kind, String part, Evaluation evaluation) {
    String about =
        String.format(
            Locale.ROOT,
            "The best model on %s, centre crop: top-1 error %s, top-5 error %s, balanced accuracy"
                + " %s (the mean of the classes'), mean loss %.4f.",
            Page.imagesOf(evaluation, part),
            ErrorTables.percent(evaluation.top1Error()),
            ErrorTables.percent(evaluation.top5Error()),
            ErrorTables.percent(evaluation.balancedAccuracy()),
            evaluation.meanLoss());
    return new Page.Errors(id, kind, about, evaluation);
  }

  private static Page.Mistakes mistakes(BestModel best, ClassFindings found) {
    List<String> classNames = found.evaluation().classNames();
    Dataset images = best.validation();
    return new Page.Mistakes(
        found.worst().stream()
            .map(
                prediction ->
                    new Mistake(
                        DataUri.png(DataUri.thumbnail(images.image(prediction.index()))),
                        images.id(prediction.index()),
                        best.file(prediction.index()),
                        classNames.get(prediction.label()),
                        classNames.get(prediction.predicted()),
                        ErrorTables.percent(100 * prediction.probability())))
            .toList());
  }
}
