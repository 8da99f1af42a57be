package org.vgg4j.model;

import java.util.Locale;
import org.vgg4j.base.InputException;

/** What the outputs of a network's last layer mean. */
public enum Task {
  /** A score for each class, before soft-max. */
  CLASSIFICATION("classification"),
  /**
   * A score for each class, before a sigmoid of its own: an image may show several of the classes,
   * or none, and a class is then called a label.
   */
  LABELS("labels"),
  /**
   * A box for the object, whichever its class is: 4 outputs in the form of {@link CropBox#code()}.
   * The paper's single-class regression (appendix A).
   */
  SINGLE_BOX("scr"),
  /**
   * A box for each class that the object may be of: 4 outputs a class, in the form of {@link
   * CropBox#code()}. The paper's per-class regression (appendix A).
   */
  BOX_PER_CLASS("pcr");

  /** Numbers of a box. */
  public static final int BOX = 4;

  private final String label;

  Task(String label) {
    this.label = label;
  }

  /** Whether the outputs are boxes. */
  public boolean isBoxes() {
    return this == SINGLE_BOX || this == BOX_PER_CLASS;
  }

  /** Whether an image may show several of the classes. */
  public boolean isLabels() {
    return this == LABELS;
  }

  /**
   * Says what the outputs are, for a person; of boxes, how to read them is {@link
   * CropBox#ABOUT_CODE}.
   *
   * @param classes of the network
   */
  public String about(int classes) {
    return switch (this) {
      case CLASSIFICATION -> "a score for each of the " + classes + " classes, before soft-max";
      case LABELS -> "a score for each of the " + classes + " labels, before its sigmoid";
      case SINGLE_BOX -> "one box for the object, whichever of the " + classes + " classes it has";
      case BOX_PER_CLASS -> "a box for each of the " + classes + " classes, in their order";
    };
  }

  /** Number of outputs of the last layer for one window. */
  int outputs(int classes) {
    return switch (this) {
      case CLASSIFICATION, LABELS -> classes;
      case SINGLE_BOX -> BOX;
      case BOX_PER_CLASS -> Math.multiplyExact(BOX, classes);
    };
  }

  /**
   * Index of the first output of the box for an object of a class.
   *
   * @param classLabel index of the class
   * @throws IllegalStateException if the outputs are no boxes
   */
  public int boxOf(int classLabel) {
    return switch (this) {
      case CLASSIFICATION, LABELS -> throw new IllegalStateException("scores are no boxes");
      case SINGLE_BOX -> 0;
      case BOX_PER_CLASS -> BOX * classLabel;
    };
  }

  /** The name in options and files. */
  public String label() {
    return label;
  }

  /**
   * Returns the form of box regression of that name, ignoring case.
   *
   * @throws InputException if there is none
   */
  public static Task regression(String name) {
    for (Task task : values()) {
      if (task.isBoxes() && task.label.equals(name.strip().toLowerCase(Locale.ROOT))) {
        return task;
      }
    }
    throw new InputException(
        "option regression is '%s' but must be pcr (a box for each class) or scr (one for all)"
            .formatted(name));
  }
}
