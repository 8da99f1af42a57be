package org.vgg4j.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vgg4j.evaluate.Evaluation;
import org.vgg4j.evaluate.Posteriors;
import org.vgg4j.evaluate.Significance;

/**
 * What {@code vgg evaluate} reports, as text or as JSON.
 *
 * @param posteriors of one network, or of several fused
 * @param submission a sentence about the submission that was written; null if none was
 * @param roundingErrors see {@link FcWeightsOption}; empty without rounding
 * @param fcWeights how the weights of the fully connected layers were held
 * @param comparedWith stored posteriors; null without comparison
 * @param comparison with these; null without comparison
 */
record EvaluationResult(
    Posteriors posteriors,
    @Nullable String submission,
    Map<String, Double> roundingErrors,
    String fcWeights,
    @Nullable Path comparedWith,
    Significance.@Nullable Comparison comparison) {
  private static final int MOST_CLASSES_IN_CONFUSION = 20;

  Map<String, Object> asMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("networks", posteriors.about().stream().map(EvaluationResult::aboutAsMap).toList());
    map.put("fcWeights", fcWeights);
    map.put("fcRoundingErrors", roundingErrors);
    map.put("images", posteriors.images());
    map.put("unreadable", unreadable(posteriors));
    if (submission != null) {
      map.put("submission", submission);
    }
    if (posteriors.isLabelled()) {
      addFigures(map);
    }
    return map;
  }

  /** The images that were passed over. */
  static List<String> unreadable(Posteriors posteriors) {
    return posteriors.about().stream()
        .flatMap(about -> about.unreadable().stream())
        .distinct()
        .toList();
  }

  private void addFigures(Map<String, Object> map) {
    Evaluation evaluation = posteriors.evaluation();
    List<Map<String, Object>> classes = new ArrayList<>();
    for (int label = 0; label < evaluation.classNames().size(); label++) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("label", evaluation.classNames().get(label));
      one.put("images", evaluation.images(label));
      boolean any = evaluation.images(label) > 0;
      one.put("top1Error", any ? evaluation.top1Error(label) : null);
      one.put("top5Error", any ? evaluation.top5Error(label) : null);
      classes.add(one);
    }
    map.put("top1Error", evaluation.top1Error());
    map.put("top1Interval", interval(evaluation.wrong(), evaluation.images()));
    map.put("top5Error", evaluation.top5Error());
    map.put("top5Interval", interval(evaluation.wrongAmongFive(), evaluation.images()));
    map.put("balancedAccuracy", evaluation.balancedAccuracy());
    map.put("meanLoss", evaluation.meanLoss());
    map.put("calibrationError", Significance.calibrationError(posteriors));
    if (comparison != null) {
      map.put("comparedWith", String.valueOf(comparedWith));
      map.put("comparison", comparison);
    }
    map.put("classes", classes);
    map.put("confusion", evaluation.confusion());
  }

  private static Map<String, Object> aboutAsMap(Posteriors.About about) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("model", about.model());
    map.put("data", about.data());
    map.put("protocol", about.protocol().label());
    map.put("flip", about.mirrored());
    map.put("grid", about.grid() == 0 ? null : about.grid());
    map.put("testScales", about.testScales());
    map.put("crop", about.crop());
    map.put("windowsPerImage", about.windowsPerImage());
    map.put("smallestMap", about.smallestMap());
    map.put("largestMap", about.largestMap());
    map.put("relativeCost", about.relativeCost());
    map.put("secondsPerImage", about.secondsPerImage());
    return map;
  }

  private static double[] interval(int wrong, int images) {
    Significance.Interval interval = Significance.wilson(wrong, images);
    return new double[] {interval.low(), interval.high()};
  }

  String asText() {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "%s: %d images%s%n",
            posteriors.about().get(0).data(),
            posteriors.images(),
            unreadable(posteriors).isEmpty()
                ? ""
                : ", without %d that cannot be read".formatted(unreadable(posteriors).size())));
    if (posteriors.about().size() > 1) {
      text.append("mean of the posteriors of\n");
    }
    posteriors.about().forEach(about -> text.append(sentence(about)));
    if (!roundingErrors.isEmpty()) {
      text.append(FcWeightsOption.sentence(roundingErrors)).append('\n');
    }
    if (submission != null) {
      text.append(submission).append('\n');
    }
    return posteriors.isLabelled() ? text.append(figures()).toString() : text.toString();
  }

  private StringBuilder figures() {
    Evaluation evaluation = posteriors.evaluation();
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "%ntop-1 error %.2f %% (95 %%: %s), top-5 error %.2f %% (95 %%: %s)%nbalanced accuracy"
                + " %.2f %% (mean of the classes), mean loss %.4f, calibration error %.4f%n",
            evaluation.top1Error(),
            text(Significance.wilson(evaluation.wrong(), evaluation.images())),
            evaluation.top5Error(),
            text(Significance.wilson(evaluation.wrongAmongFive(), evaluation.images())),
            evaluation.balancedAccuracy(),
            evaluation.meanLoss(),
            Significance.calibrationError(posteriors)));
    if (comparison != null) {
      text.append(
          String.format(
              Locale.ROOT,
              "against %s: %d images only this one got right, %d only that one; p = %.3g (McNemar's"
                  + " exact test)%n",
              comparedWith,
              comparison.onlyFirstRight(),
              comparison.onlySecondRight(),
              comparison.probability()));
    }
    return text.append('\n').append(perClass(evaluation)).append(confusion(evaluation));
  }

  private static String sentence(Posteriors.About about) {
    String scales = String.join(", ", about.testScales().stream().map(String::valueOf).toList());
    String maps =
        about.smallestMap().equals(about.largestMap())
            ? about.smallestMap()
            : about.smallestMap() + " to " + about.largestMap();
    return String.format(
        Locale.ROOT,
        "%s: %s, Q = %s, crop %d; %.1f windows per image, score maps %s; %.1f ms per image, %.1f"
            + " times the multiply-adds of a centre crop%n",
        about.model(),
        about.plan().label(),
        scales,
        about.crop(),
        about.windowsPerImage(),
        maps,
        1000 * about.secondsPerImage(),
        about.relativeCost());
  }

  private static String text(Significance.Interval interval) {
    return String.format(Locale.ROOT, "%.2f to %.2f", interval.low(), interval.high());
  }

  private static TextTable perClass(Evaluation evaluation) {
    TextTable table = new TextTable().row("class", "images", "top-1 error", "top-5 error");
    for (int label = 0; label < evaluation.classNames().size(); label++) {
      table.row(
          evaluation.classNames().get(label),
          evaluation.images(label),
          percent(evaluation.top1Error(label)),
          percent(evaluation.top5Error(label)));
    }
    return table;
  }

  private static String percent(double error) {
    return Double.isNaN(error) ? "-" : String.format(Locale.ROOT, "%.2f %%", error);
  }

  private static String confusion(Evaluation evaluation) {
    int classes = evaluation.classNames().size();
    if (classes > MOST_CLASSES_IN_CONFUSION) {
      return "\nThe confusion matrix of " + classes + " classes is in --json.\n";
    }
    List<Object> header = new ArrayList<>(List.of("is \\ taken for"));
    for (int label = 0; label < classes; label++) {
      header.add(label);
    }
    TextTable table = new TextTable().row(header.toArray());
    for (int label = 0; label < classes; label++) {
      List<Object> row = new ArrayList<>();
      row.add(label + " " + evaluation.classNames().get(label));
      for (int count : evaluation.confusion()[label]) {
        row.add(count);
      }
      table.row(row.toArray());
    }
    return "\n" + table;
  }
}
