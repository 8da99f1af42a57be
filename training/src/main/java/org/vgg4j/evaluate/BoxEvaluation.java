package org.vgg4j.evaluate;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.vgg4j.evaluate.boxes.OfficialError;

/**
 * How well a network finds the object of a class that it is told, in the central crop (the paper,
 * appendix A: the protocol by which it compares networks).
 *
 * @param classNames the classes
 * @param ofClass number of images of each class
 * @param wrongOfClass how many of them have a box that overlaps no object of the class by {@link
 *     OfficialError#OVERLAP} or more
 * @param overlapOfClass sum of the overlaps (intersection over union) with the nearest object of
 *     the class
 * @param meanLoss mean of the loss that training minimises
 */
public record BoxEvaluation(
    List<String> classNames,
    int[] ofClass,
    int[] wrongOfClass,
    double[] overlapOfClass,
    double meanLoss)
    implements Measurement {

  /** Copies the list. */
  public BoxEvaluation {
    classNames = List.copyOf(classNames);
  }

  @Override
  public int images() {
    return Arrays.stream(ofClass).sum();
  }

  /** Number of images whose box is wrong. */
  public int wrong() {
    return Arrays.stream(wrongOfClass).sum();
  }

  /** Share of images whose box is wrong, in percent. */
  @Override
  public double error() {
    return 100.0 * wrong() / images();
  }

  @Override
  public Map<String, Double> figures(String part) {
    return Map.of(part + "BoxError", error(), part + "MeanOverlap", meanOverlap());
  }

  /** {@link #error()} of the images of one class; NaN if there are none. */
  public double error(int label) {
    return ofClass[label] == 0 ? Double.NaN : 100.0 * wrongOfClass[label] / ofClass[label];
  }

  /** Mean overlap with the nearest object of the class, in 0..1. */
  public double meanOverlap() {
    return Arrays.stream(overlapOfClass).sum() / images();
  }

  /** {@link #meanOverlap()} of the images of one class; NaN if there are none. */
  public double meanOverlap(int label) {
    return ofClass[label] == 0 ? Double.NaN : overlapOfClass[label] / ofClass[label];
  }

  /**
   * Sums over images, which can be added to those of other images: the three arrays, then the sum
   * of the losses.
   */
  double[] sums() {
    int classes = classNames.size();
    double[] sums = new double[3 * classes + 1];
    for (int k = 0; k < classes; k++) {
      sums[k] = ofClass[k];
      sums[classes + k] = wrongOfClass[k];
      sums[2 * classes + k] = overlapOfClass[k];
    }
    sums[3 * classes] = images() == 0 ? 0 : meanLoss * images();
    return sums;
  }

  /** The inverse of {@link #sums}. */
  public static BoxEvaluation ofSums(List<String> classNames, double[] sums) {
    int classes = classNames.size();
    int[] ofClass = new int[classes];
    int[] wrong = new int[classes];
    for (int k = 0; k < classes; k++) {
      ofClass[k] = (int) sums[k];
      wrong[k] = (int) sums[classes + k];
    }
    double[] overlaps = Arrays.copyOfRange(sums, 2 * classes, 3 * classes);
    int images = Arrays.stream(ofClass).sum();
    return new BoxEvaluation(classNames, ofClass, wrong, overlaps, sums[3 * classes] / images);
  }
}
