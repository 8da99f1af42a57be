package org.vgg4j.kernels.vector;

import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vector width of this process, chosen once: the machine's own, unless {@code -Dvgg.vectorBits}
 * says otherwise.
 */
final class Width {
  /** The vectors that all kernels use. */
  static final VectorSpecies<Float> SPECIES =
      VectorSpecies.of(float.class, VectorShape.forBitSize(WidthChoice.bits()));

  /** Floats in a vector: 4, 8 or 16, hence a divisor of the 16 channels of a block. */
  static final int LANES = SPECIES.length();

  /**
   * Vector registers to plan with: AVX-512 and Arm have 32, AVX2 has 16. (The few x86 machines with
   * only 128-bit vectors also have 16, and spill.)
   */
  static final int REGISTERS = SPECIES.vectorBitSize() == 256 ? 16 : 32;

  private Width() {}
}
