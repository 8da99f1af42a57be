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
      List<org.vgg4j.cuda.driver.Device> found = DeviceGroup.of(driver, ordinals(device));
      String what = found.size() == 1 ? found.get(0).name() : DeviceGroup.text(found);
      return new Availability(true, "%s, CUDA %s".formatted(what, driver.cudaVersion()));
    } catch (UnusableDeviceException e) {
      return new Availability(false, e.reason(), e.remedy());
    } catch (CudaException e) {
      return new Availability(false, "the NVIDIA driver does not work: " + e.getMessage());
    }
  }

  private static List<Integer> ordinals(Device device) {
    return device.numbers().isEmpty() ? List.of(0) : device.numbers();
  }

  @Override
  public Engine open(Device device, HostThreads threads) {
    List<Integer> ordinals = ordinals(device);
    Device named = new Device(KIND, ordinals, device.precision());
    return CudaEngine.open(named, DeviceGroup.of(Driver.open(), ordinals), threads);
  }
}
