package org.vgg4j.train;

import java.util.List;
import java.util.stream.IntStream;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.LabelCounts;
import org.vgg4j.data.MultiLabels;
import org.vgg4j.network.LabelLoss;

/** How good it is to guess labels by how many images show each, without looking at an image. */
final class LabelGuess {
  private LabelGuess() {}

  /**
   * The least mean loss of the same probabilities for all images.
   *
   * @param weights of the classes; empty: all 1
   * @param smoothing of the labels
   */
  static double loss(Dataset images, List<Double> weights, double smoothing) {
    int classes = images.classNames().size();
    double[] shown = new double[classes];
    double[] notShown = new double[classes];
    for (int i = 0; i < images.size(); i++) {
      int known = 0;
      for (int k = 0; k < classes; k++) {
        known += images.state(i, k) == MultiLabels.IGNORED ? 0 : 1;
      }
      for (int k = 0; k < classes; k++) {
        byte state = images.state(i, k);
        if (state != MultiLabels.IGNORED) {
          double target = (1 - smoothing) * (state == MultiLabels.POSITIVE ? 1 : 0) + smoothing / 2;
          double weight = weights.isEmpty() ? 1 : weights.get(k);
          shown[k] += weight * target / known;
          notShown[k] += (1 - target) / known;
        }
      }
    }
    double sum = 0;
    for (int k = 0; k < classes; k++) {
      if (shown[k] > 0 && notShown[k] > 0) { // else a certain answer costs nothing
        double score = StrictMath.log(shown[k] / notShown[k]);
        sum += shown[k] * LabelLoss.of(score, 1, 1) + notShown[k] * LabelLoss.of(score, 0, 1);
      }
    }
    return sum / images.size();
  }

  /** About the mean average precision, in percent, of scores that say nothing. */
  static double averagePrecision(Dataset images) {
    LabelCounts counts = LabelCounts.of(images);
    return IntStream.range(0, images.classNames().size())
        .filter(counts::isShown)
        .mapToDouble(k -> 100.0 * counts.shown()[k] / counts.known(k))
        .average()
        .orElse(Double.NaN);
  }
}
