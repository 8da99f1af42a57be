package org.vgg4j.model;

import java.util.Arrays;

/**
 * The target of a network whose images may show several classes: for each class 1 if the image
 * shows it, 0 if not, a number between for a mixture of images, and nothing where that is not
 * known. Immutable.
 */
public final class LabelSet implements Target {
  /** It is not known whether the image shows the class. */
  public static final float UNKNOWN = Float.NaN;

  private final float[] shown;

  /**
   * @param shown for each class, in [0, 1] or {@link #UNKNOWN}; copied
   * @throws IllegalArgumentException if there are no classes, or a number is out of its range
   */
  public LabelSet(float... shown) {
    this.shown = shown.clone();
    if (shown.length == 0) {
      throw new IllegalArgumentException("a set of labels needs classes");
    }
    for (float one : shown) {
      if (!Float.isNaN(one) && !(one >= 0 && one <= 1)) {
        throw new IllegalArgumentException("an image cannot show %s of a class".formatted(one));
      }
    }
  }

  /** Number of classes. */
  public int classes() {
    return shown.length;
  }

  /** How far the image shows a class, in [0, 1]; {@link #UNKNOWN} if that is not known. */
  public float shown(int label) {
    return shown[label];
  }

  /**
   * Returns the target of a mixture of two images: of each class the mean of both. What is not
   * known of one of them is not known of the mixture.
   *
   * @param other of the same classes
   * @param share of this one, in [0, 1]; the other has the rest
   */
  public LabelSet mix(LabelSet other, double share) {
    float[] both = new float[shown.length];
    for (int k = 0; k < both.length; k++) {
      both[k] = (float) (share * shown[k] + (1 - share) * other.shown[k]);
    }
    return new LabelSet(both);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LabelSet that && Arrays.equals(shown, that.shown);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(shown);
  }

  @Override
  public String toString() {
    return "labels " + Arrays.toString(shown);
  }
}
