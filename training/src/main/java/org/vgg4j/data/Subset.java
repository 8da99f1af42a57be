package org.vgg4j.data;

import java.util.List;
import java.util.stream.IntStream;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.transform.Geometry;
import org.vgg4j.image.transform.Rescale;
import org.vgg4j.model.Target;

/** Some images of another data set, in a given order. As thread-safe as that one. */
public final class Subset implements Dataset {
  private final Dataset whole;
  private final String name;
  private final int[] indices;

  /**
   * @param whole the data set to choose from
   * @param name what to call the choice
   * @param indices which images of the whole, in which order; copied
   * @throws IndexOutOfBoundsException if an index is outside the whole
   */
  public Subset(Dataset whole, String name, int[] indices) {
    this.whole = whole;
    this.name = name;
    this.indices = indices.clone();
    for (int index : this.indices) {
      if (index < 0 || index >= whole.size()) {
        throw new IndexOutOfBoundsException(
            "image " + index + " of the " + whole.size() + " of " + whole.name());
      }
    }
  }

  /** Returns the images from one index to before another. */
  public static Subset range(Dataset whole, int begin, int end) {
    return new Subset(whole, whole.name(), IntStream.range(begin, end).toArray());
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<String> classNames() {
    return whole.classNames();
  }

  @Override
  public int size() {
    return indices.length;
  }

  @Override
  public int label(int index) {
    return whole.label(indices[index]);
  }

  @Override
  public boolean hasLabelSets() {
    return whole.hasLabelSets();
  }

  @Override
  public byte state(int index, int label) {
    return whole.state(indices[index], label);
  }

  @Override
  public byte stateOfOthers() {
    return whole.stateOfOthers();
  }

  @Override
  public Target target(int index, Geometry geometry) {
    return whole.target(indices[index], geometry);
  }

  @Override
  public List<BoxedObject> objects(int index, Rescale.Size decoded) {
    return whole.objects(indices[index], decoded);
  }

  @Override
  public boolean hasBoxes() {
    return whole.hasBoxes();
  }

  @Override
  public boolean isLabelled() {
    return whole.isLabelled();
  }

  @Override
  public String id(int index) {
    return whole.id(indices[index]);
  }

  @Override
  public RgbImage image(int index) {
    return whole.image(indices[index]);
  }

  @Override
  public List<String> notes() {
    return whole.notes();
  }

  @Override
  public boolean mayBeUnreadable() {
    return whole.mayBeUnreadable();
  }

  /** Made from the whole's fingerprint and the indices. */
  @Override
  public String fingerprint() {
    return fingerprint(whole.fingerprint());
  }

  @Override
  public String imagesFingerprint() {
    return fingerprint(whole.imagesFingerprint());
  }

  private String fingerprint(String ofWhole) {
    Fingerprint fingerprint = new Fingerprint().add(ofWhole);
    for (int index : indices) {
      fingerprint.add(index);
    }
    return fingerprint.hex();
  }
}
