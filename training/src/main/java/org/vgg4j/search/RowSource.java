package org.vgg4j.search;

/** Descriptors that are read one at a time. */
public interface RowSource {
  /** How many there are. */
  int count();

  /**
   * Reads one.
   *
   * @param into as long as a descriptor, overwritten
   */
  void read(int row, float[] into);
}
