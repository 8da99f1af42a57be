package org.vgg4j.network.cpu;

import org.vgg4j.kernels.KernelLookup;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.EngineProvider;
import org.vgg4j.network.HostThreads;
import org.vgg4j.network.Precision;

/** Provides the engine of the CPU, which is always there. */
public final class CpuEngineProvider implements EngineProvider {
  @Override
  public String kind() {
    return Device.CPU.kind();
  }

  @Override
  public int preference() {
    return 0;
  }

  @Override
  public Availability availability(Device device) {
    if (!device.numbers().isEmpty()) {
      return new Availability(
          false,
          "processors are not chosen by number",
          "take cpu, and set the number of threads (--threads)");
    }
    return device.precision() == Precision.BF16
        ? new Availability(false, "processors compute in fp32 only", "set the precision to fp32")
        : new Availability(true, "the processors of this machine");
  }

  @Override
  public void warmUp() {
    Kernels kernels;
    try {
      kernels = KernelLookup.get().kernels();
    } catch (IllegalStateException e) {
      return; // opening says it
    }
    if (WarmUp.isWorthwhile(kernels, Runtime.getRuntime().availableProcessors())) {
      WarmUp.early(kernels);
    }
  }

  @Override
  public Engine open(Device device, HostThreads threads) {
    return new CpuEngine(threads);
  }
}
