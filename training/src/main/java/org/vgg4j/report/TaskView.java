package org.vgg4j.report;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vgg4j.report.LineChart.Series;

/** What the page of a run shows of the task that its network learns. */
interface TaskView {
  /**
   * Curves over the epochs.
   *
   * @param id of the chart within the page
   */
  record Curves(String id, String title, List<Series> series) {}

  /**
   * A column of the table of epochs.
   *
   * @param name in metrics.csv
   * @param format of its numbers
   */
  record Column(String header, String name, String format) {}

  /** A percentage in the table of epochs. */
  String PERCENT = "%.2f\u00a0%%";

  /** The view that the run's task requires. */
  static TaskView of(RunRecord run, @Nullable BestModel best) {
    return switch (run.task()) {
      case CLASSIFICATION -> new ClassView(run, best);
      case LABELS -> new LabelView(run, best);
      case SINGLE_BOX, BOX_PER_CLASS -> new BoxView(run, best);
    };
  }

  /** What matters most: the best model's errors, and those on the test images. */
  List<Page.Figure> figures();

  /** What the loss is, with its unit. */
  String lossTitle();

  /** What to draw beside loss and learning rate. */
  List<Curves> curves();

  /** What to list beside losses. */
  List<Column> columns();

  /** What the image of training samples shows. */
  String aboutSamples();

  /** The best model's errors, and what they look like. */
  Page.Results results();
}
