package org.vgg4j.cuda.driver;

import com.sun.jna.Pointer;

/**
 * Memory on a GPU, with undefined content at first. Offsets and sizes are in bytes, those of arrays
 * in elements. The copies here wait for all work of the context before and are complete after; what
 * has to be fast goes by {@link HostMemory} and {@link CudaStream#copy}.
 */
public final class DeviceMemory extends Owned {
  private final long address;
  private final long bytes;

  private DeviceMemory(Context context, long address, long bytes) {
    super(context);
    this.address = address;
    this.bytes = bytes;
  }

  /**
   * @param bytes at least 1
   * @throws OutOfDeviceMemoryException if the GPU has less free
   */
  public static DeviceMemory allocate(Context context, long bytes) {
    if (bytes < 1) {
      throw new IllegalArgumentException("Cannot allocate " + bytes + " bytes");
    }
    context.makeCurrent();
    long[] address = new long[1];
    int code;
    context.waiting().lock(); // the driver may wait for work before it gives memory
    try {
      code = LibCuda.cuMemAlloc_v2(address, bytes);
    } finally {
      context.waiting().unlock();
    }
    if (code == Result.OUT_OF_MEMORY) {
      throw new OutOfDeviceMemoryException(context.device(), bytes, context.freeMemory());
    }
    Result.check(code, "Allocating " + Bytes.text(bytes) + " on " + context.device());
    return new DeviceMemory(context, address[0], bytes);
  }

  /** Memory that holds these floats. */
  public static DeviceMemory of(Context context, float[] values) {
    DeviceMemory memory = allocate(context, Math.max(1, 4L * values.length));
    memory.upload(values);
    return memory;
  }

  /** Where it lies in the GPU's address space; a multiple of 256. */
  public long address() {
    use();
    return address;
  }

  /** Its size. */
  public long bytes() {
    return bytes;
  }

  /**
   * The address of a part, checked to lie inside.
   *
   * @param offset where the part begins
   * @param length its size, 0 or more
   */
  public long address(long offset, long length) {
    if (offset < 0 || length < 0 || offset > bytes - length) {
      throw new IndexOutOfBoundsException(
          "Bytes %d to %d of %d".formatted(offset, offset + length, bytes));
    }
    return address() + offset;
  }

  /** Copies an array to the beginning. */
  public void upload(float[] source) {
    upload(0, source, 0, source.length);
  }

  /** Copies elements from {@code from} on to byte {@code offset}. */
  public void upload(long offset, float[] source, int from, int count) {
    transferIn(offset, 4, count, (buffer, at, n) -> buffer.write(0, source, from + at, n));
  }

  /** Copies an array to the beginning. */
  public void upload(int[] source) {
    upload(0, source);
  }

  /** Copies an array to byte {@code offset} and what follows. */
  public void upload(long offset, int[] source) {
    transferIn(offset, 4, source.length, (buffer, at, n) -> buffer.write(0, source, at, n));
  }

  /** Copies an array to the beginning, for instance of bf16. */
  public void upload(short[] source) {
    transferIn(0, 2, source.length, (buffer, at, n) -> buffer.write(0, source, at, n));
  }

  /** Copies an array to the beginning. */
  public void upload(byte[] source) {
    transferIn(0, 1, source.length, (buffer, at, n) -> buffer.write(0, source, at, n));
  }

  /** Fills an array from the beginning. */
  public void download(float[] target) {
    download(0, target, 0, target.length);
  }

  /** Fills elements from {@code to} on with what lies at byte {@code offset}. */
  public void download(long offset, float[] target, int to, int count) {
    transferOut(offset, 4, count, (buffer, at, n) -> buffer.read(0, target, to + at, n));
  }

  /** Fills an array from the beginning. */
  public void download(int[] target) {
    transferOut(0, 4, target.length, (buffer, at, n) -> buffer.read(0, target, at, n));
  }

  /** Fills an array from the beginning, for instance with bf16. */
  public void download(short[] target) {
    transferOut(0, 2, target.length, (buffer, at, n) -> buffer.read(0, target, at, n));
  }

  /** Fills an array from the beginning. */
  public void download(byte[] target) {
    transferOut(0, 1, target.length, (buffer, at, n) -> buffer.read(0, target, at, n));
  }

  private void transferIn(long offset, int width, int count, HostMemory.Move fill) {
    long to = address(offset, (long) width * count);
    context().synchronize();
    HostMemory.inPieces(
        context(),
        width,
        count,
        (buffer, at, n) -> {
          fill.move(buffer, at, n);
          Result.check(
              LibCuda.cuMemcpyHtoD_v2(
                  to + (long) width * at, Pointer.nativeValue(buffer), (long) width * n),
              "A copy to " + context().device());
        });
  }

  private void transferOut(long offset, int width, int count, HostMemory.Move take) {
    long from = address(offset, (long) width * count);
    context().synchronize();
    HostMemory.inPieces(
        context(),
        width,
        count,
        (buffer, at, n) -> {
          Result.check(
              LibCuda.cuMemcpyDtoH_v2(
                  Pointer.nativeValue(buffer), from + (long) width * at, (long) width * n),
              "A copy from " + context().device());
          take.move(buffer, at, n);
        });
  }

  @Override
  void release() {
    LibCuda.cuMemFree_v2(address);
  }
}
