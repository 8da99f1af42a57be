package org.vgg4j.cuda.driver;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** GPUs that work together. */
public final class DeviceGroup {
  /** Of GPUs of one kind, some report a little less memory, such as those with a screen. */
  private static final int ALLOWED_PART = 16;

  private DeviceGroup() {}

  /**
   * Finds the GPUs of some numbers.
   *
   * @throws UnusableDeviceException if there is not each of them, one is named twice, or they do
   *     not fit together
   */
  public static List<Device> of(Driver driver, List<Integer> ordinals) {
    List<Device> found = new ArrayList<>();
    Set<Integer> seen = new HashSet<>();
    for (int ordinal : ordinals) {
      if (!seen.add(ordinal)) {
        throw new UnusableDeviceException(
            "it names cuda:%d twice".formatted(ordinal), "name each GPU once");
      }
      found.add(driver.device(ordinal));
    }
    Device first = found.get(0);
    for (Device other : found) {
      if (other.capability() != first.capability()) {
        throw new UnusableDeviceException(
            "%s has compute capability %s and %s has %s, which round differently"
                .formatted(first, first.capabilityText(), other, other.capabilityText()),
            "name GPUs of one kind");
      }
      if (Math.abs(other.memory() - first.memory()) > first.memory() / ALLOWED_PART) {
        throw new UnusableDeviceException(
            "%s has %s of memory and %s has %s, and each takes the same share of a batch"
                .formatted(first, memory(first), other, memory(other)),
            "name GPUs of one kind");
      }
    }
    return found;
  }

  private static String memory(Device device) {
    return Bytes.text(device.memory());
  }

  /** For sentences: "cuda:0 (NVIDIA H100)", "4 x NVIDIA H100 (cuda:0,1,2,3)". */
  public static String text(List<Device> devices) {
    if (devices.size() == 1) {
      return devices.get(0).toString();
    }
    if (devices.stream().map(Device::name).distinct().count() > 1) {
      return devices.stream().map(Device::toString).collect(Collectors.joining(", "));
    }
    String numbers =
        devices.stream()
            .map(device -> String.valueOf(device.ordinal()))
            .collect(Collectors.joining(","));
    return "%d x %s (cuda:%s)".formatted(devices.size(), devices.get(0).name(), numbers);
  }
}
