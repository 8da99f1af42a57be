package org.vgg4j.kernels.vector;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** Bytes that accompany floats, one each: which pixel a pool took, or what dropout keeps. */
final class Bytes {
  private static final int NARROWEST = 64; // bits of a vector

  private static final VectorSpecies<Byte> SPECIES =
      VectorSpecies.of(
          byte.class, VectorShape.forBitSize(Math.max(NARROWEST, Width.LANES * Byte.SIZE)));

  /**
   * Bytes that {@link #floats} reads: as many as a vector has floats, but at least eight, as no
   * vector is narrower.
   */
  static final int READ = SPECIES.length();

  private Bytes() {}

  /** The bytes from an index on as floats, one per lane of {@link Width#SPECIES}. */
  static FloatVector floats(byte[] bytes, int at) {
    return (FloatVector) ByteVector.fromArray(SPECIES, bytes, at).castShape(Width.SPECIES, 0);
  }
}
