package org.vgg4j.bench.kernels;

import org.openjdk.jmh.annotations.Benchmark;
import org.vgg4j.kernels.Probe;

/** What one processor can do in one thread, to compare the other benchmarks with. */
public class ProbeBenchmark extends KernelBenchmark {
  private static final int REPETITIONS = 20;

  private final Probe probe = kernels.probe();

  /** Multiply-adds on registers. */
  @Benchmark
  public void registers(Arithmetic arithmetic) {
    arithmetic.gigaflop += 1e-9 * probe.arithmetic(REPETITIONS);
  }

  /** The matrix product at the heart of the kernels, on data in the cache. */
  @Benchmark
  public void product(Arithmetic arithmetic) {
    arithmetic.gigaflop += 1e-9 * probe.product(REPETITIONS);
  }
}
