package org.vgg4j.cli;

import org.vgg4j.network.Device;
import picocli.CommandLine.Option;

/** The option that says where networks are computed. */
final class DeviceOption {
  /** Its name. */
  static final String NAME = "--device";

  @Option(names = NAME, paramLabel = "NAME", defaultValue = "auto", description = Texts.DEVICE)
  private String device;

  /**
   * The device that it names.
   *
   * @throws org.vgg4j.base.InputException if that cannot be understood
   */
  Device get() {
    return Device.of(device);
  }
}
