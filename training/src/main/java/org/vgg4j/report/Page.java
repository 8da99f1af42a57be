package org.vgg4j.report;

import com.samskivert.mustache.Mustache;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vgg4j.evaluate.Evaluation;

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
 * @param errors the best model's errors, for each part of the data that it was measured on
 * @param measured the best model; null if there is none
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
    List<Errors> errors,
    @Nullable Measured measured,
    List<Fact> time,
    List<Fact> configuration,
    List<Fact> provenance) {

  record Figure(String name, String value, String note) {}

  record Table(List<String> headers, List<Row> rows) {}

  record Row(List<String> cells) {}

  record Fact(String key, String text) {}

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
      int classes = evaluation.classNames().size();
      return classes <= ErrorTables.MOST_CLASSES
          ? null
          : "The "
              + ErrorTables.MOST_CLASSES
              + " of "
              + classes
              + " classes with the largest errors; vgg evaluate has all.";
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

  /** The best model: its worst mistakes, and its filters. */
  record Measured(List<Mistake> mistakes, List<FilterImage> filters) {
    boolean hasMistakes() {
      return !mistakes.isEmpty();
    }

    int filterCount() {
      return filters.size();
    }

    String aboutFilters() {
      return filters.size()
          + " filters of conv1_1, each "
          + FilterImage.ENLARGED
          + " times enlarged: a filter's weights for red, green and blue are the colours of its"
          + " pixels, scaled from its smallest weight (0) to its largest (255).";
    }
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
