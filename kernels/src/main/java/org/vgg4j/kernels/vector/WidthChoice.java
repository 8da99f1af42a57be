package org.vgg4j.kernels.vector;

import jdk.incubator.vector.FloatVector;

/** Chooses the vector width; apart from {@link Width}, whose constants need the answer. */
final class WidthChoice {
  /** The system property that forces a width: 128, 256 or 512. */
  static final String PROPERTY = "vgg.vectorBits";

  private static final int WIDEST = 512; // the 16 channels of a block

  private WidthChoice() {}

  /**
   * Bits of a vector: 128, 256 or 512.
   *
   * @throws IllegalStateException if the forced width is another, or the machine's vectors are
   *     narrower
   */
  static int bits() {
    String forced = System.getProperty(PROPERTY);
    if (forced == null) {
      int preferred = FloatVector.SPECIES_PREFERRED.vectorBitSize();
      if (preferred < 128) {
        throw new IllegalStateException(
            "this machine's vectors have " + preferred + " bits: use -Dvgg.kernels=scalar");
      }
      return Math.min(preferred, WIDEST);
    }
    return switch (forced) {
      case "128" -> 128;
      case "256" -> 256;
      case "512" -> 512;
      default ->
          throw new IllegalStateException(
              "-D" + PROPERTY + "=" + forced + " is unknown: use 128, 256 or 512");
    };
  }
}
