package org.vgg4j.evaluate.boxes;

import java.util.List;
import org.vgg4j.data.BoxedObject;
import org.vgg4j.image.transform.Box;

/**
 * What is in an image, and where.
 *
 * @param label the image's class, from 0
 * @param objects all that have boxes, of this class and of others
 * @param blacklisted whether ILSVRC lists the image as one whose boxes are not to be trusted
 */
public record ImageTruth(int label, List<BoxedObject> objects, boolean blacklisted) {
  /** Copies the list. */
  public ImageTruth {
    objects = List.copyOf(objects);
  }

  /** The boxes of all objects of a class, also of those marked as difficult. */
  public List<Box> boxes(int ofLabel) {
    return BoxedObject.ofClass(objects, ofLabel);
  }
}
