package org.vgg4j.bench.kernels;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.vgg4j.kernels.KernelLookup;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.MapLayout;
import org.vgg4j.kernels.Workers;

/**
 * What all kernel benchmarks share: how they are run, the kernels of this JVM, and threads.
 *
 * <p>Each benchmark runs in three JVMs, since the JIT compiler may do better in one than in the
 * next.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(value = 3, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 3, time = 1)
public abstract class KernelBenchmark {
  /** Counts what calls compute, beside the number of calls. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Arithmetic {
    /**
     * 10^9 floating-point operations by the definition, two for each multiply-add, whatever was
     * actually computed.
     */
    public double gigaflop;
  }

  /** Counts what calls read and write, beside the number of calls. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Traffic {
    /** 10^9 bytes, counting each array once. */
    public double gigabyte;
  }

  /** Number of threads; 0 for all processors. */
  @Param("0")
  public int threads;

  final Kernels kernels = KernelLookup.get().kernels();
  Workers workers = new Workers(1);

  /** Starts the threads. */
  @Setup
  public void startThreads() {
    workers = new Workers(threads > 0 ? threads : Runtime.getRuntime().availableProcessors());
  }

  /** Ends the threads. */
  @TearDown
  public void endThreads() {
    workers.close();
  }

  /** Numbers between -1/2 and 1/2, without a visible pattern. */
  static float[] values(int length) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (i * 0x9E3779B9) * 0x1p-33f;
    }
    return values;
  }

  /** Maps like the output of a layer with ReLU: about half zeros, zero halo. */
  static float[] maps(MapLayout layout, int images) {
    float[] maps = values(images * layout.imageLength());
    for (int i = 0; i < maps.length; i++) {
      maps[i] = Math.max(0f, maps[i]);
    }
    for (int n = 0; n < images; n++) {
      for (int block = 0; block < layout.blocks(); block++) {
        layout.clearHalo(maps, n, block);
      }
    }
    return maps;
  }

  /** The size of that many floats, in 10^9 bytes. */
  static double gigabytes(double floats) {
    return floats * Float.BYTES * 1e-9;
  }
}
