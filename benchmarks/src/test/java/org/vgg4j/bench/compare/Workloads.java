package org.vgg4j.bench.compare;

import java.util.List;

/** Workloads and engines that are small enough for tests. */
final class Workloads {
  /** With a normalisation, and a last map of more than one pixel. */
  static final Workload INFERENCE =
      new Workload("tiny", Workload.Kind.INFERENCE, "A-LRN", 0.0625, 64, 10, 3, 0);

  static final Workload TRAINING =
      new Workload("tiny-training", Workload.Kind.TRAINING, "D", 0.0625, 32, 10, 8, 0.02);

  static final Comparison.Pace PACE = new Comparison.Pace(3, 0, 1, 0);

  private Workloads() {}

  /** The engine of that name. */
  static EngineSpec engine(String name) {
    return EngineSpec.ALL.stream()
        .filter(engine -> engine.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  /** An engine that trains, in 32-bit floats. */
  static EngineSpec engine(
      String name, Class<? extends Contender.Factory> factory, String... jvmOptions) {
    return new EngineSpec(name, name, factory, name, true, Precision.FLOAT32, List.of(jvmOptions));
  }

  /** Measures a workload with two threads. */
  static Result run(Workload workload, EngineSpec... engines) {
    try (Comparison comparison = new Comparison(2, PACE, line -> {})) {
      return comparison.run(workload, List.of(engines));
    }
  }
}
