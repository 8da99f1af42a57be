package org.vgg4j.data.boxes;

import java.util.List;
import org.vgg4j.data.BoxedObject;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Fingerprint;
import org.vgg4j.data.ForwardingDataset;
import org.vgg4j.image.transform.Rescale;

/** Labelled images with boxes that were read from elsewhere. As thread-safe as the images. */
public final class AnnotatedDataset extends ForwardingDataset {
  private final BoxTable boxes;

  AnnotatedDataset(Dataset images, BoxTable boxes) {
    super(images);
    this.boxes = boxes;
  }

  /** Number of an image's boxes as they were read. */
  int boxes(int index) {
    return boxes.count(index);
  }

  /** Whether an image has a box of its own class, wherever it is. */
  boolean hasLabel(int index) {
    return boxes.hasLabel(index, label(index));
  }

  /** The class of the first box of an image, which must have one. */
  int firstLabel(int index) {
    return boxes.firstLabel(index);
  }

  /**
   * Whether an image has a box of its own class, as far as can be told without decoding it: where
   * the size that its boxes were drawn at is known, one inside that.
   */
  boolean hasOwn(int index) {
    Rescale.Size drawn = boxes.size(index);
    return drawn == null
        ? hasLabel(index)
        : BoxedObject.largest(objects(index, drawn), label(index)) != null;
  }

  /**
   * Returns what is odd about the boxes of an image.
   *
   * @param decoded the image's size
   * @return one for each box that has it; those that concern all boxes of the image once
   */
  public List<Oddity> oddities(int index, Rescale.Size decoded) {
    return boxes.find(index, decoded).oddities();
  }

  @Override
  public List<BoxedObject> objects(int index, Rescale.Size decoded) {
    return boxes.find(index, decoded).objects();
  }

  @Override
  public boolean hasBoxes() {
    return true;
  }

  /** Boxes may turn out to be outside an image. */
  @Override
  public boolean mayBeUnreadable() {
    return true;
  }

  /** Made from that of the images, and all boxes. */
  @Override
  public String fingerprint() {
    Fingerprint fingerprint = new Fingerprint().add(whole().fingerprint());
    boxes.addTo(fingerprint);
    return fingerprint.hex();
  }
}
