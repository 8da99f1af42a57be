package org.vgg4j.cuda.engine;

import java.util.List;
import org.vgg4j.cuda.driver.CudaException;
import org.vgg4j.cuda.driver.Driver;
import org.vgg4j.cuda.driver.UnusableDeviceException;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.EngineProvider;
import org.vgg4j.network.HostThreads;

/** NVIDIA GPUs from Ampere on, where there is a driver. */
public final class CudaEngineProvider implements EngineProvider {
  static final String KIND = "cuda";

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
    if (device.numbers().size() > 1) {
      return new Availability(
          false, "a run on several GPUs is not possible yet", "take one, such as cuda:0");
    }
    try {
      Driver.requireSigns();
      Driver driver = Driver.open();
      org.vgg4j.cuda.driver.Device gpu = driver.device(ordinal(device));
      return new Availability(true, "%s, CUDA %s".formatted(gpu.name(), driver.cudaVersion()));
    } catch (UnusableDeviceException e) {
      return new Availability(false, e.reason(), e.remedy());
    } catch (CudaException e) {
      return new Availability(false, "the NVIDIA driver does not work: " + e.getMessage());
    }
  }

  private static int ordinal(Device device) {
    return device.numbers().isEmpty() ? 0 : device.numbers().get(0);
  }

  @Override
  public Engine open(Device device, HostThreads threads) {
    Device named = new Device(KIND, List.of(ordinal(device)), device.precision());
    return CudaEngine.open(named, Driver.open().device(ordinal(device)), threads);
  }
}
