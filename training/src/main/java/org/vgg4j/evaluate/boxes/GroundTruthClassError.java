package org.vgg4j.evaluate.boxes;

import java.util.ArrayList;
import java.util.List;

/**
 * The paper's first protocol of localisation (appendix A): an image's class is known, and one box
 * is found for it. Overlap is the largest with any box of that class; it is right from {@link
 * OfficialError#OVERLAP} on. Blacklisted images do not count; one without a box of its class has an
 * overlap of 0.
 *
 * @param overlaps of the images that count, in their order
 * @param labels the classes of these images
 */
public record GroundTruthClassError(List<Double> overlaps, List<Integer> labels) {
  /** Copies the lists. */
  public GroundTruthClassError {
    overlaps = List.copyOf(overlaps);
    labels = List.copyOf(labels);
  }

  /**
   * Measures boxes.
   *
   * @param truth one for each image
   * @param guesses one for each image, with the image's class
   * @throws IllegalArgumentException if a guess has another class, or the numbers of images differ
   */
  public static GroundTruthClassError of(List<ImageTruth> truth, List<Guess> guesses) {
    if (truth.size() != guesses.size()) {
      throw new IllegalArgumentException(
          "%d boxes for %d images".formatted(guesses.size(), truth.size()));
    }
    List<Double> overlaps = new ArrayList<>();
    List<Integer> labels = new ArrayList<>();
    for (int n = 0; n < truth.size(); n++) {
      ImageTruth image = truth.get(n);
      Guess guess = guesses.get(n);
      if (guess.label() != image.label()) {
        throw new IllegalArgumentException(
            "a box of class %d for an image of class %d".formatted(guess.label(), image.label()));
      }
      if (!image.blacklisted()) {
        overlaps.add(Overlap.best(guess.box(), image.boxes(image.label())));
        labels.add(image.label());
      }
    }
    return new GroundTruthClassError(overlaps, labels);
  }

  /** Mean intersection over union; NaN if there are no images. */
  public double meanOverlap() {
    return overlaps.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
  }

  /** The share of images whose box is wrong. */
  public ErrorRate error() {
    return new ErrorRate(
        (int) overlaps.stream().filter(overlap -> overlap < OfficialError.OVERLAP).count(),
        overlaps.size());
  }

  /** The share of images of one class whose box is wrong. */
  public ErrorRate errorOf(int label) {
    int wrong = 0;
    int images = 0;
    for (int n = 0; n < overlaps.size(); n++) {
      if (labels.get(n) == label) {
        images++;
        wrong += overlaps.get(n) < OfficialError.OVERLAP ? 1 : 0;
      }
    }
    return new ErrorRate(wrong, images);
  }

  /** Which images are right: what two networks are compared by. */
  public boolean[] right() {
    boolean[] right = new boolean[overlaps.size()];
    for (int n = 0; n < right.length; n++) {
      right[n] = overlaps.get(n) >= OfficialError.OVERLAP;
    }
    return right;
  }
}
