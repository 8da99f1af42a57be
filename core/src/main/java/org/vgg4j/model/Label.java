package org.vgg4j.model;

import java.util.Arrays;
import java.util.List;

/**
 * The target of classification: the class that an image shows.
 *
 * @param index of the class among the network's, from 0
 */
public record Label(int index) implements Target {

  /**
   * @throws IllegalArgumentException if the index is negative, like that of an unlabelled image
   */
  public Label {
    if (index < 0) {
      throw new IllegalArgumentException("the index of a class must be at least 0, not " + index);
    }
  }

  /** Returns a target for each class, in the same order. */
  public static List<Target> listOf(int... indices) {
    return Arrays.stream(indices).<Target>mapToObj(Label::new).toList();
  }
}
