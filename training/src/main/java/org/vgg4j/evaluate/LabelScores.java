package org.vgg4j.evaluate;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.vgg4j.data.MultiLabels;
import org.vgg4j.network.LabelLoss;

/**
 * A network's scores of images that may show several classes each, and what these show.
 *
 * @param labels of the network's classes
 * @param scores {@code [images][classes]}, before the sigmoid
 * @param lossSum sum of the images' losses
 */
public record LabelScores(MultiLabels labels, float[] scores, double lossSum) {
  /**
   * A label that the network got wrong.
   *
   * @param image index of the image
   * @param label index of the class
   * @param probability that the image shows it, as the network has it
   */
  public record Mistake(int image, int label, double probability) {}

  /**
   * Returns the results. If a score is not a number, the loss is none, and there is no average
   * precision.
   */
  public LabelEvaluation evaluation() {
    int classes = labels.classNames().size();
    int images = labels.size();
    int[] known = new int[classes];
    int[] shown = new int[classes];
    int[] found = new int[classes];
    int[] wronglyFound = new int[classes];
    double[] precision = new double[classes];
    boolean sound = IntStream.range(0, scores.length).noneMatch(i -> Float.isNaN(scores[i]));
    for (int k = 0; k < classes; k++) {
      double[] own = new double[images];
      for (int i = 0; i < images; i++) {
        own[i] = scores[i * classes + k];
        byte state = labels.state(i, k);
        boolean isFound = own[i] >= 0; // a probability of a half
        known[k] += state == MultiLabels.IGNORED ? 0 : 1;
        shown[k] += state == MultiLabels.POSITIVE ? 1 : 0;
        found[k] += state == MultiLabels.POSITIVE && isFound ? 1 : 0;
        wronglyFound[k] += state == MultiLabels.NEGATIVE && isFound ? 1 : 0;
      }
      precision[k] =
          sound
              ? AveragePrecision.of(AveragePrecision.Form.STEPS, own, labels.column(k))
              : Double.NaN;
    }
    return new LabelEvaluation(
        labels.classNames(),
        images,
        known,
        shown,
        found,
        wronglyFound,
        precision,
        sound ? lossSum / images : Double.NaN);
  }

  /**
   * Returns the wrong labels of which the network is most confident, the most confident first; of
   * equal ones the first image's.
   *
   * @param limit how many
   */
  public List<Mistake> mistakes(int limit) {
    int classes = labels.classNames().size();
    return IntStream.range(0, scores.length)
        .filter(i -> isWrong(i / classes, i % classes))
        .boxed()
        .sorted(Comparator.comparingDouble(i -> -Math.abs(scores[i])))
        .limit(limit)
        .map(i -> new Mistake(i / classes, i % classes, LabelLoss.probability(scores[i])))
        .toList();
  }

  private boolean isWrong(int image, int label) {
    byte state = labels.state(image, label);
    boolean isFound = scores[image * labels.classNames().size() + label] >= 0;
    return state != MultiLabels.IGNORED && isFound != (state == MultiLabels.POSITIVE);
  }

  /**
   * Sums that can be added to those of other images: of each number a place, which is 0 for the
   * others.
   *
   * @param first the place of the first of these images among all
   * @param all number of all images
   */
  double[] sums(int first, int all) {
    int classes = labels.classNames().size();
    int length = Math.multiplyExact(all, classes);
    double[] sums = new double[Math.addExact(Math.multiplyExact(2, length), 1)];
    for (int i = 0; i < scores.length; i++) {
      sums[first * classes + i] = scores[i];
      sums[length + first * classes + i] = labels.state(i / classes, i % classes);
    }
    sums[2 * length] = lossSum;
    return sums;
  }

  /** The inverse of {@link #sums} for all images. */
  static LabelScores ofSums(List<String> classNames, double[] sums) {
    int length = (sums.length - 1) / 2;
    float[] scores = new float[length];
    byte[] states = new byte[length];
    for (int i = 0; i < length; i++) {
      scores[i] = (float) sums[i];
      states[i] = (byte) sums[length + i];
    }
    return new LabelScores(new MultiLabels(classNames, states), scores, sums[2 * length]);
  }
}
