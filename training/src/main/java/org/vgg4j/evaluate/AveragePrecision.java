package org.vgg4j.evaluate;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.vgg4j.base.InputException;
import org.vgg4j.data.MultiLabels;

/**
 * How well scores rank the images of a class before all others, as PASCAL VOC's development kits
 * measure it (Everingham et al., "The PASCAL visual object classes challenge", IJCV 2010 and 2015),
 * or scikit-learn. Images are ranked by score, those of equal scores in the order of the data set,
 * and ignored ones are left out. Precision is the share of positives among the first images, recall
 * the share of all positives that is among them.
 */
public final class AveragePrecision {
  /** What of the curve of precision against recall is averaged. */
  public enum Form {
    /**
     * The mean, over the recalls 0, 0.1, ..., 1, of the largest precision at that recall or more
     * (VOC-2007). Recalls are compared as fractions, without rounding.
     */
    ELEVEN_POINT,
    /**
     * The area below the curve, where each precision is the largest at that recall or more
     * (VOC-2010 and later).
     */
    AREA,
    /**
     * The area below the steps of the curve: the sum, over the scores from the largest down, of the
     * precision among all images with at least this score, times what these add to the recall.
     * Images of equal scores come together, so their order in the data set counts for nothing. That
     * is scikit-learn's {@code average_precision_score}.
     */
    STEPS
  }

  private static final int INTERVALS = 10;

  private AveragePrecision() {}

  /**
   * Returns the average precision of one class, from 0 to 1; NaN if no image is positive.
   *
   * @param scores of each image; none of them NaN
   * @param states of each image, see {@link MultiLabels#state}
   * @throws IllegalArgumentException if there are not as many scores as states, or a score is NaN
   */
  public static double of(Form form, double[] scores, byte[] states) {
    if (scores.length != states.length || Arrays.stream(scores).anyMatch(Double::isNaN)) {
      throw new IllegalArgumentException(
          scores.length + " scores, without NaN, are needed of " + states.length + " images");
    }
    int[] ranked =
        IntStream.range(0, scores.length)
            .filter(i -> states[i] != MultiLabels.IGNORED)
            .boxed()
            // subtracted from 0, both zeros are the same
            .sorted(Comparator.comparingDouble(i -> 0.0 - scores[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    if (form == Form.STEPS) {
      return steps(ranked, scores, states);
    }
    // precision changes upwards at positives only
    double[] precision = new double[ranked.length];
    int positives = 0;
    for (int rank = 0; rank < ranked.length; rank++) {
      if (states[ranked[rank]] == MultiLabels.POSITIVE) {
        precision[positives++] = positives / (rank + 1.0);
      }
    }
    if (positives == 0) {
      return Double.NaN;
    }
    for (int i = positives - 2; i >= 0; i--) {
      precision[i] = Math.max(precision[i], precision[i + 1]);
    }
    return form == Form.AREA
        ? Arrays.stream(precision, 0, positives).sum() / positives
        : elevenPoint(precision, positives);
  }

  private static double steps(int[] ranked, double[] scores, byte[] states) {
    double sum = 0;
    int positives = 0;
    int before = 0;
    for (int rank = 0; rank < ranked.length; rank++) {
      positives += states[ranked[rank]] == MultiLabels.POSITIVE ? 1 : 0;
      boolean last = rank + 1 == ranked.length;
      if (last || scores[ranked[rank]] != scores[ranked[rank + 1]]) {
        sum += (positives - before) * (positives / (rank + 1.0));
        before = positives;
      }
    }
    return positives == 0 ? Double.NaN : sum / positives;
  }

  /**
   * @param precision with the first positive, the first two and so on, or the largest after it
   */
  private static double elevenPoint(double[] precision, int positives) {
    double sum = 0;
    for (int point = 0; point <= INTERVALS; point++) {
      // the fewest positives whose share is at least point / 10
      long needed = ((long) point * positives + INTERVALS - 1) / INTERVALS;
      sum += precision[(int) Math.max(1, needed) - 1];
    }
    return sum / (INTERVALS + 1);
  }

  /**
   * Returns the average precision of each class.
   *
   * @param scores {@code [images][classes]}
   * @throws InputException if no image of a class is positive
   */
  public static double[] ofClasses(Form form, double[][] scores, MultiLabels labels) {
    double[] all = new double[labels.classNames().size()];
    for (int k = 0; k < all.length; k++) {
      int label = k;
      double[] own = Arrays.stream(scores).mapToDouble(image -> image[label]).toArray();
      all[k] = of(form, own, labels.column(k));
      if (Double.isNaN(all[k])) {
        throw new InputException(
            "no image shows class %s, so it has no average precision: measure on images that show all classes"
                .formatted(labels.classNames().get(k)));
      }
    }
    return all;
  }

  /**
   * Returns the mean of {@link #ofClasses}, the mAP.
   *
   * @throws InputException if no image of a class is positive
   */
  public static double mean(Form form, double[][] scores, MultiLabels labels) {
    return Arrays.stream(ofClasses(form, scores, labels)).average().orElseThrow();
  }
}
