package org.vgg4j.evaluate;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A probability below which the best class is not named, so that of the answers that are given, a
 * wanted share is right (selective classification: El-Yaniv and Wiener 2010).
 *
 * @param threshold the probability that the best class must reach, in 0..1
 * @param answered the share of the images whose best class reaches it, in 0..1
 * @param right the share of these that are right, in 0..1
 */
public record AnswerThreshold(double threshold, double answered, double right) {
  /**
   * Finds the threshold with which most images are answered.
   *
   * @param posteriors of images with classes
   * @param wanted the share of answers that must be right, in 0..1
   * @return nothing if no threshold gives that share
   * @throws IllegalStateException if the classes of the images are not known
   */
  public static Optional<AnswerThreshold> of(Posteriors posteriors, double wanted) {
    posteriors.requireLabels();
    int classes = posteriors.classNames().size();
    int images = posteriors.images();
    float[] best = new float[images];
    for (int n = 0; n < images; n++) {
      best[n] = posteriors.values()[n * classes + posteriors.predicted(n)];
    }
    List<Integer> surestFirst = new ArrayList<>(IntStream.range(0, images).boxed().toList());
    surestFirst.sort(Comparator.comparingDouble(n -> -best[n]));
    int right = 0;
    int most = 0;
    int rightOfMost = 0;
    for (int i = 0; i < images; i++) {
      int n = surestFirst.get(i);
      right += posteriors.predicted(n) == posteriors.labels()[n] ? 1 : 0;
      boolean last = i + 1 == images || best[surestFirst.get(i + 1)] < best[n]; // of equals
      if (last && right >= wanted * (i + 1)) {
        most = i + 1;
        rightOfMost = right;
      }
    }
    if (most == 0) {
      return Optional.empty();
    }
    float included = best[surestFirst.get(most - 1)];
    float excluded = most == images ? 0 : best[surestFirst.get(most)];
    return Optional.of(
        new AnswerThreshold(
            between(excluded, included), (double) most / images, (double) rightOfMost / most));
  }

  /** The shortest decimal number above one and at most the other. */
  private static double between(double excluded, double included) {
    for (double scale = 100; scale <= 1e9; scale *= 10) {
      double rounded = Math.floor(included * scale) / scale;
      if (rounded > excluded) {
        return rounded;
      }
    }
    return included;
  }
}
