package org.vgg4j.cuda.engine;

import java.util.List;
import org.vgg4j.cuda.driver.CudaException;
import org.vgg4j.cuda.driver.DeviceGroup;
import org.vgg4j.cuda.driver.Driver;
import org.vgg4j.cuda.driver.UnusableDeviceException;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.EngineProvider;
import org.vgg4j.network.HostThreads;

/** NVIDIA GPUs from Ampere on, where there is a driver. */
public final class CudaEngineProvider implements EngineProvider {
  static final String KIND = "cuda";

  private final LocalProcesses processes;

  /** For the process whose environment this is. */
  public CudaEngineProvider() {
    this(LocalProcesses.of(System.getenv()));
  }

  CudaEngineProvider(LocalProcesses processes) {
    this.processes = processes;
  }

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public int preference() {
    return 10;
  }

  @Override
  public Availability availability(Device device) {
    try {
      Driver.requireSigns();
      Driver driver = Driver.open();
      List<org.vgg4j.cuda.driver.Device> found = DeviceGroup.of(driver, ordinals(driver, device));
      String what = found.size() == 1 ? found.get(0).name() : DeviceGroup.text(found);
      return new Availability(true, "%s, CUDA %s".formatted(what, driver.cudaVersion()));
    } catch (UnusableDeviceException e) {
      return new Availability(false, e.reason(), e.remedy());
    } catch (CudaException e) {
      return new Availability(false, "the NVIDIA driver does not work: " + e.getMessage());
    }
  }

  private List<Integer> ordinals(Driver driver, Device device) {
    return device.numbers().isEmpty()
        ? List.of(processes.gpu(driver.devices().size()))
        : device.numbers();
  }

  /** {@inheritDoc} Processes that share a GPU have an equal part of its memory each. */
  @Override
  public Engine open(Device device, HostThreads threads) {
    Driver driver = Driver.open();
    List<Integer> ordinals = ordinals(driver, device);
    Device named = new Device(KIND, ordinals, device.precision());
    int sharers = processes.sharers(device.numbers().isEmpty() ? driver.devices().size() : 1);
    return CudaEngine.open(named, DeviceGroup.of(driver, ordinals), sharers, threads);
  }
}
