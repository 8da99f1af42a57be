package org.vgg4j.data.boxes;

import java.util.Locale;
import org.vgg4j.data.BoxedObject;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Fingerprint;
import org.vgg4j.data.ForwardingDataset;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.UnreadableImageException;
import org.vgg4j.image.transform.Box;
import org.vgg4j.image.transform.Geometry;
import org.vgg4j.image.transform.Rescale;
import org.vgg4j.model.BoxTarget;
import org.vgg4j.model.Target;

/**
 * A data set for localisation: its targets are boxes. The target of an image is its largest object
 * of its own class, the first of several as large. An image without such an object counts as
 * unreadable. As thread-safe as the data set whose objects it takes.
 */
public final class BoxedDataset extends ForwardingDataset {
  private final int leftOut;

  /**
   * @param whole labelled images whose objects have boxes
   */
  public BoxedDataset(Dataset whole) {
    this(whole, 0);
  }

  /**
   * @param whole labelled images whose objects have boxes
   * @param leftOut how many others were left out of them
   * @throws IllegalArgumentException if it has no boxes, or no labels
   */
  BoxedDataset(Dataset whole, int leftOut) {
    super(whole);
    this.leftOut = leftOut;
    if (!whole.hasBoxes() || !whole.isLabelled()) {
      throw new IllegalArgumentException(whole.name() + " has no boxes, or no labels");
    }
  }

  /**
   * Returns where an image's object lies in a crop, as shares of the crop's width and height; it
   * may reach beyond.
   *
   * @throws UnreadableImageException if the image has no object of its own class
   */
  @Override
  public Target target(int index, Geometry geometry) {
    Box box = geometry.toCrop(own(index, geometry.original()));
    double width = geometry.crop().width();
    double height = geometry.crop().height();
    return new BoxTarget(
        label(index),
        (box.left() + box.right()) / 2 / width,
        (box.top() + box.bottom()) / 2 / height,
        box.width() / width,
        box.height() / height);
  }

  @Override
  public int leftOut() {
    return leftOut;
  }

  private Box own(int index, Rescale.Size size) {
    Box largest = BoxedObject.largest(objects(index, size), label(index));
    if (largest == null) {
      throw new UnreadableImageException(
          String.format(
              Locale.ROOT,
              "%s has no box of its class %s that fits its %d x %d pixels: correct its boxes",
              id(index),
              classNames().get(label(index)),
              size.width(),
              size.height()));
    }
    return largest;
  }

  /**
   * @throws UnreadableImageException also if the image has no object of its own class
   */
  @Override
  public RgbImage image(int index) {
    RgbImage image = whole().image(index);
    Box unused = own(index, Rescale.Size.of(image)); // found out before training needs it
    return image;
  }

  /** Not that of the same images and boxes for classification. */
  @Override
  public String fingerprint() {
    return new Fingerprint().add("boxes as targets").add(whole().fingerprint()).hex();
  }
}
