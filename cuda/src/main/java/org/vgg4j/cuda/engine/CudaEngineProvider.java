package org.vgg4j.cuda.engine;

import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.DeviceFailedException;
import org.vgg4j.cuda.driver.CudaException;
import org.vgg4j.cuda.driver.DeviceGroup;
import org.vgg4j.cuda.driver.Driver;
import org.vgg4j.cuda.driver.UnusableDeviceException;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.EngineProvider;
import org.vgg4j.network.HostThreads;
import org.vgg4j.network.UnavailableDeviceException;

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
    } catch (CudaException | DeviceFailedException e) {
      return new Availability(false, "the NVIDIA driver does not work: " + e.getMessage());
    }
  }

  private List<Integer> ordinals(Driver driver, Device device) {
    return device.numbers().isEmpty()
        ? List.of(processes.gpu(driver.devices().size()))
        : device.numbers();
  }

  /**
   * {@inheritDoc} Processes that share a GPU have an equal part of its memory each. Where none is
   * named, a process that is alone takes the next one if another process has one for itself.
   */
  @Override
  public Engine open(Device device, HostThreads threads) {
    Driver driver = Driver.open();
    @Nullable UnusableDeviceException first = null;
    for (List<Integer> ordinals : choices(driver, device)) {
      try {
        return open(driver, device, ordinals, threads);
      } catch (UnusableDeviceException e) {
        first = first == null ? e : first;
      }
    }
    if (first == null) {
      throw new IllegalStateException("there is always a choice");
    }
    throw new UnavailableDeviceException(device, first.reason(), first.remedy(), first);
  }

  /** What may be opened, the best first. */
  private List<List<Integer>> choices(Driver driver, Device device) {
    int gpus = driver.devices().size();
    return device.numbers().isEmpty() && processes.size() == 1 && gpus > 1
        ? IntStream.range(0, gpus).mapToObj(i -> List.of((processes.gpu(gpus) + i) % gpus)).toList()
        : List.of(ordinals(driver, device));
  }

  private Engine open(Driver driver, Device device, List<Integer> ordinals, HostThreads threads) {
    Device named = new Device(KIND, ordinals, device.precision());
    int sharers = processes.sharers(device.numbers().isEmpty() ? driver.devices().size() : 1);
    return CudaEngine.open(named, DeviceGroup.of(driver, ordinals), sharers, threads);
  }
}
