package org.vgg4j.cuda.engine;

import org.vgg4j.cuda.driver.CudaStream;
import org.vgg4j.cuda.driver.DeviceMemory;
import org.vgg4j.cuda.kernels.Descent;
import org.vgg4j.cuda.kernels.Layouts;
import org.vgg4j.cuda.kernels.Planes;

/** The average of the weights on a GPU. All of it is enqueued on one stream. */
final class DeviceAverage {
  private final DeviceParameters parameters;
  private final Allocation allocation;
  private final DeviceMemory scratch;
  private final CudaStream stream;
  private final Descent kernel;
  private final Layouts layouts;

  /**
   * @param parameters with an average of each
   * @param scratch as large as the largest of them, and free between steps
   */
  DeviceAverage(
      Gpu gpu,
      DeviceParameters parameters,
      Allocation allocation,
      DeviceMemory scratch,
      CudaStream stream) {
    this.parameters = parameters;
    this.allocation = allocation;
    this.scratch = scratch;
    this.stream = stream;
    this.kernel = new Descent(gpu.library());
    this.layouts = new Layouts(gpu.library());
  }

  /** {@code a = a + share * (w - a)}; with a share of 1 a copy. */
  void add(double share) {
    for (DeviceParameter parameter : parameters.all()) {
      if (share == 1) {
        copy(memory(parameter.values()), memory(parameter.average()), parameter);
      } else {
        kernel.average(
            stream, parameter.values(), parameter.average(), parameter.length(), (float) share);
      }
    }
  }

  /** Exchanges the weights and their average. */
  void exchange() {
    for (DeviceParameter parameter : parameters.all()) {
      DeviceMemory weights = memory(parameter.values());
      DeviceMemory average = memory(parameter.average());
      copy(weights, scratch, parameter);
      copy(average, weights, parameter);
      copy(scratch, average, parameter);
      if (!parameter.rounded().equals(Planes.NONE)) {
        layouts.round(stream, parameter.values(), parameter.length(), parameter.rounded());
      }
    }
  }

  private DeviceMemory memory(long address) {
    return allocation.memory(address);
  }

  private void copy(DeviceMemory from, DeviceMemory to, DeviceParameter parameter) {
    stream.copy(from, 0, to, 0, DeviceParameter.bytes(parameter.layout()));
  }
}
