package org.vgg4j.evaluate;

import java.util.List;
import org.vgg4j.base.InputException;

/** Shares of images that were put into the right class. */
public final class Recall {
  private Recall() {}

  /**
   * Returns the share of each class's images that were put into it, from 0 to 1.
   *
   * @param classNames of all classes
   * @param labels of each image
   * @param predicted for each image
   * @throws InputException if a class has no image
   * @throws IllegalArgumentException if there are not as many predictions as labels
   */
  public static double[] ofClasses(List<String> classNames, int[] labels, int[] predicted) {
    requireSameLength(labels, predicted);
    int[] right = new int[classNames.size()];
    int[] all = new int[classNames.size()];
    for (int i = 0; i < labels.length; i++) {
      all[labels[i]]++;
      right[labels[i]] += predicted[i] == labels[i] ? 1 : 0;
    }
    double[] recall = new double[all.length];
    for (int k = 0; k < all.length; k++) {
      if (all[k] == 0) {
        throw new InputException(
            "class %s has no image, so it has no recall: measure on images of all classes"
                .formatted(classNames.get(k)));
      }
      recall[k] = (double) right[k] / all[k];
    }
    return recall;
  }

  /**
   * Returns the mean of {@link #ofClasses}, in which each class counts the same (the figure for
   * Caltech-101 and 256).
   *
   * @throws InputException if a class has no image
   */
  public static double meanOfClasses(List<String> classNames, int[] labels, int[] predicted) {
    double sum = 0;
    for (double recall : ofClasses(classNames, labels, predicted)) {
      sum += recall;
    }
    return sum / classNames.size();
  }

  /** Returns the share of all images that were put into their class; NaN without images. */
  public static double accuracy(int[] labels, int[] predicted) {
    requireSameLength(labels, predicted);
    int right = 0;
    for (int i = 0; i < labels.length; i++) {
      right += predicted[i] == labels[i] ? 1 : 0;
    }
    return (double) right / labels.length;
  }

  private static void requireSameLength(int[] labels, int[] predicted) {
    if (labels.length != predicted.length) {
      throw new IllegalArgumentException(
          labels.length + " labels, but " + predicted.length + " predictions");
    }
  }
}
