package org.vgg4j.svm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.vgg4j.base.InputException;
import org.vgg4j.base.Purpose;
import org.vgg4j.base.RandomStream;
import org.vgg4j.data.MultiLabels;
import org.vgg4j.evaluate.AveragePrecision;
import org.vgg4j.evaluate.Recall;

/**
 * Chooses C: for each of some values, classifiers learn from one part of the training images and
 * are measured on the other; the best value wins, the smallest of several.
 */
public final class CostSearch {
  private static final Logger LOG = LoggerFactory.getLogger(CostSearch.class);

  /** The share of the training images that the paper holds out to choose hyper-parameters. */
  public static final double SHARE = 0.2;

  /** What is measured, each from 0 to 1. */
  public enum Measure {
    /** The mean average precision in VOC-2007's form. */
    MEAN_AP_11_POINT,
    /** The mean average precision as the area below the curve (VOC-2010 and later). */
    MEAN_AP_AREA,
    /** The mean over the classes of the share of images put into the right one. */
    CLASS_RECALL,
    /** The share of images put into the right class. */
    ACCURACY
  }

  /**
   * Two parts of the training images.
   *
   * @param train indices of the images to learn from, ascending; not copied
   * @param validation indices of those to measure on, ascending; not copied
   */
  public record Parts(int[] train, int[] validation) {}

  /** A value of C and what the classifiers with it reached. */
  public record Tried(double cost, double measured) {}

  /**
   * What was found.
   *
   * @param cost the best C
   * @param tried all values, ascending
   */
  public record Choice(double cost, List<Tried> tried) {}

  private CostSearch() {}

  /** Returns the powers of a base from one exponent to another, both included. */
  public static double[] grid(double base, int from, int to) {
    return IntStream.rangeClosed(from, to).mapToDouble(e -> Math.pow(base, e)).toArray();
  }

  /**
   * Divides images at random. Of each class's images the same share is held out; an image of
   * several classes is drawn with those of its rarest, so that each class is in both parts.
   *
   * @param share of the images to hold out, between 0 and 1, both excluded
   * @param seed decides the choice
   * @throws InputException if the share is out of range
   */
  public static Parts split(MultiLabels labels, double share, long seed) {
    if (!(share > 0 && share < 1)) {
      throw new InputException(
          "the share to choose C with must be between 0 and 1, not " + share + ": 0.2 is usual");
    }
    int classes = labels.classNames().size();
    int[] counts = new int[classes];
    Arrays.setAll(counts, k -> labels.count(k, MultiLabels.POSITIVE));
    List<List<Integer>> groups = new ArrayList<>();
    for (int k = 0; k <= classes; k++) {
      groups.add(new ArrayList<>());
    }
    for (int image = 0; image < labels.size(); image++) {
      groups.get(rarestClass(labels, image, counts)).add(image);
    }
    boolean[] held = new boolean[labels.size()];
    for (int group = 0; group <= classes; group++) {
      List<Integer> members = groups.get(group);
      int[] order =
          new RandomStream(seed, 0, group, Purpose.COST_SPLIT).permutation(members.size());
      for (int i = 0; i < Math.round(share * members.size()); i++) {
        held[members.get(order[i])] = true;
      }
    }
    return new Parts(
        IntStream.range(0, held.length).filter(i -> !held[i]).toArray(),
        IntStream.range(0, held.length).filter(i -> held[i]).toArray());
  }

  /** The number of classes for an image that shows none. */
  private static int rarestClass(MultiLabels labels, int image, int[] counts) {
    int rarest = counts.length;
    for (int k = 0; k < counts.length; k++) {
      if (labels.state(image, k) == MultiLabels.POSITIVE
          && (rarest == counts.length || counts[k] < counts[rarest])) {
        rarest = k;
      }
    }
    return rarest;
  }

  /**
   * Tries all values of C. Says so in the log if the best is the first or the last, since a better
   * one may lie beyond.
   *
   * @param rows all training images
   * @param labels of these; for {@link Measure#CLASS_RECALL} and {@link Measure#ACCURACY} with one
   *     class each
   * @param parts to learn from and to measure on
   * @param options for everything but C
   * @param costs at least one; all above 0
   * @throws InputException if a class has no positive image in one of the parts, or images have not
   *     one class each where that is needed
   */
  public static Choice choose(
      Rows rows,
      MultiLabels labels,
      Parts parts,
      SvmOptions options,
      double[] costs,
      Measure measure,
      int threads) {
    requireAllClasses(labels, parts);
    SvmTrainer trainer = new SvmTrainer(rows, threads);
    Rows validation = new ChosenRows(rows, parts.validation());
    MultiLabels expected = labels.subset(parts.validation());
    List<Tried> tried = new ArrayList<>();
    for (double cost : DoubleStream.of(costs).sorted().toArray()) {
      LinearSvm svm = trainer.train(labels, parts.train(), options.withCost(cost), threads).svm();
      double measured = measure(measure, svm.scores(validation, threads), expected);
      LOG.info("C = {}: {}", cost, measured);
      tried.add(new Tried(cost, measured));
    }
    int best = LinearSvm.best(tried.stream().mapToDouble(Tried::measured).toArray());
    double cost = tried.get(best).cost();
    if (tried.size() > 1 && (best == 0 || best == tried.size() - 1)) {
      LOG.warn(
          "the best C, {}, is the {} that was tried: a better one may lie beyond",
          cost,
          best == 0 ? "smallest" : "largest");
    }
    return new Choice(cost, List.copyOf(tried));
  }

  private static void requireAllClasses(MultiLabels labels, Parts parts) {
    for (int[] part : List.of(parts.train(), parts.validation())) {
      MultiLabels own = labels.subset(part);
      for (int k = 0; k < labels.classNames().size(); k++) {
        if (own.count(k, MultiLabels.POSITIVE) == 0) {
          throw new InputException(
              "class %s has %d images, and none of them is in one of the parts that C is chosen with: add images, or give C"
                  .formatted(labels.classNames().get(k), labels.count(k, MultiLabels.POSITIVE)));
        }
      }
    }
  }

  /** Measures scores. */
  static double measure(Measure measure, double[][] scores, MultiLabels labels) {
    switch (measure) {
      case MEAN_AP_11_POINT:
        return AveragePrecision.mean(AveragePrecision.Form.ELEVEN_POINT, scores, labels);
      case MEAN_AP_AREA:
        return AveragePrecision.mean(AveragePrecision.Form.AREA, scores, labels);
      default:
        int[] own = labels.single();
        int[] predicted = Arrays.stream(scores).mapToInt(LinearSvm::best).toArray();
        return measure == Measure.ACCURACY
            ? Recall.accuracy(own, predicted)
            : Recall.meanOfClasses(labels.classNames(), own, predicted);
    }
  }
}
