package org.vgg4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.report.RatePage;
import org.vgg4j.train.RateTest;
import org.vgg4j.train.TrainingConfig;

/** Finds a learning rate, prints how, and writes the curve. */
final class RateFinder {
  private static final String CSV = "rates.csv";
  private static final String PAGE = "rates.html";

  private final PrintWriter out;
  private final PrintWriter notes;
  private final ProgressLine line;
  private boolean stopped;

  /**
   * @param notes gets how the options were understood
   */
  RateFinder(PrintWriter out, PrintWriter notes, ProgressLine line) {
    this.out = out;
    this.notes = notes;
    this.line = line;
  }

  /**
   * Runs the test.
   *
   * @param steps how many at most
   * @param folder where the curve is written; made, and must hold nothing else
   * @return the result for programs
   * @throws InputException if the options do not allow it, or a file cannot be written
   */
  Map<String, Object> run(TrainingConfig config, int steps, Path folder, StopSignal stop) {
    prepare(folder);
    RateTest test =
        RateTest.of(
            config,
            steps,
            notes::println,
            point ->
                line.show(
                    String.format(
                        Locale.ROOT,
                        "step %d/%d: rate %.1e, loss %.3f",
                        point.step(),
                        steps,
                        point.rate(),
                        point.loss())),
            stop::requested);
    line.clear();
    stopped = stop.requested();
    Map<String, Object> result = new LinkedHashMap<>();
    Double suggestion = test.suggestion();
    result.put("suggestedRate", suggestion);
    result.put("suggestedRates", suggestion == null ? null : rates(config, suggestion));
    result.put("explanation", test.explanation());
    result.put("steps", test.points().size());
    result.put("diverged", test.diverged());
    if (test.points().isEmpty()) {
      out.println("stopped before the first step");
      return result;
    }
    Path csv = folder.resolve(CSV);
    Path page = folder.resolve(PAGE);
    AtomicFile.write(csv, csv(test.points()));
    RatePage.write(page, test);
    result.put("csv", csv.toString());
    result.put("page", page.toString());
    out.println(
        suggestion == null
            ? "No learning rate can be suggested: %s.".formatted(test.explanation())
            : "Suggested learning rate: %s, %s."
                .formatted(asOptions(rates(config, suggestion)), test.explanation()));
    out.printf("The curve is in %s and %s.%n", page, csv);
    out.flush();
    return result;
  }

  /** Layers with rates of their own were tried at these in proportion, and are to stay so. */
  private static Map<String, Double> rates(TrainingConfig config, double suggestion) {
    return config.sgd().layerRates().optionsAt(config.sgd().learningRate(), suggestion);
  }

  private static String asOptions(Map<String, Double> rates) {
    return rates.entrySet().stream()
        .map(rate -> "--" + rate.getKey() + " " + rate.getValue())
        .collect(Collectors.joining(" "));
  }

  /** Whether it was asked to stop before its end. */
  boolean wasStopped() {
    return stopped;
  }

  private static void prepare(Path folder) {
    try {
      Files.createDirectories(folder);
      try (Stream<Path> content = Files.list(folder)) {
        if (content.anyMatch(file -> !Set.of(CSV, PAGE).contains(file.getFileName().toString()))) {
          throw new InputException(
              "folder %s is not empty: give another folder (option out)".formatted(folder));
        }
      }
    } catch (IOException e) {
      throw new InputException("cannot make the folder " + folder + ": " + AtomicFile.reason(e), e);
    }
  }

  private static String csv(List<RateTest.Point> points) {
    StringBuilder text = new StringBuilder("step,rate,loss,smoothed_loss\n");
    for (RateTest.Point point : points) {
      text.append(
          String.format(
              Locale.ROOT,
              "%d,%.6e,%.6f,%.6f\n",
              point.step(),
              point.rate(),
              point.loss(),
              point.smoothed()));
    }
    return text.toString();
  }
}
