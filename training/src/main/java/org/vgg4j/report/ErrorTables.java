package org.vgg4j.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.vgg4j.evaluate.BoxEvaluation;
import org.vgg4j.evaluate.Evaluation;
import org.vgg4j.evaluate.LabelEvaluation;
import org.vgg4j.evaluate.Measurement;

/** Which classes a network gets wrong, and what it takes them for, as the page shows it. */
final class ErrorTables {
  /**
   * A matrix of more classes would be unreadable, so the page lists its largest entries instead.
   */
  static final int MOST_CLASSES_IN_MATRIX = 25;

  static final int MOST_CLASSES = 40;
  static final int MOST_PAIRS = 40;

  /**
   * A class of the images.
   *
   * @param name the class
   * @param images how many there are
   * @param top1Error in percent, as text
   * @param share the same as a fraction
   * @param top5Error in percent, as text
   * @param taken the class that most of the wrong ones were taken for; null if none was wrong
   */
  record ClassRow(
      String name,
      int images,
      String top1Error,
      String share,
      String top5Error,
      @Nullable Taken taken) {}

  /**
   * A class of images with boxes.
   *
   * @param name the class
   * @param images how many there are
   * @param error share of wrong boxes in percent, as text
   * @param share the same as a fraction
   * @param overlap the mean, as text
   */
  record BoxRow(String name, int images, String error, String share, String overlap) {}

  /**
   * A class of images that may show several.
   *
   * @param name the class
   * @param images how many show it
   * @param averagePrecision in percent, as text
   * @param share the same as a fraction
   * @param precision at a probability of a half, in percent, as text
   * @param recall the same
   */
  record LabelRow(
      String name,
      int images,
      String averagePrecision,
      String share,
      String precision,
      String recall) {}

  /** A class that images of another were taken for, and how many of them. */
  record Taken(String other, int times) {}

  /** A row of the matrix: the images of a class, and what they were taken for. */
  record MatrixRow(String name, List<Cell> cells) {}

  /**
   * @param text the count; empty if it is zero
   * @param look right, wrong or none: a CSS class
   * @param share of the row's images, in [0, 1]
   * @param description the same in words
   */
  record Cell(String text, String look, String share, String description) {}

  /** Images of one class that were taken for another. */
  record Pair(String is, String takenFor, int images, String share) {}

  private ErrorTables() {}

  /** Classes that have images, the largest errors first; at most {@link #MOST_CLASSES}. */
  static List<ClassRow> classes(Evaluation evaluation) {
    return IntStream.range(0, evaluation.classNames().size())
        .filter(label -> evaluation.images(label) > 0)
        .boxed()
        .sorted(Comparator.comparing(label -> -evaluation.top1Error(label)))
        .limit(MOST_CLASSES)
        .map(label -> classRow(evaluation, label))
        .toList();
  }

  /** Classes that have images, the largest errors first; at most {@link #MOST_CLASSES}. */
  static List<BoxRow> classes(BoxEvaluation boxes) {
    return IntStream.range(0, boxes.classNames().size())
        .filter(label -> boxes.ofClass()[label] > 0)
        .boxed()
        .sorted(Comparator.comparing(label -> -boxes.error(label)))
        .limit(MOST_CLASSES)
        .map(
            label ->
                new BoxRow(
                    boxes.classNames().get(label),
                    boxes.ofClass()[label],
                    percent(boxes.error(label)),
                    share(boxes.wrongOfClass()[label], boxes.ofClass()[label]),
                    BoxView.overlap(boxes.meanOverlap(label))))
        .toList();
  }

