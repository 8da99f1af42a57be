package org.vgg4j.data.packed;

import java.util.Arrays;
import java.util.List;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Fingerprint;
import org.vgg4j.data.IndexedDataset;
import org.vgg4j.image.RgbImage;

/** Grey images of one size from a pair of IDX files, held in memory. Immutable. */
final class IdxDataset extends IndexedDataset {
  private final String part;
  private final IdxFile images;
  private final IdxFile labels;

  /**
   * @param name of the data set these images are a part of, for example {@code fashion-mini}
   * @param part which part, for example {@code train}
   * @param images [count][height][width]
   * @param labels [count]
   * @param classNames at least two; every label is an index into it
   * @throws InputException if the counts differ, a label has no class or there is only one class
   */
  IdxDataset(String name, String part, IdxFile images, IdxFile labels, List<String> classNames) {
    super(name + "/" + part, classNames, asInts(labels.data));
    this.part = part;
    this.images = images;
    this.labels = labels;
    if (images.dimensions[0] != labels.dimensions[0]) {
      throw new InputException(
          "%s has %d images but %d labels: give the label file that belongs to the images"
              .formatted(name(), images.dimensions[0], labels.dimensions[0]));
    }
    if (classNames.size() < 2) {
      throw new InputException(
          name() + " has only one class: a classifier needs images of at least two");
    }
    for (int i = 0; i < size(); i++) {
      if (label(i) >= classNames.size()) {
        throw new InputException(
            "label %d of image %d of %s is beyond the %d classes: correct the labels or classes.txt"
                .formatted(label(i), i, name(), classNames.size()));
      }
    }
  }

  private static int[] asInts(byte[] labels) {
    int[] ints = new int[labels.length];
    for (int i = 0; i < ints.length; i++) {
      ints[i] = labels[i] & 0xFF;
    }
    return ints;
  }

  @Override
  public String id(int index) {
    return part + "/" + index;
  }

  @Override
  public RgbImage image(int index) {
    int height = images.dimensions[1];
    int width = images.dimensions[2];
    int from = Math.multiplyExact(index, height * width);
    byte[] grey = Arrays.copyOfRange(images.data, from, from + height * width);
    return RgbImage.ofGrey(grey, width, height);
  }

  @Override
  public boolean mayBeUnreadable() {
    return false; // the file's length was checked, and any byte is a pixel
  }

  /** Made from the sizes, all pixels, all labels and the class names. */
  @Override
  public String fingerprint() {
    Fingerprint fingerprint = new Fingerprint();
    for (int dimension : images.dimensions) {
      fingerprint.add(dimension);
    }
    return fingerprint.add(images.data).add(labels.data).add(classNames()).hex();
  }
}
