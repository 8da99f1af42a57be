package org.vgg4j.cuda.check;

import java.util.Arrays;
import org.vgg4j.cuda.driver.CudaEvent;
import org.vgg4j.cuda.driver.CudaStream;
import org.vgg4j.cuda.kernels.KernelLibrary;

/**
 * How long one kernel takes, in the place that it has in network D.
 *
 * @param pass what it belongs to: forward, data gradient, ...
 * @param name layer and shape
 * @param count of such layers in the network
 * @param flops operations of one run, without those on padding; 0 where memory is what counts
 * @param bytes of memory that one run must read and write at least
 * @param body allocates, and says what is launched
 */
public record KernelTiming(
    String pass, String name, int count, double flops, double bytes, Body body) {
  private static final int WARM_UP = 2;
  private static final int RUNS = 7;

  /** What is launched, with the memory it needs. */
  @FunctionalInterface
  interface Body {
    Runnable prepare(TimingMemory memory, CudaStream stream);
  }

  /** The median time of seven runs after two others. */
  public float milliseconds(KernelLibrary library) {
    try (TimingMemory memory = new TimingMemory(library);
        CudaStream stream = CudaStream.create(library.context());
        CudaEvent start = CudaEvent.create(library.context());
        CudaEvent end = CudaEvent.create(library.context())) {
      Runnable launch = body.prepare(memory, stream);
      for (int i = 0; i < WARM_UP; i++) {
        launch.run();
      }
      float[] times = new float[RUNS];
      for (int i = 0; i < RUNS; i++) {
        start.record(stream);
        launch.run();
        end.record(stream);
        end.synchronize();
        times[i] = end.millisecondsSince(start);
      }
      Arrays.sort(times);
      return times[RUNS / 2];
    }
  }
}
