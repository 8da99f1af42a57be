package org.vgg4j.cli;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vgg4j.Prediction;
import org.vgg4j.data.CsvLine;

/** Prints what {@code vgg classify} finds, image by image, in one of its formats. */
abstract class ClassifyPrinter {
  /** The result for an image in which no class is probable enough. */
  static final String NONE = "none of these";

  /** How results look. */
  enum Form {
    TEXT,
    CSV,
    JSON,
    JSON_LINES
  }

  private final PrintWriter out;
  private final @Nullable Double least;

  ClassifyPrinter(PrintWriter out, @Nullable Double least) {
    this.out = out;
    this.least = least;
  }

  /**
   * @param out where results go
   * @param least the probability below which the best class is none; null: there is no such limit
   */
  static ClassifyPrinter of(Form form, PrintWriter out, @Nullable Double least) {
    return switch (form) {
      case TEXT -> new AsText(out, least);
      case CSV -> new AsCsv(out, least);
      case JSON -> new AsJson(out, least);
      case JSON_LINES -> new AsJsonLines(out, least);
    };
  }

  /** Prints what comes before the first image. */
  final void begin() {
    out.print(head());
  }

  /**
   * Prints an image's result; {@link #flush} hands it on.
   *
   * @param name of the image
   * @param predictions best first, at least one
   */
  final void print(String name, List<Prediction> predictions) {
    out.print(result(name, predictions)); // in one piece
  }

  /** Hands on what was printed. */
  final void flush() {
    out.flush();
  }

  /** Prints what comes after the last image. */
  final void end() {
    out.print(tail());
    out.flush();
  }

  /** Whether there is a limit. */
  final boolean isLimited() {
    return least != null;
  }

  /** The limit, as a percentage. */
  final String limit() {
    return String.format(Locale.ROOT, "%.2f %%", 100 * (least == null ? 0 : least));
  }

  /** The best class, or that it is none of them. */
  final String result(List<Prediction> predictions) {
    Prediction best = predictions.get(0);
    return least != null && best.probability() < least ? NONE : best.label();
  }

  /** Whether the best class is not probable enough. */
  final boolean isNone(List<Prediction> predictions) {
    return least != null && predictions.get(0).probability() < least;
  }

  /** An image's result by the names that JSON has. */
  final Map<String, Object> asMap(String name, List<Prediction> predictions) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("file", name);
    if (least != null) {
      map.put("result", result(predictions));
    }
    map.put("predictions", predictions);
    return map;
  }

  String head() {
    return "";
  }

  abstract String result(String name, List<Prediction> predictions);

  String tail() {
    return "";
  }

  private static final class AsText extends ClassifyPrinter {
    AsText(PrintWriter out, @Nullable Double least) {
      super(out, least);
    }

    @Override
    String result(String name, List<Prediction> predictions) {
      StringBuilder text = new StringBuilder(name).append(System.lineSeparator());
      if (isNone(predictions)) {
        text.append(String.format("  %s (no class reaches %s)%n", NONE, limit()));
      }
      for (Prediction prediction : predictions) {
        text.append(
            String.format(
                Locale.ROOT,
                "  %6.2f %%  %s%n",
                100 * prediction.probability(),
                prediction.label()));
      }
      return text.toString();
    }
  }

  private static final class AsCsv extends ClassifyPrinter {
    AsCsv(PrintWriter out, @Nullable Double least) {
      super(out, least);
    }

    @Override
    String head() {
      return "file,rank,label,index,probability%s%n".formatted(isLimited() ? ",result" : "");
    }

    @Override
    String result(String name, List<Prediction> predictions) {
      String end = isLimited() ? "," + CsvLine.quoted(result(predictions)) : "";
      StringBuilder lines = new StringBuilder();
      int rank = 1;
      for (Prediction prediction : predictions) {
        lines.append(
            String.format(
                Locale.ROOT,
                "%s,%d,%s,%d,%.6f%s%n",
                CsvLine.quoted(name),
                rank++,
                CsvLine.quoted(prediction.label()),
                prediction.index(),
                prediction.probability(),
                end));
      }
      return lines.toString();
    }
  }

  /** An array; printed element by element, it looks as if it had been printed whole. */
  private static final class AsJson extends ClassifyPrinter {
    private boolean any;

    AsJson(PrintWriter out, @Nullable Double least) {
      super(out, least);
    }

    @Override
    String head() {
      return "[ ";
    }

    @Override
    String result(String name, List<Prediction> predictions) {
      String element = (any ? ", " : "") + Json.of(asMap(name, predictions));
      any = true;
      return element;
    }

    @Override
    String tail() {
      return (any ? " ]" : "]") + System.lineSeparator();
    }
  }

  private static final class AsJsonLines extends ClassifyPrinter {
    AsJsonLines(PrintWriter out, @Nullable Double least) {
      super(out, least);
    }

    @Override
    String result(String name, List<Prediction> predictions) {
      return Json.line(asMap(name, predictions)) + "\n";
    }
  }
}
