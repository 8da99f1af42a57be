package org.vgg4j.evaluate.boxes;

import java.util.List;
import org.vgg4j.image.transform.Box;

/** How well boxes agree. */
public final class Overlap {
  private Overlap() {}

  /**
   * The area that two boxes share, divided by the area that they cover together. Of boxes that were
   * made of ILSVRC's inclusive pixels, it is the development kit's overlap, to the last bit.
   *
   * @return 0 to 1; 0 where the boxes do not meet or only touch
   */
  public static double iou(Box one, Box other) {
    double width = Math.min(one.right(), other.right()) - Math.max(one.left(), other.left());
    double height = Math.min(one.bottom(), other.bottom()) - Math.max(one.top(), other.top());
    if (width <= 0 || height <= 0) {
      return 0;
    }
    double shared = width * height;
    return shared / (area(one) + area(other) - shared);
  }

  /** In square pixels. */
  static double area(Box box) {
    return box.width() * box.height();
  }

  /** The largest {@link #iou} of a box with any of several; 0 if there are none. */
  public static double best(Box box, List<Box> others) {
    return others.stream().mapToDouble(other -> iou(box, other)).max().orElse(0);
  }
}
