package org.vgg4j.svm;

import java.util.Arrays;
import org.vgg4j.base.Purpose;
import org.vgg4j.base.RandomStream;

/**
 * One class against the rest: a linear SVM with L2 regularisation by dual coordinate descent
 * (Hsieh, Chang, Lin, Keerthi and Sundararajan, "A dual coordinate descent method for large-scale
 * linear SVM", ICML 2008, algorithm 3, with shrinking). Each image has a multiplier between 0 and
 * an upper bound; the weights are the sum of the rows times multipliers and signs. A step finds the
 * best multiplier of one image. Not thread-safe.
 */
final class DualDescent {
  /** A projected gradient that is as good as zero. */
  private static final double NOTHING = 1e-12;

  private final Rows.Reader rows;
  private final int width;
  private final SvmOptions options;
  private final double[] squaredNorms;
  private final int classIndex;

  /** The images that count, those still in play first. */
  private final int[] order;

  private final boolean[] positive;
  private final double[] multipliers;
  private final double[] weights;

  /** What the bounds of the last pass allow to leave out. */
  private double shrinkAbove = Double.POSITIVE_INFINITY;

  private double shrinkBelow = Double.NEGATIVE_INFINITY;

  /**
   * @param rows the descriptors
   * @param squaredNorms of each row, without the bias feature
   * @param images which rows count
   * @param positive of each row of all, whether it is of the class
   * @param classIndex makes each class's random orders its own
   */
  DualDescent(
      Rows rows,
      double[] squaredNorms,
      int[] images,
      boolean[] positive,
      int classIndex,
      SvmOptions options) {
    this.rows = rows.reader();
    this.width = rows.width();
    this.squaredNorms = squaredNorms;
    this.order = images.clone();
    this.positive = positive;
    this.classIndex = classIndex;
    this.options = options;
    this.multipliers = new double[squaredNorms.length];
    this.weights = new double[width + 1];
  }

  Solution solve() {
    int active = order.length;
    boolean converged = false;
    int pass = 0;
    while (!converged && pass < options.iterations()) {
      shuffle(active, pass++);
      double largest = Double.NEGATIVE_INFINITY;
      double smallest = Double.POSITIVE_INFINITY;
      for (int s = 0; s < active; s++) {
        int image = order[s];
        double gradient = gradient(image);
        if (isSettled(image, gradient)) {
          order[s--] = order[--active];
          order[active] = image;
          continue;
        }
        double projected = projected(image, gradient);
        largest = Math.max(largest, projected);
        smallest = Math.min(smallest, projected);
        if (Math.abs(projected) > NOTHING) {
          step(image, gradient);
        }
      }
      // if all are settled, there is no difference either
      if (!(largest - smallest > options.tolerance())) {
        converged = active == order.length;
        active = order.length; // what was left out must agree, too
        shrinkAbove = Double.POSITIVE_INFINITY;
        shrinkBelow = Double.NEGATIVE_INFINITY;
      } else {
        shrinkAbove = largest > 0 ? largest : Double.POSITIVE_INFINITY;
        shrinkBelow = smallest < 0 ? smallest : Double.NEGATIVE_INFINITY;
      }
    }
    return solution(pass, converged);
  }

  /** Fisher and Yates, over the images in play. */
  private void shuffle(int active, int pass) {
    RandomStream random =
        new RandomStream(options.seed(), pass, classIndex, Purpose.COORDINATE_ORDER);
    for (int i = active - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swap = order[i];
      order[i] = order[j];
      order[j] = swap;
    }
  }

  private double score(int image) {
    return rows.dot(image, weights, 0) + options.bias() * weights[width];
  }

  private double sign(int image) {
    return positive[image] ? 1 : -1;
  }

  /** The weight of an image's loss. */
  private double cost(int image) {
    return options.cost() * (positive[image] ? options.positiveWeight() : options.negativeWeight());
  }

  /** The squared loss adds to the diagonal of the dual problem. */
  private double diagonal(int image) {
    return options.loss() == Loss.L2 ? 0.5 / cost(image) : 0;
  }

  private double bound(int image) {
    return options.loss() == Loss.L2 ? Double.POSITIVE_INFINITY : cost(image);
  }

  private double gradient(int image) {
    return sign(image) * score(image) - 1 + multipliers[image] * diagonal(image);
  }

  /** Whether an image's multiplier is at a bound, and far from leaving it. */
  private boolean isSettled(int image, double gradient) {
    return multipliers[image] == 0 && gradient > shrinkAbove
        || multipliers[image] == bound(image) && gradient < shrinkBelow;
  }

  /** The part of a gradient that does not point out of the bounds. */
  private double projected(int image, double gradient) {
    if (multipliers[image] == 0) {
      return Math.min(0, gradient);
    }
    return multipliers[image] == bound(image) ? Math.max(0, gradient) : gradient;
  }

  private void step(int image, double gradient) {
    double before = multipliers[image];
    // a row of zeros without bias has curvature 0: the quotient is infinite, and the bound is best
    double curvature = squaredNorms[image] + options.bias() * options.bias() + diagonal(image);
    double after = Math.min(bound(image), Math.max(0, before - gradient / curvature));
    multipliers[image] = after;
    double change = (after - before) * sign(image);
    if (change != 0) {
      rows.addScaled(image, change, weights, 0);
      weights[width] += change * options.bias();
    }
  }

  private Solution solution(int passes, boolean converged) {
    // in the order of the images, so that sums do not depend on the last shuffle
    Arrays.sort(order);
    double half = 0;
    for (double weight : weights) {
      half += 0.5 * weight * weight;
    }
    double losses = 0;
    double dual = -half;
    int supportVectors = 0;
    for (int image : order) {
      double multiplier = multipliers[image];
      losses += cost(image) * options.loss().of(sign(image) * score(image));
      dual += multiplier - 0.5 * diagonal(image) * multiplier * multiplier;
      supportVectors += multiplier > 0 ? 1 : 0;
    }
    return new Solution(weights, passes, converged, half + losses, dual, supportVectors);
  }
}
