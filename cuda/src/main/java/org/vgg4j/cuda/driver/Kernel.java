package org.vgg4j.cuda.driver;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;

/**
 * A kernel, ready to launch for as long as its module is open. Thread-safe.
 *
 * <p>Arguments are checked against the PTX: a {@link DeviceMemory} (its address) or {@link Long}
 * for a pointer, an {@link Integer} for an {@code int}, a {@link Float} for a {@code float}, a
 * {@link TensorMap} for one by value.
 */
public final class Kernel {
  private static final int MAX_DYNAMIC_SHARED_SIZE_BYTES = 8;

  /** What any GPU gives a block without being asked; more needs the attribute above. */
  private static final int PLAIN_SHARED_BYTES = 48 << 10;

  private static final int MAX_PARAMETERS = 64;

  /** What each value has room in: a tensor map, the largest, and a multiple of its alignment. */
  private static final long SLOT_BYTES = TensorMap.BYTES;

  /** Values and their addresses, as the driver wants them; it copies them during the call. */
  private static final ThreadLocal<Memory> ARGUMENTS =
      ThreadLocal.withInitial(
          () ->
              new Memory((8 + SLOT_BYTES) * MAX_PARAMETERS + TensorMap.ALIGNMENT)
                  .align(TensorMap.ALIGNMENT));

  private final KernelModule module;
  private final long function;
  private final PtxEntry entry;
  private int sharedLimit = PLAIN_SHARED_BYTES;

  Kernel(KernelModule module, long function, PtxEntry entry) {
    this.module = module;
    this.function = function;
    this.entry = entry;
    if (entry.parameters().size() > MAX_PARAMETERS) {
      throw new IllegalArgumentException(entry.name() + " has more parameters than we launch with");
    }
  }

  /** Its name in the PTX. */
  public String name() {
    return entry.name();
  }

  /**
   * Enqueues a run of the kernel.
   *
   * @param gridX blocks, each of {@code threads} threads; at least 1
   * @param gridY 1 to 65535
   * @param gridZ 1 to 65535
   * @param threads of a block, 1 to 1024
   * @param sharedBytes dynamic shared memory of a block
   * @param arguments one for each parameter
   * @throws IllegalArgumentException if the arguments are not what the kernel takes
   */
  public void launch(
      CudaStream stream,
      int gridX,
      int gridY,
      int gridZ,
      int threads,
      int sharedBytes,
      Object... arguments) {
    module.use();
    Memory memory = ARGUMENTS.get();
    write(memory, arguments);
    allowShared(sharedBytes);
    int code =
        LibCuda.cuLaunchKernel(
            function,
            gridX,
            gridY,
            gridZ,
            threads,
            1,
            1,
            sharedBytes,
            stream.handle(),
            Pointer.nativeValue(memory),
            0);
    if (code != Result.SUCCESS) {
      String launch =
          "Launching %s on %s (grid %d x %d x %d, %d threads, %d bytes of shared memory)";
      Device device = module.context().device();
      throw Result.failure(
          code,
          launch.formatted(entry.name(), device, gridX, gridY, gridZ, threads, sharedBytes),
          "");
    }
  }

  private void write(Memory memory, Object[] arguments) {
    int count = entry.parameters().size();
    if (arguments.length != count) {
      throw new IllegalArgumentException(
          "%s takes %d arguments and got %d".formatted(entry.name(), count, arguments.length));
    }
    for (int i = 0; i < count; i++) {
      long at = 8L * MAX_PARAMETERS + SLOT_BYTES * i;
      memory.setLong(8L * i, Pointer.nativeValue(memory) + at);
      Object argument = arguments[i];
      PtxEntry.Parameter wanted = entry.parameters().get(i);
      if (wanted == PtxEntry.Parameter.ADDRESS && argument instanceof DeviceMemory it) {
        memory.setLong(at, it.address());
      } else if (wanted == PtxEntry.Parameter.ADDRESS && argument instanceof Long it) {
        memory.setLong(at, it);
      } else if (wanted == PtxEntry.Parameter.INT && argument instanceof Integer it) {
        memory.setInt(at, it);
      } else if (wanted == PtxEntry.Parameter.FLOAT && argument instanceof Float it) {
        memory.setFloat(at, it);
      } else if (wanted == PtxEntry.Parameter.TENSOR_MAP && argument instanceof TensorMap it) {
        it.writeTo(memory, at);
      } else {
        throw new IllegalArgumentException(
            "%s takes %s as parameter %d and got %s".formatted(entry.name(), wanted, i, argument));
      }
    }
  }

  private synchronized void allowShared(int bytes) {
    if (bytes > sharedLimit) {
      Result.check(
          LibCuda.cuFuncSetAttribute(function, MAX_DYNAMIC_SHARED_SIZE_BYTES, bytes),
          "Giving %s %d bytes of shared memory on %s"
              .formatted(entry.name(), bytes, module.context().device()));
      sharedLimit = bytes;
    }
  }
}
