package org.vgg4j.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.vgg4j.evaluate.LabelEvaluation;
import org.vgg4j.evaluate.LabelEvaluationJson;

/**
 * What {@code vgg evaluate} reports of a model with several labels an image, as text or as JSON.
 *
 * @param model its file
 * @param data what the images are called
 * @param evaluation what was measured
 * @param unreadable the images that were passed over
 * @param roundingErrors see {@link FcWeightsOption}; empty without rounding
 * @param fcWeights how the weights of the fully connected layers were held
 */
record LabelResult(
    Path model,
    String data,
    LabelEvaluation evaluation,
    List<String> unreadable,
    Map<String, Double> roundingErrors,
    String fcWeights) {
  Map<String, Object> asMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("model", model.toString());
    map.put("data", data);
    map.put("fcWeights", fcWeights);
    map.put("fcRoundingErrors", roundingErrors);
    map.put("unreadable", unreadable);
    map.putAll(LabelEvaluationJson.asMap(evaluation));
    return map;
  }

  String asText() {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "%s on %s, %,d image%s%s, centre crop:%n",
            model,
            data,
            evaluation.images(),
            evaluation.images() == 1 ? "" : "s",
            unreadable.isEmpty()
                ? ""
                : ", without %d that cannot be read".formatted(unreadable.size())));
    if (!roundingErrors.isEmpty()) {
      text.append(FcWeightsOption.sentence(roundingErrors)).append(System.lineSeparator());
    }
    text.append(
        String.format(
            Locale.ROOT,
            "%nmean average precision (mAP) %s%nF1 of all labels, at a probability of a half"
                + " %s%nmean loss %.4f%n%n",
            percent(evaluation.meanAveragePrecision()),
            percent(evaluation.f1()),
            evaluation.meanLoss()));
    TextTable table =
        new TextTable().row("label", "shown by", "average precision", "precision", "recall", "F1");
    for (int k = 0; k < evaluation.classNames().size(); k++) {
      table.row(
          evaluation.classNames().get(k),
          evaluation.shown()[k],
          percent(100 * evaluation.averagePrecision()[k]),
          percent(evaluation.precision(k)),
          percent(evaluation.recall(k)),
          percent(evaluation.f1(k)));
    }
    text.append(table);
    int missing = evaluation.classNames().size() - evaluation.classesShown();
    if (missing > 0) {
      text.append(
          String.format("%nLabels that no image shows do not count in the mean: %d.", missing));
    }
    return text.toString().stripTrailing();
  }

  /** A share in percent, or a dash where there is none. */
  static String percent(double value) {
    return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%.1f %%", value);
  }
}
