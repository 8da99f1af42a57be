package org.vgg4j.kernels;

/**
 * What the class scores of some images are compared with: for each image two labels with a share
 * each, and what all images have in common. The target of class k is {@code common[k]}, plus the
 * share of each of the image's labels that is k. Shares may add up to anything.
 *
 * @param labels {@code [N][2]}, each in 0..classes-1; may be longer
 * @param shares {@code [N][2]}, of these labels, not negative; may be longer
 * @param common {@code [classes]}, not negative; empty: nothing
 */
public record ClassTargets(int[] labels, double[] shares, double[] common) {
  /** Each image has one label, whose target is 1. */
  public static ClassTargets of(int... labels) {
    int[] pairs = new int[2 * labels.length];
    double[] shares = new double[2 * labels.length];
    for (int n = 0; n < labels.length; n++) {
      pairs[2 * n] = labels[n];
      pairs[2 * n + 1] = labels[n];
      shares[2 * n] = 1;
    }
    return new ClassTargets(pairs, shares, new double[0]);
  }

  /** Sum of what all images have in common. */
  public double sumOfCommon() {
    double sum = 0;
    for (double value : common) {
      sum += value;
    }
    return sum;
  }
}
