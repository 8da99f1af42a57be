package org.vgg4j.data;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vgg4j.image.transform.Box;

/**
 * An object in an image, with the box around it.
 *
 * @param label its class, among those of the data set
 * @param box in pixels of the image as decoded; inside it
 * @param difficult whether its annotation says that it is hard to recognise (PASCAL VOC)
 */
public record BoxedObject(int label, Box box, boolean difficult) {
  /** Returns the boxes of the objects of a class, in their order. */
  public static List<Box> ofClass(List<BoxedObject> objects, int label) {
    return objects.stream().filter(object -> object.label == label).map(BoxedObject::box).toList();
  }

  /** Returns the largest box of the objects of a class, of equal ones the first; null if none. */
  public static @Nullable Box largest(List<BoxedObject> objects, int label) {
    Box largest = null;
    for (Box box : ofClass(objects, label)) {
      if (largest == null || area(box) > area(largest)) {
        largest = box;
      }
    }
    return largest;
  }

  private static double area(Box box) {
    return box.width() * box.height();
  }
}
