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

  /**
   * Returns the classes of targets that are labels, {@code [N]}.
   *
   * @throws IllegalArgumentException if one of them is not a label
   */
  public static int[] indices(List<Target> targets) {
    return targets.stream().mapToInt(Label::indexOf).toArray();
  }

  /**
   * Returns the classes of targets, {@code [N]}, for a network with so many.
   *
   * @throws IllegalArgumentException if one of them is no label, or none of these classes
   */
  public static int[] indices(List<Target> targets, int classes) {
    int[] indices = indices(targets);
    for (int label : indices) {
      if (label >= classes) {
        throw new IllegalArgumentException(
            "label %d, but the network has %d classes".formatted(label, classes));
      }
    }
    return indices;
  }

  private static int indexOf(Target target) {
    if (target instanceof Label label) {
      return label.index();
    }
    throw new IllegalArgumentException("classification needs labels, not " + target);
  }
}
