package org.vgg4j.kernels.vector;

import static org.vgg4j.kernels.vector.Width.LANES;
import static org.vgg4j.kernels.vector.Width.SPECIES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.vgg4j.kernels.Workers;

/** Dropout in place, by a mask of bytes. */
final class VectorDropout {
  private static final int CHUNK = 1 << 16; // values per task: some microseconds

  private VectorDropout() {}

  static void apply(int length, float[] values, byte[] mask, float scale, Workers workers) {
    workers.run(
        (length + CHUNK - 1) / CHUNK,
        (chunk, scratch) -> {
          int to = Math.min(length, (chunk + 1) * CHUNK);
          int done = whole(chunk * CHUNK, to, values, mask, scale);
          for (int i = done; i < to; i++) {
            values[i] = mask[i] != 0 ? values[i] * scale : 0f;
          }
        });
  }

  /** Processes whole vectors, and returns the index after the last. */
  private static int whole(int from, int to, float[] values, byte[] mask, float scale) {
    FloatVector zero = FloatVector.zero(SPECIES);
    int i = from;
    for (; i + Bytes.READ <= to; i += LANES) {
      FloatVector scaled = FloatVector.fromArray(SPECIES, values, i).mul(scale);
      FloatVector keep = Bytes.floats(mask, i);
      zero.blend(scaled, keep.compare(VectorOperators.NE, 0f)).intoArray(values, i);
    }
    return i;
  }
}
