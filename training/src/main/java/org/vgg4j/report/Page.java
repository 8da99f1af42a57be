package org.vgg4j.report;

import com.samskivert.mustache.Mustache;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.vgg4j.evaluate.BoxEvaluation;
import org.vgg4j.evaluate.Evaluation;
import org.vgg4j.evaluate.LabelEvaluation;
import org.vgg4j.evaluate.Measurement;
import org.vgg4j.image.transform.Outline;

/**
 * What report.html shows, ready to be printed: report.mustache uses these names, and escapes all
 * text.
 *
 * @param title the run's name
 * @param subtitle network and data
 * @param state a sentence about a run that has not finished; null if it has
 * @param folder where the run is, as it would be typed
 * @param figures what matters most
 * @param charts learning curves; none if no epoch was finished
 * @param epochs the numbers behind them; null if no epoch was finished
 * @param bestEpoch the epoch of the best model; null if that is not known
 * @param samples what training saw first, as a data URI; null if the run has no such image
 * @param aboutSamples a sentence about it
 * @param results the best model's errors
 * @param filters of the best model; null if there is none
 * @param time time and memory
 * @param configuration all options
 * @param provenance other facts that the run recorded about itself
 */
record Page(
    String title,
    String subtitle,
    @Nullable String state,
    String folder,
    List<Figure> figures,
    List<LineChart> charts,
    @Nullable Table epochs,
    @Nullable String bestEpoch,
    @Nullable String samples,
    String aboutSamples,
    Results results,
    @Nullable Filters filters,
    List<Fact> time,
    List<Fact> configuration,
    List<Fact> provenance) {

  /** What is done to training samples, whatever the task. */
  static final String ABOUT_SAMPLES =
      "The first images as training saw them: rescaled, cropped, and changed as the options below"
          + " say.";

  record Figure(String name, String value, String note) {
    static Figure error(String name, double percent, String note) {
      return new Figure(name, ErrorTables.percent(percent), note);
    }
  }

  record Table(List<String> headers, List<Row> rows) {}

  record Row(List<String> cells) {}

  record Fact(String key, String text) {}

  /**
   * What a model has shown: of one task, so two of these are there.
   *
   * @param errors of classification, for each part of the data that it was measured on
   * @param mistakes of classification; null if there is no best model
   * @param boxErrors of boxes, for each part
   * @param boxes some of them, as pictures; null if there is no best model
   * @param labelErrors of several labels an image, for each part
   * @param labelMistakes of these; null if there is no best model
   */
  record Results(
      List<Errors> errors,
      @Nullable Mistakes mistakes,
      List<BoxErrors> boxErrors,
      @Nullable BoxPictures boxes,
      List<LabelErrors> labelErrors,
      @Nullable LabelMistakes labelMistakes) {
    /** Of classification, or of boxes. */
    Results(
        List<Errors> errors,
        @Nullable Mistakes mistakes,
        List<BoxErrors> boxErrors,
        @Nullable BoxPictures boxes) {
      this(errors, mistakes, boxErrors, boxes, List.of(), null);
    }
  }

  /**
   * Labels, each with how well it is found.
   *
   * @param id prefix of the anchors on the page
   * @param kind first word of the heading
   * @param about a sentence about the measurement
   * @param evaluation the measurement
   */
  record LabelErrors(String id, String kind, String about, LabelEvaluation evaluation) {
    String classesTitle() {
      return kind.isEmpty() ? "Labels" : kind + " labels";
    }

    List<ErrorTables.LabelRow> classes() {
      return ErrorTables.labels(evaluation);
    }

    @Nullable String classesLeftOut() {
      return evaluation.classNames().size() <= ErrorTables.MOST_CLASSES
          ? null
          : "The %d of %d labels with the smallest average precision; vgg evaluate has all."
              .formatted(ErrorTables.MOST_CLASSES, evaluation.classNames().size());
    }
  }

  /** Wrong labels. */
  record LabelMistakes(List<LabelMistake> list) {
    boolean any() {
      return !list.isEmpty();
    }
  }

  /**
   * A wrong label.
   *
   * @param image the image, as a data URI
   * @param id what the data set calls it
   * @param file the same, relative to the data set's folder
   * @param what in which way it is wrong
   * @param label the class
   * @param probability that the image shows it, in percent, as text
   */
  record LabelMistake(
      String image, String id, String file, String what, String label, String probability) {}

  /** Wrong predictions. */
  record Mistakes(List<Mistake> list) {
    boolean any() {
      return !list.isEmpty();
    }
  }

  /**
   * A wrong prediction.
   *
   * @param image the image, as a data URI
   * @param id what the data set calls it
   * @param file the same, relative to the data set's folder
   * @param is its class
   * @param takenFor the predicted class
   * @param probability of that class, in percent, as text
   */
  record Mistake(
      String image, String id, String file, String is, String takenFor, String probability) {}

  /**
   * Errors per class, and what is taken for what.
   *
   * @param id prefix of the anchors on the page
   * @param kind first word of the headings
   * @param about a sentence about the measurement
   * @param evaluation the measurement
   */
  record Errors(String id, String kind, String about, Evaluation evaluation) {
    String classesTitle() {
      return kind.isEmpty() ? "Errors per class" : kind + " errors per class";
    }

    String confusionTitle() {
      return kind.isEmpty() ? "Confusion" : kind + " confusion";
    }

    List<ErrorTables.ClassRow> classes() {
      return ErrorTables.classes(evaluation);
    }

    @Nullable String classesLeftOut() {
      return ErrorTables.leftOut(evaluation, "vgg evaluate");
    }

    /** Whether table and matrix may stand side by side. */
    boolean narrow() {
      return evaluation.classNames().size() <= 12
          && evaluation.classNames().stream().allMatch(name -> name.length() <= 16);
    }

    boolean hasMatrix() {
      return !matrix().isEmpty();
    }

    List<String> classNames() {
      return evaluation.classNames();
    }

    List<ErrorTables.MatrixRow> matrix() {
      return ErrorTables.matrix(evaluation);
    }

    List<ErrorTables.Pair> pairs() {
      return ErrorTables.pairs(evaluation);
    }

    String aboutPairs() {
      return "A confusion matrix of "
          + evaluation.classNames().size()
          + " classes would be unreadable. These are the pairs of classes that were confused most"
          + " often, at most "
          + ErrorTables.MOST_PAIRS
          + "; vgg evaluate --json has the whole matrix.";
    }
  }

  /**
   * Errors of boxes, per class.
   *
   * @param id prefix of the anchors on the page
   * @param kind first word of the heading
   * @param about a sentence about the measurement
   * @param evaluation the measurement
   */
  record BoxErrors(String id, String kind, String about, BoxEvaluation evaluation) {
    String classesTitle() {
      return kind.isEmpty() ? "Boxes per class" : kind + " boxes per class";
    }

    List<ErrorTables.BoxRow> classes() {
      return ErrorTables.classes(evaluation);
    }

    @Nullable String classesLeftOut() {
      return ErrorTables.leftOut(evaluation, "vgg localize evaluate");
    }
  }

  /**
   * Boxes that the best model found, on their images.
   *
   * @param worst those with the least overlap
   * @param right some that are right
   */
  record BoxPictures(List<BoxPicture> worst, List<BoxPicture> right) {
    boolean hasWorst() {
      return !worst.isEmpty();
    }

    boolean hasRight() {
      return !right.isEmpty();
    }

    String trueColor() {
      return color(Outline.TRUE);
    }

    String foundColor() {
      return color(Outline.FOUND);
    }

    private static String color(int rgb) {
      return String.format(Locale.ROOT, "#%06x", rgb);
    }
  }

  /**
   * A box that was found.
   *
   * @param image the image with the true boxes and this one, as a data URI
   * @param id what the data set calls the image
   * @param file the same, relative to the data set's folder
   * @param is its class
   * @param overlap with the nearest true box, as text
   */
  record BoxPicture(String image, String id, String file, String is, String overlap) {}

  /** The best model's filters of the first layer. */
  record Filters(List<FilterImage> list) {
    int count() {
      return list.size();
    }

    String aboutFilters() {
      return list.size()
          + " filters of conv1_1, each "
          + FilterImage.ENLARGED
          + " times enlarged: a filter's weights for red, green and blue are the colours of its"
          + " pixels, scaled from its smallest weight (0) to its largest (255).";
    }
  }

  /** A number of things. */
  static String count(long number, String what) {
    return String.format(Locale.ROOT, "%,d %s%s", number, what, number == 1 ? "" : "s");
  }

  /** Which images were measured, for a sentence. */
  static String imagesOf(Measurement measurement, String part) {
    return measurement.images() == 1
        ? "the only " + part + " image"
        : String.format(Locale.ROOT, "the %,d %s images", measurement.images(), part);
  }

  /** The page as HTML. */
  String html() {
    return Mustache.compiler()
        .withLoader(name -> new StringReader(resource(name + ".mustache")))
        .compile(resource("report.mustache"))
        .execute(this);
  }

  private static String resource(String name) {
    try (InputStream in = Page.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is missing from the jar: build again");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
