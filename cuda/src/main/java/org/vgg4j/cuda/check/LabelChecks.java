package org.vgg4j.cuda.check;

import java.util.Arrays;
import org.vgg4j.cuda.kernels.Loss;
import org.vgg4j.cuda.kernels.Planes;
import org.vgg4j.cuda.kernels.Precision;
import org.vgg4j.network.LabelLoss;

/** Checks of the loss of images that may show several classes. */
final class LabelChecks {
  private static final int IMAGES = 4;
  private static final int CLASSES = 1003;
  private static final int PADDED = 1024;
  private static final float SCALE = 1f / 8;

  private LabelChecks() {}

  /** Scores, targets and weights of some images. */
  private static final class Labels {
    private final double[] scores;
    private final double[] targets;
    private final double[] weights;

    /** Of image 1 all labels are right, some with a score of 0; of image 2 none is known. */
    Labels(DeviceValues values) {
      scores = values.random((long) IMAGES * PADDED, 3);
      targets = values.random((long) IMAGES * CLASSES, 1);
      weights = Arrays.stream(values.random(CLASSES, 1)).map(w -> 0.1 + Math.abs(w)).toArray();
      for (int i = 0; i < targets.length; i++) {
        int image = i / CLASSES;
        int at = image * PADDED + i % CLASSES;
        targets[i] = i % 3 == 0 ? (float) Math.min(1, Math.abs(targets[i])) : i % 2;
        if (image == 1) {
          boolean shown = targets[i] >= 0.5;
          double size = Math.abs(scores[at]) + 0.01;
          scores[at] = shown ? (i % 5 == 0 ? 0 : size) : -size;
        }
        if (i % 7 == 0 || image == 2) {
          targets[i] = Double.NaN;
        }
      }
      scores[PADDED - 24] = 4000; // whose power is no double
      scores[PADDED - 26] = -4000;
      for (int i = 0; i < scores.length; i++) {
        scores[i] = i % PADDED < CLASSES ? (float) scores[i] : Double.NaN;
      }
    }

    private double weight(int label, boolean weighted) {
      return weighted ? weights[label] : 1;
    }

    private int known(int image) {
      int known = 0;
      for (int k = 0; k < CLASSES; k++) {
        known += Double.isNaN(targets[image * CLASSES + k]) ? 0 : 1;
      }
      return Math.max(1, known);
    }

    double loss(int image, boolean weighted) {
      double sum = 0;
      for (int k = 0; k < CLASSES; k++) {
        double target = targets[image * CLASSES + k];
        if (!Double.isNaN(target)) {
          sum += LabelLoss.of(scores[image * PADDED + k], target, weight(k, weighted));
        }
      }
      return sum / known(image);
    }

    boolean isRight(int image) {
      for (int k = 0; k < CLASSES; k++) {
        float target = (float) targets[image * CLASSES + k];
        float score = (float) scores[image * PADDED + k];
        if (!Float.isNaN(target) && !LabelLoss.isRight(score, target)) {
          return false;
        }
      }
      return true;
    }

    double[] gradient(boolean weighted) {
      double[] gradient = new double[IMAGES * PADDED];
      for (int i = 0; i < targets.length; i++) {
        int image = i / CLASSES;
        int label = i % CLASSES;
        int at = image * PADDED + label;
        if (!Double.isNaN(targets[i])) {
          double slope = LabelLoss.gradient(scores[at], targets[i], weight(label, weighted));
          gradient[at] = slope * SCALE / known(image);
        }
      }
      return gradient;
    }

    void compare(DeviceValues values, boolean weighted, Planes gradient, long totals, boolean add) {
      new Loss(values.library(), CLASSES)
          .labelCrossEntropy(
              values.stream(),
              IMAGES,
              values.floats(scores),
              values.floats(targets),
              weighted ? values.ints(Loss.common(weights, 0)) : 0,
              SCALE,
              gradient,
              totals,
              add,
              values.room(Loss.workspace(IMAGES)));
    }
  }

  /** With weights, and without. */
  static double gradient(DeviceValues values, Precision precision) {
    double worst = 0;
    for (boolean weighted : new boolean[] {false, true}) {
      Labels labels = new Labels(values);
      Planes gradient = values.room((long) IMAGES * PADDED, precision);
      labels.compare(values, weighted, gradient, values.room(16), false);
      double[] wanted = labels.gradient(weighted);
      worst = Math.max(worst, Errors.largest(values.read(gradient, wanted.length), wanted));
    }
    return worst;
  }

  /** Two micro-batches: the second is added. */
  static double totals(DeviceValues values) {
    double worst = 0;
    for (boolean weighted : new boolean[] {false, true}) {
      Labels labels = new Labels(values);
      long totals = values.room(16);
      Planes gradient = values.room((long) IMAGES * PADDED, Precision.BF16);
      labels.compare(values, weighted, gradient, totals, false);
      labels.compare(values, weighted, gradient, totals, true);
      double loss = 0;
      double right = 0;
      for (int n = 0; n < IMAGES; n++) {
        loss += 2 * labels.loss(n, weighted);
        right += labels.isRight(n) ? 2 : 0;
      }
      double[] wanted = {loss, right};
      worst = Math.max(worst, Errors.largest(values.readDoubles(totals, 2), wanted));
    }
    return worst;
  }
}
