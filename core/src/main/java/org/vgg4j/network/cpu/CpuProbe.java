package org.vgg4j.network.cpu;

import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntToLongFunction;
import java.util.function.LongSupplier;
import org.vgg4j.kernels.Probe;
import org.vgg4j.network.HostThreads;
import org.vgg4j.network.MachineProbe;

/**
 * Measures the CPU.
 *
 * @param probe the probe of the kernels
 * @param threads the threads that are measured together
 */
record CpuProbe(Probe probe, HostThreads threads) implements MachineProbe {
  private static final int LARGER_THAN_CACHES = 64 << 20; // floats
  private static final int CALLS = 50;
  private static final long NANOS = 1_500_000_000; // long enough for the JIT compiler

  @Override
  public Speed measure() {
    float[] large = new float[LARGER_THAN_CACHES];
    int part = large.length / threads.count();
    return new Speed(
        rate(task -> repeated(() -> probe.arithmetic(20))),
        "multiply-adds on registers",
        rate(task -> repeated(() -> probe.product(20))),
        rate(task -> probe.read(large, task * part, (task + 1) * part)));
  }

  /**
   * Many short calls rather than one long one: the JIT compiler must see the loop's method called.
   */
  private static long repeated(LongSupplier work) {
    long sum = 0;
    for (int i = 0; i < CALLS; i++) {
      sum += work.getAsLong();
    }
    return sum;
  }

  /**
   * The best of several rounds, since anything else that runs only slows them down; in 10^9 per
   * second.
   */
  private double rate(IntToLongFunction work) {
    double best = 0;
    long end = System.nanoTime() + NANOS;
    while (System.nanoTime() < end) {
      LongAdder done = new LongAdder();
      long start = System.nanoTime();
      threads.parallel(threads.count(), task -> done.add(work.applyAsLong(task)));
      best = Math.max(best, (double) done.sum() / (System.nanoTime() - start));
    }
    return best;
  }
}
