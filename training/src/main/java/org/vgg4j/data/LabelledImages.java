package org.vgg4j.data;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;

/**
 * Images that may show several classes each.
 *
 * @param images the images, not labelled as a {@link Dataset}, whose images have one class each
 * @param classNames of the labels
 * @param labels of each image; null where they are not published, as those of a competition's test
 *     set
 */
public record LabelledImages(
    Dataset images, List<String> classNames, @Nullable MultiLabels labels) {

  /**
   * @throws IllegalArgumentException if there are not as many labels as images, or of other classes
   */
  public LabelledImages {
    classNames = List.copyOf(classNames);
    if (labels != null
        && (labels.size() != images.size() || !labels.classNames().equals(classNames))) {
      throw new IllegalArgumentException(
          labels.size() + " labels of " + images.size() + " images of " + images.name());
    }
  }

  /**
   * Returns the labels.
   *
   * @throws InputException if they are not known
   */
  public MultiLabels requireLabels() {
    if (labels == null) {
      throw new InputException(
          "there are no lists of the classes that the images of %s show: unpack the archive that has them again"
              .formatted(images.name()));
    }
    return labels;
  }
}
