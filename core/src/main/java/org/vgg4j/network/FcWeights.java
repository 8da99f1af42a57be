package org.vgg4j.network;

import java.util.Locale;
import org.vgg4j.base.InputException;

/** How inference holds the weights of the fully connected layers, which are most of a network's. */
public enum FcWeights {
  /** As they are, 32-bit floats. */
  FP32,
  /**
   * Rounded to bfloat16, 8 significant bits: half the memory, and at small batches half the time of
   * these layers.
   */
  BF16;

  /**
   * Returns the form of that name, ignoring case.
   *
   * @throws InputException if there is none
   */
  public static FcWeights of(String name) {
    for (FcWeights form : values()) {
      if (form.label().equals(name.toLowerCase(Locale.ROOT))) {
        return form;
      }
    }
    throw new InputException("option fc-weights is '" + name + "' but must be fp32 or bf16");
  }

  /** The name in options and files. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
