package org.vgg4j.network;

import org.vgg4j.base.InputException;

/**
 * A device that seemed to be usable cannot be used now, as is found out only by using it: another
 * process may have it for itself alone.
 */
public final class UnavailableDeviceException extends InputException {
  private static final long serialVersionUID = 1L;

  private final String reason;

  /**
   * @param device that was asked for
   * @param reason why it cannot be used, in a clause
   * @param remedy what to do about that, as an instruction
   * @param cause what was caught
   */
  public UnavailableDeviceException(Device device, String reason, String remedy, Throwable cause) {
    super("option device is %s, but %s: %s".formatted(device.text(), reason, remedy), cause);
    this.reason = reason;
  }

  /** Why it cannot be used, in a clause. */
  String reason() {
    return reason;
  }
}
