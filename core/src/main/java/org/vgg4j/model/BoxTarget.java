package org.vgg4j.model;

import java.util.List;

/**
 * The target of localisation: where in a crop an object of a class lies (the paper, appendix A).
 * Positions and sizes are shares of the crop's side, so that they do not depend on its number of
 * pixels. The object may reach beyond the crop.
 *
 * @param label index of the object's class among the network's, from 0
 * @param centerX from the crop's left edge, 0 to 1 inside it
 * @param centerY from the crop's upper edge, 0 to 1 inside it
 * @param width more than 0
 * @param height more than 0
 */
public record BoxTarget(int label, double centerX, double centerY, double width, double height)
    implements Target {

  /**
   * @throws IllegalArgumentException if the class is negative, the object has no area, or a number
   *     is not finite
   */
  public BoxTarget {
    boolean finite = Double.isFinite(centerX + centerY + width + height);
    if (label < 0 || !finite || !(width > 0 && height > 0)) {
      throw new IllegalArgumentException(
          "no object of class %d lies at (%s, %s) and has a size of %s x %s"
              .formatted(label, centerX, centerY, width, height));
    }
  }

  /** Where the object lies. */
  public CropBox box() {
    return new CropBox(centerX, centerY, width, height);
  }

  /**
   * Returns targets as what they are.
   *
   * @param classes of the network
   * @throws IllegalArgumentException if one of them is no box, or of none of these classes
   */
  public static List<BoxTarget> listOf(List<Target> targets, int classes) {
    return targets.stream().map(target -> box(target, classes)).toList();
  }

  private static BoxTarget box(Target target, int classes) {
    if (!(target instanceof BoxTarget box)) {
      throw new IllegalArgumentException("localisation needs boxes, not " + target);
    }
    if (box.label() >= classes) {
      throw new IllegalArgumentException(
          "label %d, but the network has %d classes".formatted(box.label(), classes));
    }
    return box;
  }
}
