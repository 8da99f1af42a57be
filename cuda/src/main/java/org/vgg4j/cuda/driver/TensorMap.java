package org.vgg4j.cuda.driver;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.util.Arrays;

/**
 * How a kernel for Hopper copies boxes of an array of bf16 to shared memory, by value an argument
 * of {@link Kernel#launch}. What lies outside of the array comes as zeros. Immutable; it knows an
 * address, so that the memory must stay open as long as kernels use it.
 */
public final class TensorMap {
  /** Its size. */
  static final int BYTES = 128;

  /** Where the driver and kernels want one: at a multiple of this. */
  static final int ALIGNMENT = 64;

  /** How rows of a box change places in shared memory, so that columns lie in different banks. */
  public enum Swizzle {
    /** Not at all. */
    NONE(0, Integer.MAX_VALUE),
    /** Both halves of a row of 32 bytes. */
    BYTES_32(1, 32),
    /** The four parts of a row of 64 bytes. */
    BYTES_64(2, 64),
    /** The eight parts of a row of 128 bytes. */
    BYTES_128(3, 128);

    private final int code;
    private final int rowBytes;

    Swizzle(int code, int rowBytes) {
      this.code = code;
      this.rowBytes = rowBytes;
    }
  }

  private static final int BFLOAT16 = 9;
  private static final int VALUE_BYTES = 2;
  private static final int L2_PROMOTION_256_BYTES = 3;
  private static final int MAX_DIMENSIONS = 5;
  private static final int MAX_BOX = 256;

  /** More than any block has of shared memory. */
  private static final long MAX_BOX_BYTES = 256 << 10;

  private final byte[] content;
  private final int boxBytes;

  private TensorMap(byte[] content, int boxBytes) {
    this.content = content;
    this.boxBytes = boxBytes;
  }

  /**
   * Describes boxes of an array.
   *
   * @param context where kernels use it
   * @param address of the array, a multiple of 16
   * @param dims its 1 to 5 dimensions, innermost first, values
   * @param strides distances of neighbours in all dimensions but the innermost, bytes, multiples of
   *     16
   * @param box the box's dimensions, 1 to 256, innermost first, values; a row is a multiple of 16
   *     bytes, and no longer than what is swizzled
   * @throws IllegalArgumentException if these do not fit each other
   * @throws UnusableDeviceException if the driver is too old to make one
   * @throws CudaException if the driver refuses it
   */
  public static TensorMap of(
      Context context, long address, long[] dims, long[] strides, int[] box, Swizzle swizzle) {
    int count = dims.length;
    if (count < 1
        || count > MAX_DIMENSIONS
        || strides.length != count - 1
        || box.length != count
        || Arrays.stream(box).anyMatch(size -> size < 1 || size > MAX_BOX)) {
      throw new IllegalArgumentException(
          "No boxes %s of an array %s with strides %s"
              .formatted(Arrays.toString(box), Arrays.toString(dims), Arrays.toString(strides)));
    }
    long bytes = VALUE_BYTES * Arrays.stream(box).asLongStream().reduce(1, (a, b) -> a * b);
    if (bytes > MAX_BOX_BYTES) {
      throw new IllegalArgumentException(
          "A box %s takes more than any block's shared memory".formatted(Arrays.toString(box)));
    }
    int row = VALUE_BYTES * box[0];
    if (row % 16 != 0 || row > swizzle.rowBytes) {
      throw new IllegalArgumentException(
          "A box's rows of %d bytes cannot have the swizzle %s".formatted(row, swizzle));
    }
    Driver driver = context.device().driver();
    if (!driver.makesTensorMaps()) {
      throw new UnusableDeviceException(
          "the NVIDIA driver supports CUDA %s, and tensor maps need CUDA 12.0"
              .formatted(driver.cudaVersion()),
          "install driver version 525 (on Windows 527) or newer");
    }
    int[] everyElement = new int[count];
    Arrays.fill(everyElement, 1);
    long[] distances = Arrays.copyOf(strides, MAX_DIMENSIONS); // never empty
    try (Memory memory = new Memory(BYTES + ALIGNMENT)) {
      Memory map = memory.align(ALIGNMENT);
      Result.check(
          LibCudaTensorMaps.cuTensorMapEncodeTiled(
              Pointer.nativeValue(map),
              BFLOAT16,
              count,
              address,
              dims,
              distances,
              box,
              everyElement,
              0,
              swizzle.code,
              L2_PROMOTION_256_BYTES,
              0),
          "Describing boxes %s of an array %s with strides %s at address %d"
              .formatted(
                  Arrays.toString(box), Arrays.toString(dims), Arrays.toString(strides), address));
      return new TensorMap(map.getByteArray(0, BYTES), (int) bytes);
    }
  }

  /** How many bytes of shared memory a box takes, what lies outside of the array included. */
  public int boxBytes() {
    return boxBytes;
  }

  /** Copies it to where an argument is. */
  void writeTo(Memory memory, long offset) {
    memory.write(offset, content, 0, BYTES);
  }
}
