package org.vgg4j.evaluate;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * A network's results on images that may show several classes each. What is not known of an image
 * counts nowhere.
 *
 * @param classNames the network's classes, in the order of its scores
 * @param images number of images
 * @param known for each class, of how many images it is known whether they show it
 * @param shown how many of them show it
 * @param found how many of those that show it have a probability of {@link #THRESHOLD} or more
 * @param wronglyFound how many of those that do not show it have one
 * @param averagePrecision of each class ({@link AveragePrecision.Form#STEPS}), in 0..1; NaN if no
 *     image shows it
 * @param meanLoss mean over the images of {@link org.vgg4j.network.LabelLoss}, without weights and
 *     smoothing
 */
public record LabelEvaluation(
    List<String> classNames,
    int images,
    int[] known,
    int[] shown,
    int[] found,
    int[] wronglyFound,
    double[] averagePrecision,
    double meanLoss)
    implements Measurement {
  /** A label whose probability is at least this is taken to be shown. */
  public static final double THRESHOLD = 0.5;

  /** Copies the list. */
  public LabelEvaluation {
    classNames = List.copyOf(classNames);
  }

  /**
   * The mean of the classes' average precision (mAP), in percent; classes that no image shows do
   * not count. NaN if there are no others.
   */
  public double meanAveragePrecision() {
    return 100
        * Arrays.stream(averagePrecision)
            .filter(one -> !Double.isNaN(one))
            .average()
            .orElse(Double.NaN);
  }

  /** 100 less the {@link #meanAveragePrecision}. */
  @Override
  public double error() {
    return 100 - meanAveragePrecision();
  }

  /** Number of classes that at least one image shows. */
  public int classesShown() {
    return (int) Arrays.stream(shown).filter(count -> count > 0).count();
  }

  /** Share of the images that show a class among those it was found in, in percent; NaN if none. */
  public double precision(int label) {
    return percent(found[label], found[label] + wronglyFound[label]);
  }

  /** Share of the images that show a class in which it was found, in percent; NaN if none do. */
  public double recall(int label) {
    return percent(found[label], shown[label]);
  }

  /**
   * The harmonic mean of precision and recall of all labels together (micro F1), in percent; NaN if
   * there was nothing to find, and nothing was found.
   */
  public double f1() {
    return f1(IntStream.range(0, shown.length).toArray());
  }

  /** {@link #f1()} of one class. */
  public double f1(int label) {
    return f1(new int[] {label});
  }

  private double f1(int[] labels) {
    int right = 0;
    int all = 0;
    for (int k : labels) {
      right += 2 * found[k];
      all += shown[k] + found[k] + wronglyFound[k];
    }
    return percent(right, all);
  }

  private static double percent(int part, int whole) {
    return whole == 0 ? Double.NaN : 100.0 * part / whole;
  }

  /** mAP and F1, as far as there are such. */
  @Override
  public Map<String, Double> figures(String part) {
    Map<String, Double> figures = new TreeMap<>();
    figures.put(part + "Map", meanAveragePrecision());
    figures.put(part + "F1", f1());
    figures.values().removeIf(value -> value.isNaN());
    return figures;
  }
}
