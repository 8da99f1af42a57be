package org.vgg4j.network.cpu;

import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.EngineProvider;
import org.vgg4j.network.HostThreads;

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
    return device.numbers().isEmpty()
        ? new Availability(true, "the processors of this machine")
        : new Availability(
            false,
            "processors are not chosen by number: take cpu, and set the number of threads"
                + " (--threads)");
  }

  @Override
  public Engine open(Device device, HostThreads threads) {
    return new CpuEngine(threads);
  }
}
