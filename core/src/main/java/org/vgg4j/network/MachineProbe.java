package org.vgg4j.network;

/** Measures what a device can do, to compare with how fast networks run on it. */
@FunctionalInterface
public interface MachineProbe {
  /**
   * What a device can do.
   *
   * @param arithmetic multiply-adds on registers, in GFLOP/s
   * @param product the matrix product at the heart of the kernels, on data in the cache, in GFLOP/s
   * @param read reading memory, in GB/s
   */
  record Speed(double arithmetic, double product, double read) {}

  /** Takes the measurements, which takes some seconds. */
  Speed measure();
}
