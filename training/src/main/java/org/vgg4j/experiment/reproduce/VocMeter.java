package org.vgg4j.experiment.reproduce;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.vgg4j.data.MultiLabels;
import org.vgg4j.evaluate.AveragePrecision;
import org.vgg4j.evaluate.AveragePrecision.Form;
import org.vgg4j.svm.ChosenRows;
import org.vgg4j.svm.CostSearch;
import org.vgg4j.svm.LinearSvm;
import org.vgg4j.svm.Rows;

/**
 * Trains and measures classifiers as PASCAL VOC's development kit intends it. For the test images,
 * C is chosen by learning from train and measuring on val, and the classifiers learn from both. If
 * val has to stand in for test, C is chosen within train, so that val decides nothing.
 */
final class VocMeter {
  /**
   * What was measured.
   *
   * @param on the name of the images
   * @param train number of images that the classifiers learnt from
   * @param tested number of images that they were measured on
   * @param cost C
   * @param mean mean average precision, from 0 to 1
   * @param meanOfOtherForm the same in the other form
   * @param ofClasses average precision of all classes, by name
   */
  record Measured(
      String on,
      int train,
      int tested,
      double cost,
      double mean,
      double meanOfOtherForm,
      Map<String, Double> ofClasses) {
    /** The mean over all classes, also those that the mean leaves out. */
    double meanOfAll() {
      return ofClasses.values().stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    }

    /**
     * Returns it as a row of the tables.
     *
     * @param width length of a descriptor
     * @param others other measures, by name
     * @param submission folder of what the test server takes; empty if there is none
     */
    FeatureResult result(
        FeatureResult.Column column,
        FeatureSubject subject,
        int width,
        Map<String, String> others,
        String submission) {
      return new FeatureResult(
          column,
          subject.label(),
          on,
          train,
          tested,
          width,
          List.of(cost),
          FeatureResult.percent(mean),
          others,
          ofClasses,
          submission);
    }
  }

  private final Form form;
  private final Rows rows;
  private final MultiLabels labels;
  private final CostSearch.Parts halves;
  private final FeatureTraining training;

  /**
   * @param rows descriptors of train and val together
   * @param labels of these
   * @param halves which of them are train and which val
   */
  VocMeter(
      Form form, Rows rows, MultiLabels labels, CostSearch.Parts halves, FeatureTraining training) {
    this.form = form;
    this.rows = rows;
    this.labels = labels;
    this.halves = halves;
    this.training = training;
  }

  private CostSearch.Measure measure() {
    return form == Form.AREA
        ? CostSearch.Measure.MEAN_AP_AREA
        : CostSearch.Measure.MEAN_AP_11_POINT;
  }

  private double cost() {
    return training.cost(rows, labels, halves, measure());
  }

  /** Returns the scores of unseen images, for a test server. */
  double[][] scores(Rows unseen) {
    return training.train(rows, labels, cost()).scores(unseen, training.threads());
  }

  /**
   * Measures on test images.
   *
   * @param averaged the classes that the mean is over
   */
  Measured onTest(Rows unseen, MultiLabels expected, List<String> averaged) {
    double cost = cost();
    LinearSvm svm = training.train(rows, labels, cost);
    return measured(
        "test", rows.count(), cost, svm.scores(unseen, training.threads()), expected, averaged);
  }

  /**
   * Measures on validation images.
   *
   * @param averaged the classes that the mean is over
   */
  Measured onValidation(List<String> averaged) {
    Rows train = new ChosenRows(rows, halves.train());
    MultiLabels own = labels.subset(halves.train());
    double cost = training.cost(train, own, training.split(own), measure());
    double[][] scores =
        training
            .train(train, own, cost)
            .scores(new ChosenRows(rows, halves.validation()), training.threads());
    return measured(
        "val", train.count(), cost, scores, labels.subset(halves.validation()), averaged);
  }

  private Measured measured(
      String on,
      int train,
      double cost,
      double[][] scores,
      MultiLabels expected,
      List<String> averaged) {
    Form other = form == Form.AREA ? Form.ELEVEN_POINT : Form.AREA;
    Map<String, Double> own = byName(form, scores, expected);
    return new Measured(
        on,
        train,
        scores.length,
        cost,
        mean(own, averaged),
        mean(byName(other, scores, expected), averaged),
        own);
  }

  private static Map<String, Double> byName(Form form, double[][] scores, MultiLabels expected) {
    return new LinkedHashMap<>(
        FeatureResult.byName(
            expected.classNames(), AveragePrecision.ofClasses(form, scores, expected)));
  }

  private static double mean(Map<String, Double> all, List<String> averaged) {
    return all.entrySet().stream()
        .filter(entry -> averaged.contains(entry.getKey()))
        .mapToDouble(Map.Entry::getValue)
        .average()
        .orElseThrow();
  }
}
