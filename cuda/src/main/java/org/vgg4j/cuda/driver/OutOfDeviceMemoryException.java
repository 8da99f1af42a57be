package org.vgg4j.cuda.driver;

import org.vgg4j.base.InputException;

/** A GPU has less memory free than is asked of it. */
public final class OutOfDeviceMemoryException extends InputException {
  private static final long serialVersionUID = 1L;

  private final long needed;
  private final long free;

  OutOfDeviceMemoryException(Device device, long needed, long free) {
    super(
        ("%s has %s free of %s and %s more are needed: use a smaller batch, end other programs on"
                + " this GPU (nvidia-smi lists them), or use --device cpu.")
            .formatted(device, Bytes.text(free), Bytes.text(device.memory()), Bytes.text(needed)));
    this.needed = needed;
    this.free = free;
  }

  /** Bytes asked for. */
  public long needed() {
    return needed;
  }

  /** Bytes that were free then. */
  public long free() {
    return free;
  }
}
