package org.vgg4j.cuda.check;

import org.vgg4j.cuda.kernels.KernelLibrary;

/**
 * One kernel at one shape, compared with doubles.
 *
 * @param name kernel, shape and precision
 * @param allowed largest error that passes, see {@link Errors#largest}
 * @param body runs the kernel and returns its error
 */
public record KernelCheck(String name, double allowed, Body body) {
  /** What is run. */
  @FunctionalInterface
  interface Body {
    double run(DeviceValues values);
  }

  /** Runs the kernel on that GPU and returns its largest error; infinite if a result is NaN. */
  public double run(KernelLibrary library) {
    try (DeviceValues values = new DeviceValues(library)) {
      return body.run(values);
    }
  }
}
