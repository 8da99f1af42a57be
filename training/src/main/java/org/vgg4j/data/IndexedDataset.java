package org.vgg4j.data;

import java.util.List;

/** A data set that knows all its labels in advance. Immutable. */
public abstract class IndexedDataset implements Dataset {
  private final String name;
  private final List<String> classNames;
  private final int[] labels;

  /**
   * @param name what to call it
   * @param labels of each image; {@link Dataset#UNKNOWN} for all of them where the classes are not
   *     known
   */
  protected IndexedDataset(String name, List<String> classNames, int[] labels) {
    this.name = name;
    this.classNames = List.copyOf(classNames);
    this.labels = labels;
  }

  @Override
  public final String name() {
    return name;
  }

  @Override
  public final List<String> classNames() {
    return classNames;
  }

  @Override
  public final int size() {
    return labels.length;
  }

  @Override
  public final int label(int index) {
    return labels[index];
  }

  @Override
  public final boolean isLabelled() {
    return labels.length == 0 || labels[0] != UNKNOWN;
  }
}
