package org.vgg4j.data.packed;

import java.util.Arrays;
import java.util.List;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Fingerprint;
import org.vgg4j.image.RgbImage;

/** Grey images of one size from a pair of IDX files, held in memory. Immutable. */
final class IdxDataset implements Dataset {
  private final String name;
  private final String part;
  private final IdxFile images;
  private final IdxFile labels;
  private final List<String> classNames;

  /**
   * @param name of the data set these images are a part of, for example {@code fashion-mini}
   * @param part which part, for example {@code train}
   * @param images [count][height][width]
   * @param labels [count]
   * @param classNames at least two; every label is an index into it
   * @throws InputException if the counts differ, a label has no class or there is only one class
   */
  IdxDataset(String name, String part, IdxFile images, IdxFile labels, List<String> classNames) {
    this.name = name + "/" + part;
    this.part = part;
    this.images = images;
    this.labels = labels;
    this.classNames = List.copyOf(classNames);
    if (images.dimensions[0] != labels.dimensions[0]) {
      throw new InputException(
          "%s has %d images but %d labels: give the label file that belongs to the images"
              .formatted(this.name, images.dimensions[0], labels.dimensions[0]));
    }
    if (classNames.size() < 2) {
      throw new InputException(
          this.name + " has only one class: a classifier needs images of at least two");
    }
    for (int i = 0; i < labels.data.length; i++) {
      if (label(i) >= classNames.size()) {
        throw new InputException(
            "label %d of image %d of %s is beyond the %d classes: correct the labels or classes.txt"
                .formatted(label(i), i, this.name, classNames.size()));
      }
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<String> classNames() {
    return classNames;
  }

  @Override
  public int size() {
    return labels.data.length;
  }

  @Override
  public int label(int index) {
    return labels.data[index] & 0xFF;
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
    return fingerprint.add(images.data).add(labels.data).add(classNames).hex();
  }
}
