package org.vgg4j.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.vgg4j.data.Dataset;
import org.vgg4j.evaluate.LabelEvaluation;
import org.vgg4j.evaluate.LabelScores;
import org.vgg4j.report.LineChart.Series;
import org.vgg4j.report.Page.Figure;

/** A run whose images may show several classes each. */
final class LabelView implements TaskView {
  private final RunRecord run;
  private final @Nullable BestModel best;
  private final @Nullable LabelFindings found;

  LabelView(RunRecord run, @Nullable BestModel best) {
    this.run = run;
    this.best = best;
    this.found = best != null && best.findings() instanceof LabelFindings own ? own : null;
  }

  @Override
  public List<Figure> figures() {
    List<Figure> figures = new ArrayList<>();
    if (best != null && found != null) {
      LabelEvaluation evaluation = found.evaluation();
      figures.add(Figure.error("Validation, mAP", evaluation.meanAveragePrecision(), best.note()));
      figures.add(
          Figure.error(
              "Validation, F1", evaluation.f1(), Page.count(evaluation.images(), "image")));
    }
    Double precision = run.fact("testMap");
    Double f1 = run.fact("testF1");
    if (precision != null && f1 != null) {
      figures.add(Figure.error("Test, mAP", precision, "F1: " + ErrorTables.percent(f1)));
    }
    return figures;
  }

  @Override
  public String lossTitle() {
    return "Loss, in nats a label";
  }

  @Override
  public List<Curves> curves() {
    MetricsTable metrics = run.metrics();
    return List.of(
        new Curves(
            "precision",
            "Validation, in percent",
            List.of(
                new Series("mean average precision", "mAP", "first", metrics.column("val_map")),
                new Series("F1", "F1", "second", metrics.column("val_f1")))),
        new Curves(
            "error",
            "Training images with a wrong label, in percent",
            List.of(
                new Series("training", "training", "first", metrics.column("train_image_error")))));
  }

  @Override
  public List<Column> columns() {
    return List.of(
        new Column("training images with a wrong label", "train_image_error", PERCENT),
        new Column("validation mAP", "val_map", PERCENT),
        new Column("validation F1", "val_f1", PERCENT));
  }

  @Override
  public String aboutSamples() {
    return Page.ABOUT_SAMPLES;
  }

  /** On the validation images, and on the test images if the run has measured them. */
  @Override
  public Page.Results results() {
    List<Page.LabelErrors> errors = new ArrayList<>();
    if (found != null) {
      errors.add(errors("", "", "validation", found.evaluation()));
    }
    if (run.folder().test() instanceof LabelEvaluation test) {
      errors.add(errors("test-", "Test", "test", test));
    }
    Page.LabelMistakes mistakes = best == null || found == null ? null : mistakes(best, found);
    return new Page.Results(List.of(), null, List.of(), null, errors, mistakes);
  }

  private static Page.LabelErrors errors(
      String id, String kind, String part, LabelEvaluation labels) {
    int missing = labels.classNames().size() - labels.classesShown();
    String about =
        String.format(
            Locale.ROOT,
            "The best model on %s, centre crop: mean average precision %s, F1 %s (all labels"
                + " together, at a probability of a half), mean loss %.4f.%s",
            Page.imagesOf(labels, part),
            ErrorTables.percent(labels.meanAveragePrecision()),
            ErrorTables.percent(labels.f1()),
            labels.meanLoss(),
            missing == 0
                ? ""
                : " No image shows " + Page.count(missing, "label") + ", which do not count.");
    return new Page.LabelErrors(id, kind, about, labels);
  }

  private static Page.LabelMistakes mistakes(BestModel best, LabelFindings found) {
    List<String> classNames = found.evaluation().classNames();
    return new Page.LabelMistakes(
        found.worst().stream()
            .map(one -> mistake(best, one, classNames.get(one.label())))
            .toList());
  }

  private static Page.LabelMistake mistake(BestModel best, LabelScores.Mistake one, String label) {
    Dataset images = best.validation();
    boolean taken = one.probability() >= LabelEvaluation.THRESHOLD;
    return new Page.LabelMistake(
        DataUri.png(DataUri.thumbnail(images.image(one.image()))),
        images.id(one.image()),
        best.file(one.image()),
        taken ? "found, but not shown:" : "missed:",
        label,
        ErrorTables.percent(100 * one.probability()));
  }
}
