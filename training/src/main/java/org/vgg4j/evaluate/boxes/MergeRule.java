package org.vgg4j.evaluate.boxes;

import java.util.List;
import org.vgg4j.image.transform.Box;

/** How {@link BoxMerging} matches two boxes, and what becomes of them. */
public enum MergeRule {
  /**
   * Ours: the distance between the centres, divided by the mean of the two diagonals, plus 1 - IoU.
   * It is 0 for equal boxes, and does not change if image and boxes are enlarged. A merged box is
   * the mean of all its members, each with the same weight: so it does not depend on the order of
   * merging, and a box that is merged last moves the result no more than the others.
   */
  SCALE_FREE {
    @Override
    double match(Box one, Box other) {
      double distance = distance(one, other);
      double diagonals = diagonal(one) + diagonal(other);
      double relative = distance == 0 ? 0 : 2 * distance / diagonals;
      return relative + (1 - Overlap.iou(one, other));
    }

    @Override
    double weight(int members) {
      return members;
    }

    @Override
    public List<Double> grid() {
      return SCALE_FREE_GRID;
    }
  },
  /**
   * As published (Sermanet et al. 2014, section 4): the distance between the centres, in pixels,
   * plus the area of the intersection, in square pixels; a merged box is the mean of the two. Small
   * scores are merged first, so that boxes with much in common come last; and the score depends on
   * the scale of the image.
   */
  PUBLISHED {
    @Override
    double match(Box one, Box other) {
      double width = Math.min(one.right(), other.right()) - Math.max(one.left(), other.left());
      double height = Math.min(one.bottom(), other.bottom()) - Math.max(one.top(), other.top());
      return distance(one, other) + Math.max(0, width) * Math.max(0, height);
    }

    @Override
    double weight(int members) {
      return 1;
    }

    @Override
    public List<Double> grid() {
      return PUBLISHED_GRID;
    }
  };

  /** The threshold of {@link #SCALE_FREE} where none was chosen on images with boxes. */
  public static final double USUAL_THRESHOLD = 0.5;

  private static final List<Double> SCALE_FREE_GRID =
      List.of(0., .1, .2, .3, .4, .5, .6, .7, .8, .9, 1., 1.1, 1.2, 1.3, 1.4, 1.5, 2., 3.);
  private static final List<Double> PUBLISHED_GRID =
      List.of(
          0., 10., 30., 100., 200., 500., 1e3, 2e3, 5e3, 1e4, 2e4, 3e4, 5e4, 7e4, 1e5, 2e5, 5e5);

  /** The match score: boxes with the smallest are merged first. Symmetric; never NaN. */
  abstract double match(Box one, Box other);

  /** The weight, in the mean with another box, of a box that has so many members. */
  abstract double weight(int members);

  /** The thresholds from which one is chosen, ascending; none of either rule was published. */
  public abstract List<Double> grid();

  private static double distance(Box one, Box other) {
    double across = (one.left() + one.right() - other.left() - other.right()) / 2;
    double down = (one.top() + one.bottom() - other.top() - other.bottom()) / 2;
    return Math.sqrt(across * across + down * down);
  }

  private static double diagonal(Box box) {
    return Math.sqrt(box.width() * box.width() + box.height() * box.height());
  }
}