  /**
   * Labels, those with the smallest average precision first, and last those that no image shows; at
   * most {@link #MOST_CLASSES}.
   */
  static List<LabelRow> labels(LabelEvaluation labels) {
    return IntStream.range(0, labels.classNames().size())
        .boxed()
        .sorted(Comparator.comparingDouble(label -> labels.averagePrecision()[label]))
        .limit(MOST_CLASSES)
        .map(
            label ->
                new LabelRow(
                    labels.classNames().get(label),
                    labels.shown()[label],
                    percentOrNone(100 * labels.averagePrecision()[label]),
                    labels.shown()[label] == 0
                        ? "0"
                        : String.format(Locale.ROOT, "%.3f", labels.averagePrecision()[label]),
                    percentOrNone(labels.precision(label)),
                    percentOrNone(labels.recall(label))))
        .toList();
  }

  private static String percentOrNone(double value) {
    return Double.isNaN(value) ? "\u2013" : percent(value);
  }

  /** A sentence about the classes that the page does not list; null if it lists all. */
  static @Nullable String leftOut(Measurement measurement, String command) {
    int classes = measurement.classNames().size();
    return classes <= MOST_CLASSES
        ? null
        : "The %d of %d classes with the largest errors; %s has all."
            .formatted(MOST_CLASSES, classes, command);
  }

  private static ClassRow classRow(Evaluation evaluation, int label) {
    int[] row = evaluation.confusion()[label];
    int most =
        IntStream.range(0, row.length)
            .filter(other -> other != label)
            .boxed()
            .max(Comparator.<Integer>comparingInt(other -> row[other]).thenComparing(o -> -o))
            .orElse(label);
    boolean any = most != label && row[most] > 0;
    return new ClassRow(
        evaluation.classNames().get(label),
        evaluation.images(label),
        percent(evaluation.top1Error(label)),
        share(evaluation.images(label) - row[label], evaluation.images(label)),
        percent(evaluation.top5Error(label)),
        any ? new Taken(evaluation.classNames().get(most), row[most]) : null);
  }

  /** The matrix; empty if there are too many classes for one. */
  static List<MatrixRow> matrix(Evaluation evaluation) {
    List<String> names = evaluation.classNames();
    List<MatrixRow> rows = new ArrayList<>();
    for (int is = 0; is < names.size() && names.size() <= MOST_CLASSES_IN_MATRIX; is++) {
      List<Cell> cells = new ArrayList<>();
      for (int taken = 0; taken < names.size(); taken++) {
        cells.add(cell(evaluation, is, taken));
      }
      rows.add(new MatrixRow(names.get(is), cells));
    }
    return rows;
  }

  private static Cell cell(Evaluation evaluation, int is, int taken) {
    int count = evaluation.confusion()[is][taken];
    return new Cell(
        count == 0 ? "" : String.valueOf(count),
        count == 0 ? "none" : is == taken ? "right" : "wrong",
        share(count, evaluation.images(is)),
        String.format(
            Locale.ROOT,
            "%d of %d of class %s taken for %s",
            count,
            evaluation.images(is),
            evaluation.classNames().get(is),
            evaluation.classNames().get(taken)));
  }

  /** The largest entries off the diagonal, the largest first. */
  static List<Pair> pairs(Evaluation evaluation) {
    List<int[]> entries = new ArrayList<>();
    for (int is = 0; is < evaluation.confusion().length; is++) {
      for (int taken = 0; taken < evaluation.confusion().length; taken++) {
        if (is != taken && evaluation.confusion()[is][taken] > 0) {
          entries.add(new int[] {is, taken, evaluation.confusion()[is][taken]});
        }
      }
    }
    return entries.stream()
        .sorted(Comparator.comparingInt(entry -> -entry[2]))
        .limit(MOST_PAIRS)
        .map(
            entry ->
                new Pair(
                    evaluation.classNames().get(entry[0]),
                    evaluation.classNames().get(entry[1]),
                    entry[2],
                    percent(100.0 * entry[2] / evaluation.images(entry[0]))))
        .toList();
  }

  private static String share(int part, int whole) {
    return String.format(Locale.ROOT, "%.3f", (double) part / Math.max(1, whole));
  }

  /** A percentage with a non-breaking space before its sign. */
  static String percent(double value) {
    return String.format(Locale.ROOT, "%.1f\u00a0%%", value);
  }
}
