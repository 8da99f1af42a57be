package org.vgg4j.data;

import java.util.List;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.transform.Geometry;
import org.vgg4j.image.transform.Rescale;
import org.vgg4j.model.Target;

/**
 * Says what another data set of the same images says; subclasses say something else where they
 * differ. As thread-safe as that one.
 */
public abstract class ForwardingDataset implements Dataset {
  private final Dataset whole;

  /**
   * @param whole what is asked
   */
  protected ForwardingDataset(Dataset whole) {
    this.whole = whole;
  }

  /** The data set that is asked. */
  protected final Dataset whole() {
    return whole;
  }

  @Override
  public String name() {
    return whole.name();
  }

  @Override
  public List<String> classNames() {
    return whole.classNames();
  }

  @Override
  public int size() {
    return whole.size();
  }

  @Override
  public int label(int index) {
    return whole.label(index);
  }

  @Override
  public boolean hasLabelSets() {
    return whole.hasLabelSets();
  }

  @Override
  public byte state(int index, int label) {
    return whole.state(index, label);
  }

  @Override
  public byte stateOfOthers() {
    return whole.stateOfOthers();
  }

  @Override
  public Target target(int index, Geometry geometry) {
    return whole.target(index, geometry);
  }

  @Override
  public List<BoxedObject> objects(int index, Rescale.Size decoded) {
    return whole.objects(index, decoded);
  }

  @Override
  public boolean hasBoxes() {
    return whole.hasBoxes();
  }

  @Override
  public int leftOut() {
    return whole.leftOut();
  }

  @Override
  public boolean isLabelled() {
    return whole.isLabelled();
  }

  @Override
  public String id(int index) {
    return whole.id(index);
  }

  @Override
  public RgbImage image(int index) {
    return whole.image(index);
  }

  @Override
  public List<String> notes() {
    return whole.notes();
  }

  @Override
  public boolean mayBeUnreadable() {
    return whole.mayBeUnreadable();
  }

  @Override
  public String fingerprint() {
    return whole.fingerprint();
  }

  @Override
  public String imagesFingerprint() {
    return whole.imagesFingerprint();
  }
}
