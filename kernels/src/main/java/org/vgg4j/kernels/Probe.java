package org.vgg4j.kernels;

/**
 * Loops that measure the machine with the instructions that the kernels use, for benchmarks. Each
 * runs in the calling thread and returns the amount of work, to be divided by the time it took.
 * Stateless.
 */
public interface Probe {
  /** Multiply-adds on registers only: returns floating-point operations, two per multiply-add. */
  long arithmetic(int repetitions);

  /**
   * The matrix product at the heart of the kernels, on data in the second-level cache: returns
   * floating-point operations.
   */
  long product(int repetitions);

  /**
   * Reads an array once: returns bytes.
   *
   * @param values more than all caches hold, to measure memory
   */
  long read(float[] values, int from, int to);
}
