package org.vgg4j.evaluate;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A {@link LabelEvaluation} as JSON, in test.json of a run and for {@code vgg evaluate --json}. */
public final class LabelEvaluationJson {
  private static final String MAP = "map";
  private static final String CLASSES = "classes";
  private static final String LABEL = "label";
  private static final String IMAGES = "images";
  private static final String KNOWN = "known";
  private static final String SHOWN = "shown";
  private static final String FOUND = "found";
  private static final String WRONGLY_FOUND = "wronglyFound";
  private static final String AVERAGE_PRECISION = "averagePrecision";
  private static final String MEAN_LOSS = "meanLoss";

  private LabelEvaluationJson() {}

  /** Returns the fields; what there is not is null. Shares are in percent. */
  public static Map<String, Object> asMap(LabelEvaluation evaluation) {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    map.put(IMAGES, evaluation.images());
    map.put(MAP, number(evaluation.meanAveragePrecision()));
    map.put("f1", number(evaluation.f1()));
    map.put(MEAN_LOSS, evaluation.meanLoss());
    List<Map<String, @Nullable Object>> classes = new ArrayList<>();
    for (int k = 0; k < evaluation.classNames().size(); k++) {
      Map<String, @Nullable Object> one = new LinkedHashMap<>();
      one.put(LABEL, evaluation.classNames().get(k));
      one.put(KNOWN, evaluation.known()[k]);
      one.put(SHOWN, evaluation.shown()[k]);
      one.put(FOUND, evaluation.found()[k]);
      one.put(WRONGLY_FOUND, evaluation.wronglyFound()[k]);
      one.put(AVERAGE_PRECISION, number(100 * evaluation.averagePrecision()[k]));
      one.put("precision", number(evaluation.precision(k)));
      one.put("recall", number(evaluation.recall(k)));
      one.put("f1", number(evaluation.f1(k)));
      classes.add(one);
    }
    map.put(CLASSES, classes);
    return map;
  }

  private static @Nullable Double number(double value) {
    return Double.isNaN(value) ? null : value;
  }

  /** Whether {@link #asMap} wrote this. */
  public static boolean isOne(JsonNode root) {
    return root.has(MAP);
  }

  /** The inverse of {@link #asMap}; null if this is damaged. */
  public static @Nullable LabelEvaluation read(JsonNode root) {
    int size = root.path(CLASSES).size();
    List<String> names = new ArrayList<>();
    int[] known = new int[size];
    int[] shown = new int[size];
    int[] found = new int[size];
    int[] wronglyFound = new int[size];
    double[] precision = new double[size];
    boolean sound = size > 0 && root.path(MEAN_LOSS).isNumber() && root.path(IMAGES).asInt(-1) >= 0;
    for (int k = 0; k < size; k++) {
      JsonNode one = root.path(CLASSES).path(k);
      known[k] = one.path(KNOWN).asInt(-1);
      shown[k] = one.path(SHOWN).asInt(-1);
      found[k] = one.path(FOUND).asInt(-1);
      wronglyFound[k] = one.path(WRONGLY_FOUND).asInt(-1);
      JsonNode own = one.path(AVERAGE_PRECISION);
      precision[k] = own.isNumber() ? own.doubleValue() / 100 : Double.NaN;
      names.add(one.path(LABEL).asText());
      sound &=
          one.path(LABEL).isTextual()
              && (own.isNumber() || own.isNull())
              && found[k] >= 0
              && found[k] <= shown[k]
              && wronglyFound[k] >= 0
              && wronglyFound[k] <= known[k] - shown[k];
    }
    return sound
        ? new LabelEvaluation(
            names,
            root.path(IMAGES).intValue(),
            known,
            shown,
            found,
            wronglyFound,
            precision,
            root.path(MEAN_LOSS).doubleValue())
        : null;
  }
}
