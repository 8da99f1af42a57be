package org.vgg4j.network;

import java.util.List;
import org.vgg4j.kernels.ClassTargets;
import org.vgg4j.model.Label;
import org.vgg4j.model.LabelSet;
import org.vgg4j.model.MixedLabel;
import org.vgg4j.model.Target;

/**
 * How class scores are compared with labels: by the cross-entropy {@code -sum of w[k] t[k] ln
 * p[k]}, in nats, of the posteriors p with the image's target t, with weights w of the classes. The
 * target is 1 for the label, or the labels' shares of a mixture, smoothed (Szegedy et al. 2016,
 * section 7): {@code (1 - s) t[k] + s / classes}. That is the sum that PyTorch's {@code
 * CrossEntropyLoss(weight, label_smoothing)} takes over the classes; over images it is the plain
 * mean, as PyTorch's is where targets are probabilities.
 *
 * <p>Where images may show several classes, scores are compared with sets of labels by {@link
 * LabelLoss}. Immutable.
 *
 * @param weights of the classes, positive; empty: all 1
 * @param smoothing s, in [0, 1)
 */
public record ClassLoss(List<Double> weights, double smoothing) {
  /** All classes count alike, and labels are certain. */
  public static final ClassLoss PLAIN = new ClassLoss(List.of(), 0);

  /**
   * Copies the list.
   *
   * @throws IllegalArgumentException if a number is out of its range
   */
  public ClassLoss {
    weights = List.copyOf(weights);
    if (!(smoothing >= 0 && smoothing < 1)
        || !weights.stream().allMatch(weight -> weight > 0 && Double.isFinite(weight))) {
      throw new IllegalArgumentException(
          "smoothing of %s, class weights %s".formatted(smoothing, weights));
    }
  }

  /**
   * What is part of every image's target, weighted, {@code [classes]}; empty if there is nothing.
   *
   * @throws IllegalArgumentException if there are weights for another number of classes
   */
  private double[] common(int classes) {
    requireWeights(classes);
    double[] common = new double[smoothing == 0 ? 0 : classes];
    for (int k = 0; k < common.length; k++) {
      common[k] = smoothing / classes * weight(k);
    }
    return common;
  }

  /**
   * Returns the weighted and smoothed targets of images. The first of an image's two labels is the
   * one with the larger share before the weights, of equal ones that of the first image: what has
   * the largest score there is right.
   *
   * @param targets {@code [N]}
   * @param classes of the network
   * @throws IllegalArgumentException if one of them is no label, or none of these classes, or there
   *     are weights for another number of classes
   */
  public ClassTargets targets(List<Target> targets, int classes) {
    double[] common = common(classes);
    int[] labels = new int[2 * targets.size()];
    double[] shares = new double[labels.length];
    for (int n = 0; n < targets.size(); n++) {
      MixedLabel pair = ordered(targets.get(n));
      labels[2 * n] = requireClass(pair.first(), classes);
      labels[2 * n + 1] = requireClass(pair.second(), classes);
      shares[2 * n] = (1 - smoothing) * pair.share() * weight(pair.first());
      shares[2 * n + 1] = (1 - smoothing) * (1 - pair.share()) * weight(pair.second());
    }
    return new ClassTargets(labels, shares, common);
  }

  /**
   * Returns the smoothed targets of images that may show several classes: {@code (1 - s) t + s / 2}
   * of each label.
   *
   * @param targets {@code [N]}
   * @param classes of the network
   * @return {@code [N][classes]}, {@link LabelSet#UNKNOWN} where nothing is known
   * @throws IllegalArgumentException if one of them is no set of labels, or of other classes, or
   *     there are weights for another number of classes
   */
  public float[] labelTargets(List<Target> targets, int classes) {
    requireWeights(classes);
    float[] smoothed = new float[Math.multiplyExact(targets.size(), classes)];
    for (int n = 0; n < targets.size(); n++) {
      if (!(targets.get(n) instanceof LabelSet set) || set.classes() != classes) {
        throw new IllegalArgumentException(
            "sets of %d labels are needed, not %s".formatted(classes, targets.get(n)));
      }
      for (int k = 0; k < classes; k++) {
        smoothed[n * classes + k] = (float) ((1 - smoothing) * set.shown(k) + smoothing / 2);
      }
    }
    return smoothed;
  }

  private static MixedLabel ordered(Target target) {
    if (target instanceof Label label) {
      return new MixedLabel(label.index(), label.index(), 1);
    }
    if (target instanceof MixedLabel mixed) {
      return mixed.share() >= 0.5
          ? mixed
          : new MixedLabel(mixed.second(), mixed.first(), 1 - mixed.share());
    }
    throw new IllegalArgumentException("classification needs labels, not " + target);
  }

  /** The weight of a class. */
  public double weight(int label) {
    return weights.isEmpty() ? 1 : weights.get(label);
  }

  private void requireWeights(int classes) {
    if (!weights.isEmpty() && weights.size() != classes) {
      throw new IllegalArgumentException(
          "%d weights for %d classes".formatted(weights.size(), classes));
    }
  }

  private static int requireClass(int label, int classes) {
    if (label >= classes) {
      throw new IllegalArgumentException(
          "label %d, but the network has %d classes".formatted(label, classes));
    }
    return label;
  }
}
