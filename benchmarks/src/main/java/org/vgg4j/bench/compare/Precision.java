package org.vgg4j.bench.compare;

/** The type of numbers that an engine computes with. */
enum Precision {
  /**
   * 32-bit floats: observed differences are 3e-6 in inference, and 3e-4 after two training steps.
   */
  FLOAT32(1e-4, 1e-3),
  /** bfloat16, with 8 significant bits: observed differences are 0.02. */
  BFLOAT16(0.05, 0.05);

  private final double inference;
  private final double training;

  Precision(double inference, double training) {
    this.inference = inference;
    this.training = training;
  }

  /**
   * How much rounding may make scores differ from another engine's, as a fraction of the largest
   * score.
   */
  double tolerance(Workload workload) {
    return workload.trains() ? training : inference;
  }
}
