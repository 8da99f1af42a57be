package org.vgg4j.cuda.kernels;

import org.vgg4j.cuda.driver.CudaStream;

/** What a GPU can do at best, see {@code probe.cu}. */
public final class Probe {
  private static final int BLOCKS_A_MULTIPROCESSOR = 4;
  private static final int WARPS = KernelLibrary.THREADS / 32;

  /** Independent products of a warp, and multiply-adds of each. */
  private static final int PRODUCTS = 8;

  private static final int MULTIPLY_ADDS = 16 * 8 * 16;

  private final KernelLibrary library;
  private final int blocks;

  public Probe(KernelLibrary library) {
    this.library = library;
    this.blocks = library.context().device().multiprocessors() * BLOCKS_A_MULTIPROCESSOR;
  }

  /** Bytes of what both leave. */
  public long resultBytes() {
    return (long) Float.BYTES * blocks * KernelLibrary.THREADS;
  }

  /** Multiply-adds of {@link #products} in so many rounds. */
  public double multiplyAdds(int rounds) {
    return (double) blocks * WARPS * rounds * PRODUCTS * MULTIPLY_ADDS;
  }

  /**
   * Multiplies bf16 matrices in registers.
   *
   * @param results floats, overwritten
   */
  public void products(CudaStream stream, long results, int rounds) {
    library
        .kernel("probe", "probe_products")
        .launch(stream, blocks, 1, 1, KernelLibrary.THREADS, 0, results, rounds);
  }

  /**
   * Reads memory.
   *
   * @param bytes a multiple of 16
   * @param results floats, overwritten
   */
  public void read(CudaStream stream, long memory, long bytes, long results) {
    int chunks = Math.toIntExact(bytes / 16);
    library
        .kernel("probe", "probe_read")
        .launch(stream, blocks, 1, 1, KernelLibrary.THREADS, 0, memory, chunks, results);
  }
}
