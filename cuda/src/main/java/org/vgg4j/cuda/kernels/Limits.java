package org.vgg4j.cuda.kernels;

import java.util.Arrays;
import java.util.function.LongFunction;
import java.util.function.LongToDoubleFunction;
import org.vgg4j.cuda.driver.Context;
import org.vgg4j.cuda.driver.CudaEvent;
import org.vgg4j.cuda.driver.CudaStream;
import org.vgg4j.cuda.driver.Device;
import org.vgg4j.cuda.driver.DeviceMemory;

/**
 * What a GPU can do at best, to compare with what kernels get of it.
 *
 * @param products multiply-adds of bf16 with sums of fp32, per second
 * @param memory bytes that are read per second
 * @param origin what the first is, as a phrase
 */
public record Limits(double products, double memory, String origin) {
  /** Multiply-adds of a Hopper's multiprocessor in a cycle: four tensor cores of 512 each. */
  private static final int HOPPERS_PRODUCTS = 2048;

  private static final long LEAST_READ = 1L << 20;
  private static final long MOST_READ = 1L << 30;
  private static final int LEAST_ROUNDS = 16;
  private static final int MOST_ROUNDS = 2048;
  private static final int RUNS = 5;

  /** Milliseconds that suffice to measure: an emulator needs no more of them than a GPU. */
  private static final double ENOUGH = 5;

  /**
   * Measures them, but for the products of a Hopper: the instructions of its own kernels are twice
   * as fast as those of the probe, and read shared memory; so they are counted, at its highest
   * clock.
   */
  public static Limits of(KernelLibrary library) {
    Context context = library.context();
    Probe probe = new Probe(library);
    long most = Math.min(MOST_READ, context.freeMemory() / 4);
    try (CudaStream stream = CudaStream.create(context);
        DeviceMemory results = DeviceMemory.allocate(context, probe.resultBytes());
        DeviceMemory read = DeviceMemory.allocate(context, most)) {
      stream.clear(read);
      double memory =
          rate(
              stream,
              LEAST_READ,
              most,
              bytes -> () -> probe.read(stream, read.address(), bytes, results.address()),
              bytes -> bytes);
      Device device = context.device();
      if (library.family() == Family.HOPPER) {
        double products = (double) HOPPERS_PRODUCTS * device.multiprocessors() * device.clock();
        return new Limits(products, memory, "products at its highest clock");
      }
      double products =
          rate(
              stream,
              LEAST_ROUNDS,
              MOST_ROUNDS,
              rounds -> () -> probe.products(stream, results.address(), (int) rounds),
              rounds -> probe.multiplyAdds((int) rounds));
      return new Limits(products, memory, "products on registers");
    }
  }

  /**
   * What is done per second, in the first size that takes long enough to measure, doubled from the
   * least on.
   *
   * @param work enqueues it in a size
   * @param amount that it does then
   */
  public static double rate(
      CudaStream stream,
      long least,
      long most,
      LongFunction<Runnable> work,
      LongToDoubleFunction amount) {
    long size = Math.min(least, most);
    double millis = milliseconds(stream, work.apply(size));
    while (millis < ENOUGH && 2 * size <= most) {
      size *= 2;
      millis = milliseconds(stream, work.apply(size));
    }
    return 1000 * amount.applyAsDouble(size) / millis;
  }

  /** The median of some runs, after one that is not counted. */
  private static double milliseconds(CudaStream stream, Runnable work) {
    double[] millis = new double[RUNS];
    try (CudaEvent start = CudaEvent.create(stream.context());
        CudaEvent end = CudaEvent.create(stream.context())) {
      for (int run = -1; run < RUNS; run++) {
        start.record(stream);
        work.run();
        end.record(stream);
        end.synchronize();
        if (run >= 0) {
          millis[run] = end.millisecondsSince(start);
        }
      }
    }
    Arrays.sort(millis);
    return millis[RUNS / 2];
  }

  /**
   * Milliseconds that some work takes at least.
   *
   * @param flops operations of its products; 0 if it has none
   * @param bytes that it reads and writes
   */
  public double milliseconds(Precision precision, double flops, double bytes) {
    double products = flops / 2 * productsOf(precision) / this.products;
    return 1000 * Math.max(products, bytes / memory);
  }

  /** Products of bf16 that a multiply-add takes. */
  public static int productsOf(Precision precision) {
    return precision == Precision.FP32 ? 3 : 1;
  }
}
