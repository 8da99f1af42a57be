package org.vgg4j.data;

import java.util.Arrays;
import java.util.List;
import org.vgg4j.base.InputException;

/**
 * What is known of images that may show several classes: of each image and class, whether the image
 * shows it. Immutable.
 */
public final class MultiLabels {
  /** The image shows the class. */
  public static final byte POSITIVE = 1;

  /** The image does not show the class. */
  public static final byte NEGATIVE = -1;

  /** The image counts neither way for the class: it is hard to say (PASCAL VOC's "difficult"). */
  public static final byte IGNORED = 0;

  private final List<String> classNames;
  private final byte[] states;
  private final int size;

  /**
   * @param classNames at least one
   * @param states {@code [images][classes]}: {@link #POSITIVE}, {@link #NEGATIVE} or {@link
   *     #IGNORED}; copied
   * @throws IllegalArgumentException if these are no whole rows, or a state is none of the three
   */
  public MultiLabels(List<String> classNames, byte[] states) {
    this.classNames = List.copyOf(classNames);
    this.states = states.clone();
    if (classNames.isEmpty() || states.length % classNames.size() != 0) {
      throw new IllegalArgumentException(
          states.length + " states of " + classNames.size() + " classes");
    }
    for (byte state : states) {
      if (state < NEGATIVE || state > POSITIVE) {
        throw new IllegalArgumentException("there is no state " + state);
      }
    }
    this.size = states.length / classNames.size();
  }

  /**
   * Images that show one class each.
   *
   * @param labels of each image, an index into the class names
   * @throws IllegalArgumentException if one is not
   */
  public static MultiLabels ofSingle(List<String> classNames, int[] labels) {
    byte[] states = new byte[Math.multiplyExact(labels.length, classNames.size())];
    Arrays.fill(states, NEGATIVE);
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] < 0 || labels[i] >= classNames.size()) {
        throw new IllegalArgumentException("there is no class " + labels[i]);
      }
      states[i * classNames.size() + labels[i]] = POSITIVE;
    }
    return new MultiLabels(classNames, states);
  }

  /** Returns the names of the classes. */
  public List<String> classNames() {
    return classNames;
  }

  /** Returns the number of images. */
  public int size() {
    return size;
  }

  /** Returns {@link #POSITIVE}, {@link #NEGATIVE} or {@link #IGNORED}. */
  public byte state(int image, int label) {
    return states[image * classNames.size() + label];
  }

  /** Returns the state of each image for one class, as a new array. */
  public byte[] column(int label) {
    byte[] column = new byte[size];
    for (int i = 0; i < size; i++) {
      column[i] = state(i, label);
    }
    return column;
  }

  /** Returns all states, {@code [images][classes]}, as a new array. */
  public byte[] states() {
    return states.clone();
  }

  /** Returns the number of images that have a state for a class. */
  public int count(int label, byte state) {
    int count = 0;
    for (int i = 0; i < size; i++) {
      count += state(i, label) == state ? 1 : 0;
    }
    return count;
  }

  /**
   * Returns the class of each image, where images show one class each.
   *
   * @throws InputException if one shows none or several
   */
  public int[] single() {
    int[] labels = new int[size];
    for (int i = 0; i < size; i++) {
      labels[i] = -1;
      for (int k = 0; k < classNames.size(); k++) {
        if (state(i, k) == POSITIVE) {
          if (labels[i] >= 0) {
            throw notSingle(i, "shows %s and %s".formatted(name(labels[i]), name(k)));
          }
          labels[i] = k;
        }
      }
      if (labels[i] < 0) {
        throw notSingle(i, "shows no class");
      }
    }
    return labels;
  }

  private String name(int label) {
    return classNames.get(label);
  }

  private static InputException notSingle(int image, String what) {
    return new InputException(
        "image %d %s, so there is no one class that is right for it: measure average precision instead"
            .formatted(image, what));
  }

  /** Returns the labels of some images, in the given order. */
  public MultiLabels subset(int[] indices) {
    int classes = classNames.size();
    byte[] chosen = new byte[indices.length * classes];
    for (int i = 0; i < indices.length; i++) {
      System.arraycopy(states, indices[i] * classes, chosen, i * classes, classes);
    }
    return new MultiLabels(classNames, chosen);
  }
}
