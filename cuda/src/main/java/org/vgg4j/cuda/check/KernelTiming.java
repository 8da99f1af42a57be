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
  /** What is launched, with the memory it needs. */
  @FunctionalInterface
  interface Body {
    Runnable prepare(TimingMemory memory, CudaStream stream);
  }

  /**
   * The median time.
   *
   * @param runs that are measured, after a quarter as many that are not
   */
  public float milliseconds(KernelLibrary library, int runs) {
    try (TimingMemory memory = new TimingMemory(library);
        CudaStream stream = CudaStream.create(library.context());
        CudaEvent start = CudaEvent.create(library.context());
        CudaEvent end = CudaEvent.create(library.context())) {
      Runnable launch = body.prepare(memory, stream);
      for (int i = 0; i < runs / 4; i++) {
        launch.run();
      }
      float[] times = new float[runs];
      for (int i = 0; i < runs; i++) {
        start.record(stream);
        launch.run();
        end.record(stream);
        end.synchronize();
        times[i] = end.millisecondsSince(start);
      }
      Arrays.sort(times);
      return times[runs / 2];
    }
  }
}
