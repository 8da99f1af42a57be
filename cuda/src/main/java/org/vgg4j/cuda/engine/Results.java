package org.vgg4j.cuda.engine;

import java.nio.FloatBuffer;
import org.vgg4j.cuda.driver.CudaStream;
import org.vgg4j.cuda.driver.DeviceMemory;
import org.vgg4j.cuda.driver.HostMemory;

/**
 * What a pass leaves, on its way to the host: through pinned memory, in the order of the pass's own
 * stream.
 */
final class Results implements AutoCloseable {
  /** Bytes of pinned memory at most: what is more comes in pieces. */
  static final long MOST = 256L << 20;

  private final HostMemory pinned;

  /**
   * @param bytes of pinned memory, at least those of one float
   */
  Results(Gpu gpu, long bytes) {
    this.pinned = HostMemory.allocate(gpu.context(), bytes);
  }

  /** Whether so much has room. */
  boolean fits(long bytes) {
    return bytes <= pinned.bytes();
  }

  /**
   * Enqueues a copy.
   *
   * @param at where it comes to lie, in floats
   */
  void copy(CudaStream stream, DeviceMemory from, long at, long floats) {
    stream.copy(from, 0, pinned, Float.BYTES * at, Float.BYTES * floats);
  }

  /** What lies there, once its copy has been waited for; overwritten by later ones. */
  FloatBuffer floats(long at, long count) {
    return pinned
        .buffer()
        .asFloatBuffer()
        .position(Math.toIntExact(at))
        .slice()
        .limit(Math.toIntExact(count));
  }

  /** Copies in pieces, and waits for each. What lay here is overwritten. */
  float[] await(CudaStream stream, DeviceMemory from, long floats) {
    float[] values = new float[Math.toIntExact(floats)];
    int piece = Math.toIntExact(pinned.bytes() / Float.BYTES);
    for (int at = 0; at < values.length; ) {
      int count = Math.min(piece, values.length - at);
      long bytes = (long) Float.BYTES * count;
      stream.copy(from, (long) Float.BYTES * at, pinned, 0, bytes);
      stream.synchronize();
      floats(0, count).get(values, at, count);
      at += count;
    }
    return values;
  }

  @Override
  public void close() {
    pinned.close();
  }
}
