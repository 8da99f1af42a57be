package org.vgg4j.experiment.reproduce;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.vgg4j.evaluate.Significance;
import org.vgg4j.evaluate.boxes.ErrorRate;

/** Which images each method localised, by seed. Not thread-safe. */
final class BoxMeasurements {
  /**
   * What a method found in the test images.
   *
   * @param right whether an image is localised by one of up to five guesses; for the class that is
   *     told, by its one box
   * @param rightAtFirst whether by the first guess
   * @param overlap mean overlap with the nearest object of the class; NaN if not measured
   * @param choice what was chosen on validation images, for people; may be empty
   */
  record Found(boolean[] right, boolean[] rightAtFirst, double overlap, String choice) {}

  private final int seeds;
  private final Map<String, List<Found>> all = new HashMap<>();

  BoxMeasurements(int seeds) {
    this.seeds = seeds;
  }

  /** The name of a network's measurement in the central crop. */
  static String centre(BoxNet net) {
    return "centre/" + net.name();
  }

  /** The name of a measurement by the full protocol. */
  static String full(BoxSubject subject) {
    return "full/" + subject;
  }

  /** The name of the measurement of boxes by Grad-CAM. */
  static final String GRAD_CAM = "grad-cam";

  /** Adds what the next seed gave. */
  void add(String method, Found found) {
    all.computeIfAbsent(method, key -> new ArrayList<>()).add(found);
  }

  private List<Found> of(String method) {
    List<Found> found = all.get(method);
    if (found == null || found.size() != seeds) {
      throw new IllegalArgumentException("not measured: " + method);
    }
    return found;
  }

  private static int wrong(boolean[] right) {
    int wrong = 0;
    for (boolean one : right) {
      wrong += one ? 0 : 1;
    }
    return wrong;
  }

  /** Images that are not localised, of those of all seeds. */
  ErrorRate error(String method) {
    int wrong = of(method).stream().mapToInt(found -> wrong(found.right())).sum();
    return new ErrorRate(wrong, of(method).stream().mapToInt(found -> found.right().length).sum());
  }

  /** The same, where only the first guess counts. */
  ErrorRate errorAtFirst(String method) {
    int wrong = of(method).stream().mapToInt(found -> wrong(found.rightAtFirst())).sum();
    return new ErrorRate(
        wrong, of(method).stream().mapToInt(found -> found.rightAtFirst().length).sum());
  }

  /** The 95 % interval of {@link #error} for as many images as one seed has. */
  Significance.Interval interval(String method) {
    ErrorRate error = error(method);
    int images = error.images() / seeds;
    return Significance.wilson((int) Math.round(error.percent() / 100 * images), images);
  }

  /** Mean overlap over the seeds. */
  double overlap(String method) {
    return of(method).stream().mapToDouble(Found::overlap).average().orElse(Double.NaN);
  }

  /** What was chosen for each seed; once if it is the same for all. */
  String choices(String method) {
    return String.join("; ", of(method).stream().map(Found::choice).distinct().toList());
  }

  /** Compares which images were localised, over all seeds. */
  Significance.Comparison compare(String first, String second) {
    int onlyFirst = 0;
    int onlySecond = 0;
    for (int i = 0; i < seeds; i++) {
      Significance.Comparison one =
          Significance.compare(of(first).get(i).right(), of(second).get(i).right());
      onlyFirst += one.onlyFirstRight();
      onlySecond += one.onlySecondRight();
    }
    return new Significance.Comparison(
        onlyFirst, onlySecond, Significance.mcNemar(onlyFirst, onlySecond));
  }
}
