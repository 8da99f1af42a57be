package org.vgg4j.data;

import java.util.List;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.transform.Geometry;
import org.vgg4j.image.transform.Rescale;
import org.vgg4j.model.Label;
import org.vgg4j.model.Target;

/**
 * Images, usually labelled, numbered from 0. All methods are thread-safe and always return the
 * same.
 */
public interface Dataset {
  /** The label of images whose classes are not known, such as those of a competition's test set. */
  int UNKNOWN = -1;

  /** Returns what to call the data set, for example {@code fashion-mini/train}. */
  String name();

  /** Returns the names of the classes; a label is an index into this list. */
  List<String> classNames();

  /** Returns the number of images. */
  int size();

  /**
   * Returns the class of an image.
   *
   * @param index from 0 to size - 1
   * @return from 0 to the number of classes - 1; {@link #UNKNOWN} if it is not labelled
   */
  int label(int index);

  /** Whether an image may show several of the classes: then {@link #label} is {@link #UNKNOWN}. */
  default boolean hasLabelSets() {
    return false;
  }

  /**
   * Returns whether an image shows a class: of images that show one class each, whether it is
   * theirs.
   *
   * @param index from 0 to size - 1
   * @param label index of the class
   * @return {@link MultiLabels#POSITIVE}, {@link MultiLabels#NEGATIVE}, or {@link
   *     MultiLabels#IGNORED} if that is not known
   */
  default byte state(int index, int label) {
    int own = label(index);
    if (own == UNKNOWN) {
      return MultiLabels.IGNORED;
    }
    return own == label ? MultiLabels.POSITIVE : MultiLabels.NEGATIVE;
  }

  /**
   * Returns what is known of a class that is not among the {@link #classNames}: {@link
   * MultiLabels#NEGATIVE} where the labels list all that an image shows, else {@link
   * MultiLabels#IGNORED}.
   */
  default byte stateOfOthers() {
    return MultiLabels.IGNORED;
  }

  /**
   * Returns what a network's output for a crop of an image is compared with: the image's class.
   *
   * @param index from 0 to size - 1
   * @param geometry where in the image the crop lies, for targets that depend on it
   * @throws IllegalArgumentException if the image is not labelled
   */
  default Target target(int index, Geometry geometry) {
    return new Label(label(index));
  }

  /**
   * Returns the objects in an image that have boxes: of its own class and of others. None unless
   * the data set was opened with boxes.
   *
   * @param index from 0 to size - 1
   * @param decoded size of the image as {@link #image} gives it
   */
  default List<BoxedObject> objects(int index, Rescale.Size decoded) {
    return List.of();
  }

  /** Whether it is known what objects the images show, and where. */
  default boolean hasBoxes() {
    return false;
  }

  /**
   * Returns how many images of the same part of the data were left out when it was opened with
   * boxes, since they have none of their class; 0 of images that are held out of a part, which are
   * chosen from the others.
   */
  default int leftOut() {
    return 0;
  }

  /** Whether the classes of the images are known: of all of them, or of none. */
  default boolean isLabelled() {
    return true;
  }

  /**
   * Returns what to call an image: its file, or its position, for example {@code train/123}.
   *
   * @param index from 0 to size - 1
   */
  String id(int index);

  /**
   * Returns an image at its own size, decoded again at each call.
   *
   * @param index from 0 to size - 1
   * @throws org.vgg4j.image.UnreadableImageException if its content is no image
   * @throws org.vgg4j.base.InputException if its file cannot be read
   */
  RgbImage image(int index);

  /** Returns sentences for users about what was found beside the images. */
  default List<String> notes() {
    return List.of();
  }

  /** Whether some images may turn out to be unreadable when they are decoded. */
  default boolean mayBeUnreadable() {
    return true;
  }

  /**
   * Returns a SHA-256 in lower-case hexadecimal digits that changes with the content, as far as an
   * implementation can tell without reading every file.
   */
  String fingerprint();

  /** Returns the {@link #fingerprint} of the images alone, where labels lie apart from them. */
  default String imagesFingerprint() {
    return fingerprint();
  }
}
