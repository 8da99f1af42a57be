package org.vgg4j.bench.compare;

/** The numbers that an engine computes with. */
enum Precision {
  /** 32-bit floats: inference was seen to differ by 3e-6, two training steps by 3e-4. */
  FLOAT32(1e-4, 1e-3),
  /** bfloat16, of 8 significant bits: seen to differ by 0.02. */
  BFLOAT16(0.05, 0.05);

  private final double inference;
  private final double training;

  Precision(double inference, double training) {
    this.inference = inference;
    this.training = training;
  }

  /**
   * How far scores may be from another engine's, as a share of the largest score: what rounding
   * explains.
   */
  double tolerance(Workload workload) {
    return workload.trains() ? training : inference;
  }
}
