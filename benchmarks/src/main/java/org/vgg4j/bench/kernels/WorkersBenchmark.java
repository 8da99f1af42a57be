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

/** How long it takes to hand an empty task to each thread and to wait until all are done. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class WorkersBenchmark extends KernelBenchmark {
  /** A pause before each call, during which the threads go to sleep. */
  @State(Scope.Benchmark)
  public static class Pause {
    private static final long NANOS = 500_000;

    /** Spins, like a caller that computes something on its own. */
    @Setup(Level.Invocation)
    public void pause() {
      long end = System.nanoTime() + NANOS;
      while (System.nanoTime() < end) {
        Thread.onSpinWait();
      }
    }
  }

  /** For threads that have just worked and are still spinning. */
  @Benchmark
  public void awake() {
    workers.run(workers.threads(), (task, scratch) -> {});
  }

  /** For threads that have gone to sleep. */
  @Benchmark
  public void asleep(Pause pause) {
    workers.run(workers.threads(), (task, scratch) -> {});
  }
}
