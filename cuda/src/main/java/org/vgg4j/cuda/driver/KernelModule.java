package org.vgg4j.cuda.driver;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.vgg4j.base.InputException;

/** Kernels of one PTX text, assembled by the driver for its GPU. */
public final class KernelModule extends Owned {
  private static final int JIT_ERROR_LOG_BUFFER = 5;
  private static final int JIT_ERROR_LOG_BUFFER_SIZE_BYTES = 6;
  private static final int LOG_BYTES = 16 << 10;

  private final long handle;
  private final String name;
  private final Map<String, PtxEntry> entries;

  private KernelModule(Context context, long handle, String name, Map<String, PtxEntry> entries) {
    super(context);
    this.handle = handle;
    this.name = name;
    this.entries = entries;
  }

  /**
   * Assembles PTX. The driver keeps what it assembled in a cache, so that this takes about a second
   * once and little later.
   *
   * @param ptx PTX text
   * @param name what errors call it
   * @throws InputException if the driver is too old for the PTX
   * @throws CudaException if the PTX is wrong; the message has the assembler's log
   */
  public static KernelModule load(Context context, String ptx, String name) {
    byte[] image = (ptx + "\0").getBytes(StandardCharsets.US_ASCII);
    context.makeCurrent();
    try (Memory log = new Memory(LOG_BYTES)) {
      log.clear();
      long[] handle = new long[1];
      int[] options = {JIT_ERROR_LOG_BUFFER, JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
      long[] values = {Pointer.nativeValue(log), LOG_BYTES};
      int code = LibCuda.cuModuleLoadDataEx(handle, image, options.length, options, values);
      if (code == Result.UNSUPPORTED_PTX_VERSION) {
        throw Driver.tooOld(context.device().driver().version());
      }
      if (code != Result.SUCCESS) {
        throw Result.failure(
            code,
            "Assembling the kernels " + name + " for " + context.device(),
            "\n" + log.getString(0).strip());
      }
      return new KernelModule(context, handle[0], name, PtxEntry.parse(ptx));
    }
  }

  /**
   * A kernel of this module.
   *
   * @param kernel its name in the PTX
   * @throws IllegalArgumentException if there is none of this name
   */
  public Kernel kernel(String kernel) {
    use();
    PtxEntry entry = entries.get(kernel);
    if (entry == null) {
      throw new IllegalArgumentException("There is no kernel " + kernel + " in " + name);
    }
    long[] function = new long[1];
    Result.check(
        LibCuda.cuModuleGetFunction(
            function, handle, (kernel + "\0").getBytes(StandardCharsets.US_ASCII)),
        "Finding the kernel " + kernel + " in " + name);
    return new Kernel(this, function[0], entry);
  }

  @Override
  void release() {
    LibCuda.cuModuleUnload(handle);
  }
}
