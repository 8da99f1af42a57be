package org.vgg4j.cli;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.vgg4j.Prediction;
import org.vgg4j.data.CsvLine;

/** Prints which labels {@code vgg classify} finds in images that may show several. */
final class LabelPrinter extends ClassifyPrinter {
  private final Form form;
  private final double threshold;
  private boolean any;

  private LabelPrinter(Form form, PrintWriter out, double threshold) {
    super(out, threshold);
    this.form = form;
    this.threshold = threshold;
  }

  /**
   * @param out where results go
   * @param threshold the probability from which on a label is named
   */
  static ClassifyPrinter of(Form form, PrintWriter out, double threshold) {
    return new LabelPrinter(form, out, threshold);
  }

  @Override
  String head() {
    return switch (form) {
      case TEXT, JSON_LINES -> "";
      case CSV -> "file,rank,label,index,probability,shown%n".formatted();
      case JSON -> "[ ";
    };
  }

  @Override
  String result(String name, List<Prediction> predictions) {
    return switch (form) {
      case TEXT -> text(name, predictions);
      case CSV -> csv(name, predictions);
      case JSON -> element(labels(name, predictions));
      case JSON_LINES -> Json.line(labels(name, predictions)) + "\n";
    };
  }

  @Override
  String tail() {
    return form == Form.JSON ? (any ? " ]" : "]") + System.lineSeparator() : "";
  }

  private boolean isShown(Prediction prediction) {
    return prediction.probability() >= threshold;
  }

  private String text(String name, List<Prediction> predictions) {
    StringBuilder text = new StringBuilder(name).append(System.lineSeparator());
    List<Prediction> shown = predictions.stream().filter(this::isShown).toList();
    if (shown.isEmpty()) {
      Prediction best = predictions.get(0);
      text.append(
          String.format(
              Locale.ROOT,
              "  %s (no label reaches %s; the best, %s, has %.2f %%)%n",
              NONE,
              limit(),
              best.label(),
              100 * best.probability()));
    }
    for (Prediction one : shown) {
      text.append(
          String.format(Locale.ROOT, "  %6.2f %%  %s%n", 100 * one.probability(), one.label()));
    }
    return text.toString();
  }

  /** All labels have a line, whether they are shown or not. */
  private String csv(String name, List<Prediction> predictions) {
    StringBuilder lines = new StringBuilder();
    int rank = 1;
    for (Prediction one : predictions) {
      lines.append(
          String.format(
              Locale.ROOT,
              "%s,%d,%s,%d,%.6f,%d%n",
              CsvLine.quoted(name),
              rank++,
              CsvLine.quoted(one.label()),
              one.index(),
              one.probability(),
              isShown(one) ? 1 : 0));
    }
    return lines.toString();
  }

  private Map<String, Object> labels(String name, List<Prediction> predictions) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("file", name);
    map.put("labels", predictions.stream().filter(this::isShown).map(Prediction::label).toList());
    map.put("predictions", predictions);
    return map;
  }

  private String element(Map<String, Object> map) {
    String element = (any ? ", " : "") + Json.of(map);
    any = true;
    return element;
  }
}
