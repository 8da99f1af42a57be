package org.vgg4j.network;

/** Measures what a device can do, to compare with how fast networks run on it. */
@FunctionalInterface
public interface MachineProbe {
  /**
   * What a device can do.
   *
   * @param arithmetic multiply-adds at best, in GFLOP/s
   * @param arithmeticOf what these are, as a phrase: "multiply-adds on registers"
   * @param product the matrix product at the heart of the kernels, on data in the cache (a GPU: of
   *     large matrices), in GFLOP/s
   * @param read reading memory, in GB/s
   */
  record Speed(double arithmetic, String arithmeticOf, double product, double read) {}

  /** Takes the measurements, which takes some seconds. */
  Speed measure();
}
