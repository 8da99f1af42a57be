package org.vgg4j.evaluate;

import java.util.List;
import java.util.Map;

/**
 * A network's results on labelled images.
 *
 * @param classNames the network's classes, in the order of its scores
 * @param confusion how many images of class [row] were classified as class [column]
 * @param top5Wrong for each class, the number of its images whose class was not among the top five
 *     predictions (or among all of them, with fewer than five classes)
 * @param meanLoss mean cross-entropy in nats
 */
public record Evaluation(
    List<String> classNames, int[][] confusion, int[] top5Wrong, double meanLoss)
    implements Measurement {
  /** Number of predictions that count for the top-5 error. */
  public static final int PREDICTIONS = 5;

  /**
   * Sums over images, which can be added to those of other images.
   *
   * @return the confusion matrix in row-major order, {@link #top5Wrong}, and the sum of the losses
   *     in nats
   */
  double[] sums() {
    int classes = classNames.size();
    double[] sums = new double[classes * classes + classes + 1];
    for (int c = 0; c < classes; c++) {
      for (int k = 0; k < classes; k++) {
        sums[c * classes + k] = confusion[c][k];
      }
      sums[classes * classes + c] = top5Wrong[c];
    }
    sums[sums.length - 1] = images() == 0 ? 0 : meanLoss * images();
    return sums;
  }

  /** The inverse of {@link #sums}. */
  public static Evaluation ofSums(List<String> classNames, double[] sums) {
    int classes = classNames.size();
    int[][] confusion = new int[classes][classes];
    int[] top5Wrong = new int[classes];
    int images = 0;
    for (int c = 0; c < classes; c++) {
      for (int k = 0; k < classes; k++) {
        confusion[c][k] = (int) sums[c * classes + k];
        images += confusion[c][k];
      }
      top5Wrong[c] = (int) sums[classes * classes + c];
    }
    return new Evaluation(classNames, confusion, top5Wrong, sums[sums.length - 1] / images);
  }

  @Override
  public int images() {
    int sum = 0;
    for (int c = 0; c < confusion.length; c++) {
      sum += images(c);
    }
    return sum;
  }

  /** Number of images of a class. */
  public int images(int label) {
    int sum = 0;
    for (int count : confusion[label]) {
      sum += count;
    }
    return sum;
  }

  /** Number of images whose top prediction was right. */
  public int correct() {
    int sum = 0;
    for (int c = 0; c < confusion.length; c++) {
      sum += confusion[c][c];
    }
    return sum;
  }

  /** Number of images whose top prediction was wrong. */
  public int wrong() {
    return images() - correct();
  }

  /** Number of images whose class was not among the top five predictions. */
  public int wrongAmongFive() {
    int wrong = 0;
    for (int count : top5Wrong) {
      wrong += count;
    }
    return wrong;
  }

  /** {@link #top1Error()}. */
  @Override
  public double error() {
    return top1Error();
  }

  @Override
  public Map<String, Double> figures(String part) {
    return Map.of(part + "Top1Error", top1Error(), part + "Top5Error", top5Error());
  }

  /** Share of images whose top prediction was wrong, in percent. */
  public double top1Error() {
    return percent(wrong(), images());
  }

  /** Share of images whose class was not among the top five predictions, in percent. */
  public double top5Error() {
    return percent(wrongAmongFive(), images());
  }

  /** {@link #top1Error()} of the images of one class; NaN if there are none. */
  public double top1Error(int label) {
    return percent(images(label) - confusion[label][label], images(label));
  }

  /** {@link #top5Error()} of the images of one class; NaN if there are none. */
  public double top5Error(int label) {
    return percent(top5Wrong[label], images(label));
  }

  /** Share of the images of one class that were classified right, in percent; NaN if none. */
  public double recall(int label) {
    return percent(confusion[label][label], images(label));
  }

  /**
   * The mean of the classes' {@link #recall}, in percent: each class counts the same, however many
   * images it has. Classes without images do not count; NaN if no class has any.
   */
  public double balancedAccuracy() {
    double sum = 0;
    int classes = 0;
    for (int label = 0; label < confusion.length; label++) {
      if (images(label) > 0) {
        sum += recall(label);
        classes++;
      }
    }
    return sum / classes;
  }

  private static double percent(int part, int whole) {
    return whole == 0 ? Double.NaN : 100.0 * part / whole;
  }
}
