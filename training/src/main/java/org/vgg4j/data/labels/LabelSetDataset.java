package org.vgg4j.data.labels;

import java.util.List;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Fingerprint;
import org.vgg4j.data.ForwardingDataset;
import org.vgg4j.data.MultiLabels;
import org.vgg4j.image.transform.Geometry;
import org.vgg4j.model.LabelSet;
import org.vgg4j.model.Target;

/**
 * Images that may show several classes each: their targets are sets of labels. As thread-safe as
 * the images.
 */
public final class LabelSetDataset extends ForwardingDataset {
  private final MultiLabels labels;
  private final boolean complete;

  /**
   * @param images whatever their classes
   * @param labels of each of them
   * @param complete whether these are all that the images show, of any class
   * @throws IllegalArgumentException if there are not as many
   */
  public LabelSetDataset(Dataset images, MultiLabels labels, boolean complete) {
    super(images);
    if (labels.size() != images.size()) {
      throw new IllegalArgumentException(
          "%d labels of %d images of %s".formatted(labels.size(), images.size(), images.name()));
    }
    this.labels = labels;
    this.complete = complete;
  }

  @Override
  public List<String> classNames() {
    return labels.classNames();
  }

  @Override
  public boolean hasLabelSets() {
    return true;
  }

  @Override
  public int label(int index) {
    return UNKNOWN;
  }

  @Override
  public boolean isLabelled() {
    return false; // by classes, of which an image has one
  }

  @Override
  public byte state(int index, int label) {
    return labels.state(index, label);
  }

  @Override
  public byte stateOfOthers() {
    return complete ? MultiLabels.NEGATIVE : MultiLabels.IGNORED;
  }

  /** Wherever the crop lies, the image's labels are the crop's. */
  @Override
  public Target target(int index, Geometry geometry) {
    float[] shown = new float[classNames().size()];
    for (int k = 0; k < shown.length; k++) {
      byte state = labels.state(index, k);
      shown[k] =
          state == MultiLabels.IGNORED ? LabelSet.UNKNOWN : state == MultiLabels.POSITIVE ? 1 : 0;
    }
    return new LabelSet(shown);
  }

  /** Made from that of the images, and all labels. */
  @Override
  public String fingerprint() {
    return new Fingerprint()
        .add("sets of labels")
        .add(whole().fingerprint())
        .add(labels.classNames())
        .add(labels.states())
        .hex();
  }
}
