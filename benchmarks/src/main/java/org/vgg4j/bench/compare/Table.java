package org.vgg4j.bench.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Formats results as Markdown, for a terminal or a document. */
final class Table {
  private Table() {}

  /** One table. */
  static String of(Result result) {
    String reference = result.reference().title();
    List<List<String>> rows = new ArrayList<>();
    rows.add(
        List.of(
            "engine",
            "ms/image",
            "rounds",
            "images/s",
            "time / " + reference + "'s",
            "peak memory, MiB",
            "scores differ by"));
    for (Result.Measured one : result.engines()) {
      Long peak = one.peakBytes();
      rows.add(
          List.of(
              one.title(),
              number(one.medianMsPerImage()),
              number(one.fastestMsPerImage()) + "-" + number(one.slowestMsPerImage()),
              number(one.imagesPerSecond()),
              String.format(Locale.ROOT, "%.2f", one.timesReference()),
              peak == null ? "unknown" : String.format(Locale.ROOT, "%,d", peak >> 20),
              one.equals(result.reference())
                  ? "-"
                  : String.format(Locale.ROOT, "%.1g", one.scoreDifference())));
    }
    return String.format(
        Locale.ROOT,
        "**%s** (%d threads, median of %d rounds, vgg4j %s, Java %s)%n%n%s",
        result.workload().title(),
        result.threads(),
        result.rounds(),
        result.version(),
        result.java(),
        lines(rows));
  }

  /** Three significant digits, or all digits before the point. */
  private static String number(double value) {
    int digits = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3;
    return String.format(Locale.ROOT, "%." + digits + "f", value);
  }

  private static String lines(List<List<String>> rows) {
    int columns = rows.get(0).size();
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int i = 0; i < columns; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    StringBuilder text = new StringBuilder();
    for (List<String> row : rows) {
      for (int i = 0; i < columns; i++) {
        String padding = " ".repeat(widths[i] - row.get(i).length());
        text.append("| ").append(i == 0 ? row.get(i) + padding : padding + row.get(i)).append(' ');
      }
      text.append("|\n");
      if (row == rows.get(0)) {
        for (int i = 0; i < columns; i++) {
          text.append(i == 0 ? "|:" : "|-")
              .append("-".repeat(widths[i]))
              .append(i == 0 ? "-" : ":");
        }
        text.append("|\n");
      }
    }
    return text.toString();
  }
}
