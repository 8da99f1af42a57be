package org.vgg4j.cuda.engine;

import java.util.List;
import org.vgg4j.cuda.driver.CudaStream;
import org.vgg4j.cuda.kernels.Descent;

/**
 * Finds out what a batch's gradient is multiplied by so that its norm is at most a number. The
 * order of its sums depends on the network alone.
 */
final class GradientClip {
  private final Descent kernel;
  private final CudaStream stream;
  private final float most;
  private final long memory;

  /**
   * @param most the largest norm
   * @param memory address of {@link #bytes}
   */
  GradientClip(Gpu gpu, CudaStream stream, double most, long memory) {
    this.kernel = new Descent(gpu.library());
    this.stream = stream;
    this.most = (float) most;
    this.memory = memory;
  }

  /** Bytes that it needs: a factor, and parts of sums of squares behind it. */
  static long bytes(DeviceParameters parameters) {
    long parts = 1;
    for (DeviceParameter parameter : parameters.all()) {
      parts += Descent.squareSums(parameter.length());
    }
    return Double.BYTES * parts;
  }

  /** Enqueues it for the sums of gradients of parameters. */
  void measure(List<DeviceParameter> learnt) {
    int parts = 0;
    for (DeviceParameter parameter : learnt) {
      kernel.squareSums(stream, parameter.sum(), parameter.length(), part(parts));
      parts += Descent.squareSums(parameter.length());
    }
    kernel.clipFactor(stream, part(0), parts, most, factor());
  }

  private long part(int number) {
    return memory + (1L + number) * Double.BYTES;
  }

  /** Address of what the gradient is multiplied by, a float. */
  long factor() {
    return memory;
  }
}
