package org.vgg4j.experiment.reproduce;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What classifiers reached by one protocol.
 *
 * @param column of Table 11 or 12 that it belongs to
 * @param networks what the descriptors are of
 * @param measuredOn which images: test, or val where the labels of test are not published
 * @param train number of images that the classifiers learnt from
 * @param tested number of images that they were measured on
 * @param dimensions length of a descriptor
 * @param costs C that was chosen; of each split
 * @param figure what stands in the paper's table, in percent
 * @param others other measures, by name
 * @param ofClasses figures of each class, from 0 to 1
 * @param submission folder of what the test server takes; empty if there is none
 */
record FeatureResult(
    Column column,
    String networks,
    String measuredOn,
    int train,
    int tested,
    int dimensions,
    List<Double> costs,
    String figure,
    Map<String, String> others,
    Map<String, Double> ofClasses,
    String submission) {
  /** Where the paper has its figure. */
  enum Column {
    /** Table 11, mean average precision. */
    VOC_2007("VOC-2007", "mAP"),
    /** Table 11, mean average precision. */
    VOC_2012("VOC-2012", "mAP"),
    /** Table 11, mean class recall. */
    CALTECH_101("Caltech-101", "mean class recall"),
    /** Table 11, mean class recall. */
    CALTECH_256("Caltech-256", "mean class recall"),
    /** Table 12, mean average precision. */
    ACTION_IMAGE("VOC-2012 action, image only", "mAP"),
    /** Table 12, mean average precision. */
    ACTION_BOX("VOC-2012 action, image and box", "mAP");

    private final String title;
    private final String measure;

    Column(String title, String measure) {
      this.title = title;
      this.measure = measure;
    }

    String title() {
      return title;
    }

    String measure() {
      return measure;
    }
  }

  /** Copies lists and maps. */
  FeatureResult {
    costs = List.copyOf(costs);
    others = new LinkedHashMap<>(others);
    ofClasses = new LinkedHashMap<>(ofClasses);
  }

  /** The figure for the paper's table, with the images where they are not its own. */
  String cell() {
    return measuredOn.equals("test") ? figure : figure + " (" + measuredOn + ")";
  }

  static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f", 100 * share);
  }

  /** The values of C, for people. */
  String costText() {
    return String.join("; ", costs.stream().map(FeatureResult::shortest).toList());
  }

  private static String shortest(double cost) {
    return new BigDecimal(cost, new MathContext(6)).stripTrailingZeros().toPlainString();
  }

  static Map<String, Double> byName(List<String> classNames, double[] figures) {
    Map<String, Double> map = new LinkedHashMap<>();
    for (int k = 0; k < figures.length; k++) {
      map.put(classNames.get(k), figures[k]);
    }
    return map;
  }

  /** Other measures, for people. */
  String othersText() {
    List<String> all = new ArrayList<>();
    others.forEach((name, value) -> all.add(name + " " + value));
    return String.join("; ", all);
  }
}
