package org.vgg4j.network.cpu;

import java.util.List;
import org.vgg4j.kernels.ClassTargets;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.model.Target;
import org.vgg4j.network.ClassLoss;
import org.vgg4j.network.Learner;

/** The cross-entropy of the scores' soft-max with labels, see {@link ClassLoss}. */
final class CrossEntropy implements Loss {
  private final int classes;
  private final Kernels kernels;
  private final ClassLoss loss;
  private final double[] losses;

  /**
   * @param capacity the largest micro-batch
   */
  CrossEntropy(int classes, int capacity, Kernels kernels, ClassLoss loss) {
    this.classes = classes;
    this.kernels = kernels;
    this.loss = loss;
    this.losses = new double[capacity];
  }

  @Override
  public Learner.Result compute(
      float[] scores, List<Target> targets, float gradientScale, float[] gradient) {
    ClassTargets shares = loss.targets(targets, classes);
    int images = targets.size();
    kernels.softmaxCrossEntropy(images, classes, scores, shares, gradientScale, gradient, losses);
    double sum = 0;
    int correct = 0;
    for (int n = 0; n < images; n++) {
      sum += losses[n];
      correct += isLargest(scores, n * classes, shares.labels()[2 * n]) ? 1 : 0;
    }
    return new Learner.Result(sum, correct);
  }

  private boolean isLargest(float[] scores, int first, int label) {
    for (int k = 0; k < classes; k++) {
      float own = scores[first + label];
      float other = scores[first + k];
      // the first of equal scores counts, as in evaluation
      if (k != label && !(other < own || (other == own && k > label))) {
        return false;
      }
    }
    return true;
  }
}
