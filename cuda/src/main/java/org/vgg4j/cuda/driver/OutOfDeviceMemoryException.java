package org.vgg4j.cuda.driver;

import org.vgg4j.base.ScarceMemoryException;

/** A GPU has less memory free than is asked of it. */
public final class OutOfDeviceMemoryException extends ScarceMemoryException {
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

  /**
   * For what the driver takes memory for by itself, without saying how much.
   *
   * @param doing what was being done, for "… failed"
   */
  OutOfDeviceMemoryException(String doing) {
    super(
        doing
            + " failed, since the GPU has not enough memory free: use a smaller batch, end other"
            + " programs on this GPU (nvidia-smi lists them), or use --device cpu.");
    this.needed = 0;
    this.free = 0;
  }

  /** Bytes asked for; 0 if that is not known. */
  public long needed() {
    return needed;
  }

  /** Bytes that were free then; 0 if that is not known. */
  public long free() {
    return free;
  }
}
