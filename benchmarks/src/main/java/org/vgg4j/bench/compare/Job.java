package org.vgg4j.bench.compare;

import java.nio.file.Path;

/**
 * What an engine's process is told to do.
 *
 * @param workload what is measured
 * @param variant which form of the engine, if it has several
 * @param threads number of threads to use
 * @param dropout rate of dropout in training steps
 * @param rate learning rate of training steps
 * @param folder where the {@link Inputs} are
 */
public record Job(
    Workload workload, String variant, int threads, double dropout, double rate, String folder) {
  /** Momentum of training steps. */
  static final double MOMENTUM = 0.9;

  /** Weight decay of training steps, for weights and biases. */
  static final double WEIGHT_DECAY = 5e-4;

  Inputs inputs() {
    return new Inputs(Path.of(folder), workload);
  }
}
