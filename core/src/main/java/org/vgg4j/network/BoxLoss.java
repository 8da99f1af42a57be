package org.vgg4j.network;

import java.util.Locale;
import org.vgg4j.base.InputException;
import org.vgg4j.model.CropBox;
import org.vgg4j.model.Task;

/** How a box that a network finds is compared with the true one in training. */
public enum BoxLoss {
  /**
   * Half the sum of the squared differences between the outputs and the true box's {@link
   * CropBox#code()} (the paper, appendix A: Euclidean loss).
   */
  SQUARED("squared"),
  /** One minus the generalised intersection over union (Rezatofighi et al., CVPR 2019). */
  GIOU("giou");

  /** A box that has no area yet must be able to grow. */
  private static final double SMALLEST = 1e-3;

  private final String label;

  BoxLoss(String label) {
    this.label = label;
  }

  /** The name in options and files. */
  public String label() {
    return label;
  }

  /**
   * Returns the loss of that name, ignoring case.
   *
   * @throws InputException if there is none
   */
  public static BoxLoss of(String name) {
    for (BoxLoss loss : values()) {
      if (loss.label.equals(name.strip().toLowerCase(Locale.ROOT))) {
        return loss;
      }
    }
    throw new InputException("option box-loss is '%s' but must be squared or giou".formatted(name));
  }

  /**
   * Compares one box.
   *
   * @param outputs of the network
   * @param at index of the box's first output
   * @param truth what it should be
   * @param gradient of the loss with respect to the four outputs, overwritten
   * @return the loss; NaN if an output is
   */
  public double compare(float[] outputs, int at, CropBox truth, double[] gradient) {
    return this == SQUARED
        ? squared(outputs, at, truth, gradient)
        : giou(outputs, at, truth, gradient);
  }

  private static double squared(float[] outputs, int at, CropBox truth, double[] gradient) {
    double[] wanted = truth.code();
    double sum = 0;
    for (int i = 0; i < Task.BOX; i++) {
      double difference = outputs[at + i] - wanted[i];
      gradient[i] = difference;
      sum += difference * difference;
    }
    return sum / 2;
  }

  private static double giou(float[] outputs, int at, CropBox truth, double[] gradient) {
    CropBox found = CropBox.decode(outputs, at);
    Axis x = new Axis(found.centerX(), found.width(), truth.centerX(), truth.width());
    Axis y = new Axis(found.centerY(), found.height(), truth.centerY(), truth.height());
    double both = x.common * y.common;
    double own = x.size * y.size;
    double union = own + truth.width() * truth.height() - both;
    double hull = x.hull * y.hull;
    // 1 - giou = 2 - both / union - union / hull
    double byBoth = -1 / union - both / (union * union) + 1 / hull;
    double byOwn = both / (union * union) - 1 / hull;
    double byHull = union / (hull * hull);
    double unit = CropBox.shareOfOutput();
    for (int i = 0; i < Task.BOX; i++) {
      Axis axis = i % 2 == 0 ? x : y;
      Axis other = i % 2 == 0 ? y : x;
      boolean size = i >= 2;
      double common = (size ? axis.commonBySize() : axis.commonByCenter()) * other.common;
      double area = size ? other.size : 0;
      double around = (size ? axis.hullBySize() : axis.hullByCenter()) * other.hull;
      gradient[i] = (byBoth * common + byOwn * area + byHull * around) * unit;
    }
    return 2 - both / union - union / hull;
  }

  /** Two intervals: the found one and the true one. */
  private static final class Axis {
    private final double size;
    private final double common;
    private final double hull;

    /** Whether the found interval ends the common part, or the hull, on the low or high side. */
    private final boolean commonLow;

    private final boolean commonHigh;
    private final boolean hullLow;
    private final boolean hullHigh;

    Axis(double center, double found, double trueCenter, double trueSize) {
      size = Math.max(found, SMALLEST);
      double low = center - size / 2;
      double high = center + size / 2;
      double trueLow = trueCenter - trueSize / 2;
      double trueHigh = trueCenter + trueSize / 2;
      double overlap = Math.min(high, trueHigh) - Math.max(low, trueLow);
      common = Math.max(0, overlap);
      hull = Math.max(high, trueHigh) - Math.min(low, trueLow);
      commonLow = overlap > 0 && low > trueLow;
      commonHigh = overlap > 0 && high < trueHigh;
      hullLow = low < trueLow;
      hullHigh = high > trueHigh;
    }

    double commonByCenter() {
      return (commonHigh ? 1 : 0) - (commonLow ? 1 : 0);
    }

    double commonBySize() {
      return ((commonHigh ? 1 : 0) + (commonLow ? 1 : 0)) / 2.0;
    }

    double hullByCenter() {
      return (hullHigh ? 1 : 0) - (hullLow ? 1 : 0);
    }

    double hullBySize() {
      return ((hullHigh ? 1 : 0) + (hullLow ? 1 : 0)) / 2.0;
    }
  }
}
