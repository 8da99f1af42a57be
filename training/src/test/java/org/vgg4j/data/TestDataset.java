package org.vgg4j.data;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.transform.Box;
import org.vgg4j.image.transform.Rescale;

/** A data set in memory for tests. */
public final class TestDataset implements Dataset {
  private final List<String> classNames;
  private final List<RgbImage> images = new ArrayList<>();
  private final List<List<BoxedObject>> objects = new ArrayList<>();
  private final List<Integer> labels = new ArrayList<>();
  private IntConsumer beforeImage = index -> {};

  /**
   * @param classNames the classes
   */
  public TestDataset(String... classNames) {
    this.classNames = List.of(classNames);
  }

  /** Adds an image; returns this. */
  public TestDataset add(int label, RgbImage image) {
    return add(label, image, List.of());
  }

  /** Adds an image with the boxes of objects of its class; returns this. */
  public TestDataset add(int label, RgbImage image, List<Box> boxes) {
    labels.add(label);
    images.add(image);
    objects.add(boxes.stream().map(box -> new BoxedObject(label, box, false)).toList());
    return this;
  }

  @Override
  public boolean hasBoxes() {
    return objects.stream().anyMatch(list -> !list.isEmpty());
  }

  @Override
  public List<BoxedObject> objects(int index, Rescale.Size decoded) {
    return objects.get(index);
  }

  @Override
  public String name() {
    return "test";
  }

  @Override
  public List<String> classNames() {
    return classNames;
  }

  @Override
  public int size() {
    return images.size();
  }

  @Override
  public int label(int index) {
    return labels.get(index);
  }

  @Override
  public String id(int index) {
    return "test/" + index;
  }

  /** Runs something before each image is given out; returns this. */
  public TestDataset beforeImage(IntConsumer action) {
    beforeImage = action;
    return this;
  }

  @Override
  public RgbImage image(int index) {
    beforeImage.accept(index);
    return images.get(index);
  }

  @Override
  public String fingerprint() {
    return "fingerprint";
  }
}
