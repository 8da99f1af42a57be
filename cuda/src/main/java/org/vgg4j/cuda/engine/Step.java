package org.vgg4j.cuda.engine;

import org.vgg4j.cuda.driver.CudaStream;
import org.vgg4j.cuda.kernels.MapShape;
import org.vgg4j.cuda.kernels.Planes;

/**
 * One step of a forward pass: reads a map and writes another.
 *
 * @param tap name of its output
 * @param output shape of what it writes
 * @param channels of the output that are no padding
 * @param scores whether the output is floats, and the last
 * @param workspace bytes that it needs beside
 * @param multiplyAdds of its products
 * @param weightBytes of its weights
 * @param work what it does
 */
record Step(
    String tap,
    MapShape output,
    int channels,
    boolean scores,
    long workspace,
    long multiplyAdds,
    long weightBytes,
    Work work) {
  /** Floats that come to the host if its output is copied: of scores, the padding, too. */
  long copiedValues() {
    return scores ? output.values() : (long) output.pixels() * channels;
  }

  /** What a step does. */
  interface Work {
    /**
     * Enqueues it.
     *
     * @param y overwritten; the high address is that of floats if they are scores
     */
    void run(CudaStream stream, Planes x, Planes y, long workspace);
  }
}
