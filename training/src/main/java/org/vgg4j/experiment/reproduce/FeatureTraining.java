package org.vgg4j.experiment.reproduce;

import org.jspecify.annotations.Nullable;
import org.vgg4j.data.MultiLabels;
import org.vgg4j.svm.CostSearch;
import org.vgg4j.svm.LinearSvm;
import org.vgg4j.svm.Rows;
import org.vgg4j.svm.SvmOptions;
import org.vgg4j.svm.SvmTrainer;

/**
 * How classifiers are trained in all protocols.
 *
 * @param cost C; null: the best power of 10 from 0.001 to 10,000
 * @param seed decides splits, and the order of images in training
 * @param threads number of threads; no result depends on it
 */
record FeatureTraining(@Nullable Double cost, long seed, int threads) {
  private static final int SMALLEST_POWER = -3;
  private static final int LARGEST_POWER = 4;

  /** Returns C: the given one, or the best on the second of two parts. */
  double cost(Rows rows, MultiLabels labels, CostSearch.Parts parts, CostSearch.Measure measure) {
    if (cost != null) {
      return cost;
    }
    double[] costs = CostSearch.grid(10, SMALLEST_POWER, LARGEST_POWER);
    return CostSearch.choose(rows, labels, parts, options(1), costs, measure, threads).cost();
  }

  /** Divides images as the paper does to choose C. */
  CostSearch.Parts split(MultiLabels labels) {
    return CostSearch.split(labels, CostSearch.SHARE, seed);
  }

  LinearSvm train(Rows rows, MultiLabels labels, double c) {
    return new SvmTrainer(rows, threads).train(labels, options(c), threads).svm();
  }

  private SvmOptions options(double c) {
    SvmOptions usual = SvmOptions.DEFAULT;
    return new SvmOptions(
        c,
        usual.loss(),
        usual.bias(),
        usual.positiveWeight(),
        usual.negativeWeight(),
        usual.tolerance(),
        usual.iterations(),
        seed);
  }
}
