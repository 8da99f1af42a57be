package org.vgg4j.bench.kernels;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** How long it takes to hand an empty task to each thread and to hear that all are done. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class WorkersBenchmark extends KernelBenchmark {
  /** A pause before each call, in which the threads fall asleep. */
  @State(Scope.Benchmark)
  public static class Pause {
    private static final long NANOS = 500_000;

    /** Waits awake, as a caller does that computes something alone. */
    @Setup(Level.Invocation)
    public void pause() {
      long end = System.nanoTime() + NANOS;
      while (System.nanoTime() < end) {
        Thread.onSpinWait();
      }
    }
  }

  /** To threads that have just worked and still wait awake. */
  @Benchmark
  public void awake() {
    workers.run(workers.threads(), (task, scratch) -> {});
  }

  /** To threads that have gone to sleep. */
  @Benchmark
  public void asleep(Pause pause) {
    workers.run(workers.threads(), (task, scratch) -> {});
  }
}
