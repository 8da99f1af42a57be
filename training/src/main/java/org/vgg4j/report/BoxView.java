package org.vgg4j.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.vgg4j.data.BoxedObject;
import org.vgg4j.data.Dataset;
import org.vgg4j.evaluate.BoxEvaluation;
import org.vgg4j.evaluate.BoxEvaluator.Found;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.transform.Box;
import org.vgg4j.image.transform.Outline;
import org.vgg4j.image.transform.Rescale;
import org.vgg4j.network.BoxLoss;
import org.vgg4j.report.LineChart.Series;
import org.vgg4j.report.Page.BoxPicture;
import org.vgg4j.report.Page.Figure;

/** A run whose network finds boxes. */
final class BoxView implements TaskView {
  private final RunRecord run;
  private final @Nullable BestModel best;
  private final @Nullable BoxFindings found;

  BoxView(RunRecord run, @Nullable BestModel best) {
    this.run = run;
    this.best = best;
    this.found = best != null && best.findings() instanceof BoxFindings own ? own : null;
  }

  @Override
  public List<Figure> figures() {
    List<Figure> figures = new ArrayList<>();
    if (best != null && found != null) {
      BoxEvaluation evaluation = found.evaluation();
      figures.add(Figure.error("Validation, wrong boxes", evaluation.error(), best.note()));
      figures.add(
          new Figure(
              "Validation, mean overlap",
              overlap(evaluation.meanOverlap()),
              Page.count(evaluation.images(), "image")));
    }
    Double error = run.fact("testBoxError");
    Double mean = run.fact("testMeanOverlap");
    if (error != null && mean != null) {
      figures.add(Figure.error("Test, wrong boxes", error, "mean overlap: " + overlap(mean)));
    }
    return figures;
  }

  /** An overlap as text. */
  static String overlap(double value) {
    return String.format(Locale.ROOT, "%.3f", value);
  }

  @Override
  public String lossTitle() {
    return BoxLoss.of(run.text("box-loss")) == BoxLoss.SQUARED
        ? "Loss, squared error"
        : "Loss, 1 \u2212 generalised overlap";
  }

  @Override
  public List<Curves> curves() {
    MetricsTable metrics = run.metrics();
    return List.of(
        new Curves(
            "error",
            "Wrong boxes, in percent",
            List.of(
                new Series("training", "training", "first", metrics.column("train_box_error")),
                new Series("validation", "validation", "second", metrics.column("val_box_error")))),
        new Curves(
            "overlap",
            "Mean overlap",
            List.of(
                new Series(
                    "validation", "validation", "second", metrics.column("val_mean_overlap")))));
  }

  @Override
  public List<Column> columns() {
    return List.of(
        new Column("training, wrong boxes", "train_box_error", PERCENT),
        new Column("validation, wrong boxes", "val_box_error", PERCENT),
        new Column("validation, mean overlap", "val_mean_overlap", "%.4f"));
  }

  @Override
  public String aboutSamples() {
    return Page.ABOUT_SAMPLES + " In yellow, the box that the network is to find.";
  }

  /** On the validation images, and on the test images if the run has measured them. */
  @Override
  public Page.Results results() {
    List<Page.BoxErrors> errors = new ArrayList<>();
    if (found != null) {
      errors.add(errors("", "", "validation", found.evaluation()));
    }
    if (run.folder().test() instanceof BoxEvaluation test) {
      errors.add(errors("test-", "Test", "test", test));
    }
    Page.BoxPictures pictures =
        best == null || found == null
            ? null
            : new Page.BoxPictures(pictures(best, found.worst()), pictures(best, found.right()));
    return new Page.Results(List.of(), null, errors, pictures);
  }

  private static Page.BoxErrors errors(String id, String kind, String part, BoxEvaluation boxes) {
    String about =
        String.format(
            Locale.ROOT,
            "The best model on %s, centre crop, told the class: %s of the boxes are wrong, mean"
                + " overlap %s, mean loss %.4f. The overlap is that with the nearest object of the"
                + " class, intersection over union; a box is wrong if it is less than a half.",
            Page.imagesOf(boxes, part),
            ErrorTables.percent(boxes.error()),
            overlap(boxes.meanOverlap()),
            boxes.meanLoss());
    return new Page.BoxErrors(id, kind, about, boxes);
  }

  private List<BoxPicture> pictures(BestModel model, List<Found> boxes) {
    return boxes.stream().map(one -> picture(model, one)).toList();
  }

  /** The image, scaled down, with the objects of its class and then the box that was found. */
  private BoxPicture picture(BestModel model, Found one) {
    Dataset images = model.validation();
    RgbImage whole = images.image(one.index());
    RgbImage image = DataUri.thumbnail(whole);
    double across = (double) image.width() / whole.width();
    double down = (double) image.height() / whole.height();
    List<Box> objects =
        BoxedObject.ofClass(
            images.objects(one.index(), Rescale.Size.of(whole)), images.label(one.index()));
    for (Box object : objects) {
      image = Outline.draw(image, scaled(object, across, down), Outline.TRUE);
    }
    image = Outline.draw(image, scaled(one.box(), across, down), Outline.FOUND);
    return new BoxPicture(
        DataUri.png(image),
        images.id(one.index()),
        model.file(one.index()),
        images.classNames().get(images.label(one.index())),
        overlap(one.overlap()));
  }

  private static Box scaled(Box box, double across, double down) {
    return new Box(
        box.left() * across, box.top() * down, box.right() * across, box.bottom() * down);
  }
}
