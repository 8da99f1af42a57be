package org.vgg4j.kernels.vector;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** Bytes that go with floats, one each: which pixel a pool took, what dropout keeps. */
final class Bytes {
  private static final int NARROWEST = 64; // bits of a vector

  private static final VectorSpecies<Byte> SPECIES =
      VectorSpecies.of(
          byte.class, VectorShape.forBitSize(Math.max(NARROWEST, Width.LANES * Byte.SIZE)));

  /**
   * Bytes that {@link #floats} reads: as many as there are floats in a vector, or more, since no
   * vector is narrower than eight bytes.
   */
  static final int READ = SPECIES.length();

  private Bytes() {}

  /** The bytes from there on as floats, one to a lane of {@link Width#SPECIES}. */
  static FloatVector floats(byte[] bytes, int at) {
    return (FloatVector) ByteVector.fromArray(SPECIES, bytes, at).castShape(Width.SPECIES, 0);
  }
}
