package org.vgg4j.cli;

import org.vgg4j.network.Device;
import org.vgg4j.network.Precision;
import picocli.CommandLine.Option;

/** The options that say where networks are computed, and how exactly. */
final class DeviceOption {
  /** The name of the first. */
  static final String NAME = "--device";

  @Option(names = NAME, paramLabel = "NAME", defaultValue = "auto", description = Texts.DEVICE)
  private String device;

  @Option(
      names = "--precision",
      paramLabel = "NAME",
      defaultValue = "auto",
      description = Texts.PRECISION)
  private String precision;

  /**
   * The device that they name.
   *
   * @throws org.vgg4j.base.InputException if that cannot be understood
   */
  Device get() {
    return Device.of(device).in(Precision.of(precision));
  }
}
