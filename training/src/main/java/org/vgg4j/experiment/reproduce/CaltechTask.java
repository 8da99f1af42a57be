package org.vgg4j.experiment.reproduce;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.vgg4j.data.MultiLabels;
import org.vgg4j.data.caltech.CaltechFolder;
import org.vgg4j.evaluate.Recall;
import org.vgg4j.evaluate.Spread;
import org.vgg4j.experiment.reproduce.FeatureResult.Column;
import org.vgg4j.svm.ChosenRows;
import org.vgg4j.svm.CostSearch;
import org.vgg4j.svm.LinearSvm;
import org.vgg4j.svm.Rows;

/**
 * Caltech-101 or 256: mean class recall, mean and deviation over random splits. C is chosen for
 * each split on a fifth of its training images.
 */
final class CaltechTask implements FeatureTask {
  private final CaltechFolder caltech;
  private final Column column;
  private final FeaturePart all;

  CaltechTask(CaltechFolder caltech) {
    this.caltech = caltech;
    boolean small = caltech.edition() == CaltechFolder.Edition.CALTECH_101;
    this.column = small ? Column.CALTECH_101 : Column.CALTECH_256;
    this.all = FeaturePart.stacked(small ? "caltech-101" : "caltech-256", caltech.images());
  }

  @Override
  public List<FeaturePart> parts() {
    return List.of(all);
  }

  @Override
  public List<FeatureResult> measure(
      FeatureSubject subject, Function<FeaturePart, Rows> descriptors, FeatureTraining training) {
    Rows rows = descriptors.apply(all);
    List<String> classNames = caltech.images().classNames();
    int[] labels = caltech.labels();
    double[] recalls = new double[CaltechFolder.SPLITS];
    double[] accuracies = new double[recalls.length];
    double[] ofClasses = new double[classNames.size()];
    List<Double> costs = new ArrayList<>();
    int tested = 0;
    int learnt = 0;
    for (int s = 0; s < recalls.length; s++) {
      CaltechFolder.Split split = caltech.split(s, training.seed());
      Rows train = new ChosenRows(rows, split.train());
      MultiLabels expected = MultiLabels.ofSingle(classNames, of(labels, split.train()));
      double cost =
          training.cost(train, expected, training.split(expected), CostSearch.Measure.CLASS_RECALL);
      LinearSvm svm = training.train(train, expected, cost);
      int[] predicted =
          Arrays.stream(svm.scores(new ChosenRows(rows, split.test()), training.threads()))
              .mapToInt(LinearSvm::best)
              .toArray();
      int[] right = of(labels, split.test());
      double[] own = Recall.ofClasses(classNames, right, predicted);
      Arrays.setAll(ofClasses, k -> ofClasses[k] + own[k] / recalls.length);
      recalls[s] = Arrays.stream(own).average().orElseThrow();
      accuracies[s] = Recall.accuracy(right, predicted);
      costs.add(cost);
      learnt = split.train().length;
      tested = split.test().length;
    }
    return List.of(
        new FeatureResult(
            column,
            subject.label(),
            "test",
            learnt,
            tested,
            rows.width(),
            costs,
            text(Spread.of(recalls)),
            Map.of("accuracy", text(Spread.of(accuracies))),
            FeatureResult.byName(classNames, ofClasses),
            ""));
  }

  private static int[] of(int[] labels, int[] indices) {
    return IntStream.of(indices).map(i -> labels[i]).toArray();
  }

  private static String text(Spread spread) {
    return String.format(Locale.ROOT, "%.1f±%.1f", 100 * spread.mean(), 100 * spread.deviation());
  }
}
