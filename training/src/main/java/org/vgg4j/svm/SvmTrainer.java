package org.vgg4j.svm;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.vgg4j.base.InputException;
import org.vgg4j.data.MultiLabels;
import org.vgg4j.kernels.Workers;

/**
 * Trains a linear SVM for each class against the rest. Each thread takes a class at a time, and
 * beside the descriptors needs about 13 bytes an image and 8 a feature; the number of threads does
 * not change a bit of the result.
 */
public final class SvmTrainer {
  private static final Logger LOG = LoggerFactory.getLogger(SvmTrainer.class);

  /**
   * What training gives.
   *
   * @param svm the classifiers, whose weights are the solutions' rounded to floats
   * @param reports of each class
   */
  public record Result(LinearSvm svm, List<Report> reports) {}

  /**
   * What became of one class, see {@link Solution}.
   *
   * @param primal the objective with the weights before they were rounded to floats
   */
  public record Report(
      String className,
      int iterations,
      boolean converged,
      double primal,
      double dual,
      int supportVectors) {}

  private final Rows rows;
  private final double[] squaredNorms;

  /**
   * Reads all rows once.
   *
   * @param rows the descriptors to learn from
   * @throws InputException if a number of theirs is not finite
   */
  public SvmTrainer(Rows rows, int threads) {
    this.rows = rows;
    this.squaredNorms = squaredNorms(rows, threads);
  }

  private static double[] squaredNorms(Rows rows, int threads) {
    double[] norms = new double[rows.count()];
    int chunk = 256;
    try (Workers workers = new Workers(threads)) {
      workers.run(
          (norms.length + chunk - 1) / chunk,
          (task, scratch) -> {
            Rows.Reader reader = rows.reader();
            double[] row = new double[rows.width()];
            for (int i = task * chunk; i < Math.min(norms.length, (task + 1) * chunk); i++) {
              Arrays.fill(row, 0);
              reader.addScaled(i, 1, row, 0);
              norms[i] = reader.dot(i, row, 0);
            }
          });
    }
    for (int i = 0; i < norms.length; i++) {
      if (!(norms[i] < Double.POSITIVE_INFINITY)) {
        throw new InputException(
            "descriptor %d holds a number that is infinite or none: make the descriptors again, or leave this one out"
                .formatted(i));
      }
    }
    return norms;
  }

  /**
   * Trains on all rows.
   *
   * @param labels of each row; {@link MultiLabels#IGNORED} leaves a row out for that class
   * @throws InputException if a class has no positive or no negative image
   * @throws IllegalArgumentException if there are not as many labels as rows
   */
  public Result train(MultiLabels labels, SvmOptions options, int threads) {
    return train(labels, IntStream.range(0, rows.count()).toArray(), options, threads);
  }

  /**
   * Trains on some of the rows.
   *
   * @param labels of each row of all
   * @param chosen indices of those to learn from
   * @throws InputException if a class has no positive or no negative image among them
   * @throws IllegalArgumentException if there are not as many labels as rows
   */
  public Result train(MultiLabels labels, int[] chosen, SvmOptions options, int threads) {
    if (labels.size() != rows.count()) {
      throw new IllegalArgumentException(labels.size() + " labels of " + rows.count() + " rows");
    }
    int width = rows.width();
    int classes = labels.classNames().size();
    float[] weights = new float[Math.multiplyExact(classes, width)];
    float[] offsets = new float[classes];
    Report[] reports = new Report[classes];
    for (int k = 0; k < classes; k++) {
      requireBoth(labels, k, chosen);
    }
    try (Workers workers = new Workers(Math.min(threads, classes))) {
      workers.run(
          classes,
          (k, scratch) -> {
            Solution solution = solve(labels, k, chosen, options);
            for (int i = 0; i < width; i++) {
              weights[k * width + i] = (float) solution.weights()[i];
            }
            offsets[k] = (float) (solution.weights()[width] * options.bias());
            reports[k] = report(labels.classNames().get(k), solution);
          });
    }
    for (Report report : reports) {
      warn(report, options);
    }
    return new Result(
        new LinearSvm(labels.classNames(), width, weights, offsets), List.of(reports));
  }

  /** One class against the rest. */
  Solution solve(MultiLabels labels, int label, int[] chosen, SvmOptions options) {
    int[] counted =
        Arrays.stream(chosen).filter(i -> labels.state(i, label) != MultiLabels.IGNORED).toArray();
    boolean[] positive = new boolean[rows.count()];
    for (int image : counted) {
      positive[image] = labels.state(image, label) == MultiLabels.POSITIVE;
    }
    return new DualDescent(rows, squaredNorms, counted, positive, label, options).solve();
  }

  private static void requireBoth(MultiLabels labels, int label, int[] chosen) {
    boolean[] found = new boolean[3];
    for (int image : chosen) {
      found[labels.state(image, label) + 1] = true;
    }
    if (!found[MultiLabels.POSITIVE + 1] || !found[MultiLabels.NEGATIVE + 1]) {
      throw new InputException(
          "class %s has no %s image to learn from: add some, or leave the class out"
              .formatted(
                  labels.classNames().get(label),
                  found[MultiLabels.POSITIVE + 1] ? "negative" : "positive"));
    }
  }

  private static Report report(String className, Solution solution) {
    return new Report(
        className,
        solution.iterations(),
        solution.converged(),
        solution.primal(),
        solution.dual(),
        solution.supportVectors());
  }

  private static void warn(Report report, SvmOptions options) {
    if (!report.converged()) {
      LOG.warn(
          "class {} had not reached the tolerance of {} after {} passes (its objective is {}, and"
              + " cannot be less than {}): allow more passes, or take a smaller C",
          report.className(),
          options.tolerance(),
          report.iterations(),
          String.format(Locale.ROOT, "%.6g", report.primal()),
          String.format(Locale.ROOT, "%.6g", report.dual()));
    }
  }
}
