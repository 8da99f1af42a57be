package org.vgg4j.network;

import java.util.Locale;
import org.vgg4j.base.InputException;

/** How exactly a device multiplies; sums are always of 32-bit floats. */
public enum Precision {
  /** What the device is best at: bf16 on a GPU, fp32 on processors. */
  AUTO,
  /** Maps and weights are rounded to bfloat16, 8 significant bits, before they are multiplied. */
  BF16,
  /** 32-bit floats; a GPU keeps 16 significant bits of each factor. */
  FP32;

  /**
   * Returns the precision of that name, in any case.
   *
   * @throws InputException if there is none
   */
  public static Precision of(String name) {
    for (Precision precision : values()) {
      if (precision.label().equals(name.strip().toLowerCase(Locale.ROOT))) {
        return precision;
      }
    }
    throw new InputException("option precision is '" + name + "' but must be auto, bf16 or fp32");
  }

  /** The name in options and files. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
