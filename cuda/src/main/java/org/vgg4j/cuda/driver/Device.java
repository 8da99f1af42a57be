package org.vgg4j.cuda.driver;

import java.nio.charset.StandardCharsets;

/**
 * A GPU. Immutable.
 *
 * @param driver the driver that shows it
 * @param ordinal its number, as in {@code cuda:0}
 * @param name the maker's name for it
 * @param capability the generation of its instructions, ten times major plus minor: 80 for A100, 90
 *     for H100
 * @param memory all of its memory, bytes
 * @param multiprocessors how many blocks (or a few times as many) run at once
 * @param sharedMemory the most shared memory of one block, bytes
 * @param clock the highest of its multiprocessors, in Hz
 */
public record Device(
    Driver driver,
    int ordinal,
    String name,
    int capability,
    long memory,
    int multiprocessors,
    int sharedMemory,
    double clock) {
  /** Ampere: the first generation with all instructions of our kernels. */
  static final int NEEDED = 80;

  /** The generation whose instructions for boxes and warpgroups no other has. */
  private static final int HOPPER = 90;

  private static final int CLOCK_RATE = 13; // kHz
  private static final int MULTIPROCESSOR_COUNT = 16;
  private static final int CAPABILITY_MAJOR = 75;
  private static final int CAPABILITY_MINOR = 76;
  private static final int MAX_SHARED_MEMORY_PER_BLOCK_OPTIN = 97;

  static Device of(Driver driver, int ordinal) {
    int[] handle = new int[1];
    Result.check(LibCuda.cuDeviceGet(handle, ordinal), "Finding GPU cuda:" + ordinal);
    byte[] name = new byte[256];
    Result.check(LibCuda.cuDeviceGetName(name, name.length, handle[0]), "Asking a GPU's name");
    int length = 0;
    while (length < name.length && name[length] != 0) {
      length++;
    }
    long[] memory = new long[1];
    Result.check(LibCuda.cuDeviceTotalMem_v2(memory, handle[0]), "Asking a GPU's memory");
    return new Device(
        driver,
        ordinal,
        new String(name, 0, length, StandardCharsets.UTF_8),
        10 * attribute(CAPABILITY_MAJOR, handle[0]) + attribute(CAPABILITY_MINOR, handle[0]),
        memory[0],
        attribute(MULTIPROCESSOR_COUNT, handle[0]),
        attribute(MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, handle[0]),
        1e3 * attribute(CLOCK_RATE, handle[0]));
  }

  private static int attribute(int attribute, int handle) {
    int[] value = new int[1];
    Result.check(
        LibCuda.cuDeviceGetAttribute(value, attribute, handle), "Asking a GPU's attribute");
    return value[0];
  }

  int handle() {
    int[] handle = new int[1];
    Result.check(LibCuda.cuDeviceGet(handle, ordinal), "Finding GPU cuda:" + ordinal);
    return handle[0];
  }

  /** Whether our kernels run on it. */
  public boolean usable() {
    return capability >= NEEDED;
  }

  /**
   * Whether it runs kernels for Hopper alone, which take tensor maps: it is one, and its driver can
   * make them.
   */
  public boolean isHopper() {
    return capability == HOPPER && driver.makesTensorMaps();
  }

  String capabilityText() {
    return capability / 10 + "." + capability % 10;
  }

  /** For sentences: "cuda:0 (NVIDIA H100 80GB HBM3)". */
  @Override
  public String toString() {
    return "cuda:" + ordinal + " (" + name + ")";
  }
}
