package org.vgg4j.cuda.driver;

import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;

/**
 * The NVIDIA driver of this machine. Thread-safe; a JVM uses one library, chosen at the first
 * {@link #open}.
 */
public final class Driver {
  /** Names another library than the driver's own, for tests: a path. */
  public static final String LIBRARY_PROPERTY = "vgg.cuda.driver";

  /** The CUDA version whose PTX (7.1) our kernels are written in, as the driver numbers it. */
  static final int NEEDED_CUDA = 11010;

  /** The first drivers that know it. */
  static final String NEEDED_DRIVER = "version 455 (on Windows 456) or newer";

  private static @Nullable String bound;
  private static boolean graphs;

  private final int version;

  private Driver(int version) {
    this.version = version;
  }

  /**
   * Finds and starts the driver.
   *
   * @throws InputException if there is none, it is too old for our kernels, or it cannot start
   */
  public static Driver open() {
    return open(
        System.getProperty(LIBRARY_PROPERTY, Platform.isWindows() ? "nvcuda" : "libcuda.so.1"));
  }

  /** As {@link #open()}, by a library's name or path. */
  static Driver open(String library) {
    bind(library);
    int code = LibCuda.cuInit(0);
    switch (code) {
      case Result.SUCCESS, Result.NO_DEVICE -> {}
      case Result.SYSTEM_DRIVER_MISMATCH ->
          throw new InputException(
              "The NVIDIA driver's library and its kernel module differ in version, as after an"
                  + " update: restart the machine, or use --device cpu.");
      case Result.STUB_LIBRARY ->
          throw new InputException(
              "The library "
                  + library
                  + " is the CUDA toolkit's stub and no driver: take its folder out of"
                  + " LD_LIBRARY_PATH, or use --device cpu.");
      default ->
          throw new InputException(
              "The NVIDIA driver does not start, "
                  + Result.describe(code)
                  + ": see whether nvidia-smi works, or use --device cpu.");
    }
    int[] version = new int[1];
    Result.check(LibCuda.cuDriverGetVersion(version), "Asking the driver for its version");
    if (version[0] < NEEDED_CUDA) {
      throw tooOld(version[0]);
    }
    return new Driver(version[0]);
  }

  static InputException tooOld(int version) {
    return new InputException(
        "The NVIDIA driver supports CUDA %s and vgg4j's kernels need CUDA %s: install driver %s, or use --device cpu."
            .formatted(text(version), text(NEEDED_CUDA), NEEDED_DRIVER));
  }

  private static synchronized void bind(String library) {
    if (library.equals(bound)) {
      return;
    }
    if (bound != null) {
      throw new IllegalStateException(
          "This JVM already uses the driver " + bound + ", and cannot change to " + library);
    }
    NativeLibrary found = find(library);
    bind(() -> LibCuda.bind(found));
    bound = library;
  }

  /** Binds the functions for graphs, which not every driver has. */
  static synchronized void bindGraphs() {
    if (!graphs && bound != null) {
      NativeLibrary found = find(bound);
      bind(() -> LibCudaGraphs.bind(found));
      graphs = true;
    }
  }

  private static void bind(Runnable functions) {
    try {
      functions.run();
    } catch (UnsatisfiedLinkError e) {
      throw new InputException(
          "The NVIDIA driver is too old, it lacks a function that vgg4j calls (%s): install driver %s, or use --device cpu."
              .formatted(e.getMessage(), NEEDED_DRIVER),
          e);
    }
  }

  /** Loads the driver's library, or says what to install. */
  static NativeLibrary find(String library) {
    try {
      return NativeLibrary.getInstance(library);
    } catch (UnsatisfiedLinkError e) {
      throw new InputException(
          "No NVIDIA driver is installed (there is no library %s): install driver %s, start a container with --gpus all, or use --device cpu."
              .formatted(library, NEEDED_DRIVER),
          e);
    }
  }

  /** The CUDA version that the driver supports, for instance "12.4". */
  public String cudaVersion() {
    return text(version);
  }

  int version() {
    return version;
  }

  private static String text(int version) {
    return version / 1000 + "." + version % 1000 / 10;
  }

  /** The GPUs that the driver shows this process, also those too old for us; may be empty. */
  public List<Device> devices() {
    int[] count = new int[1];
    int code = LibCuda.cuDeviceGetCount(count);
    if (code == Result.NO_DEVICE) {
      return List.of();
    }
    Result.check(code, "Counting the GPUs");
    return IntStream.range(0, count[0]).mapToObj(ordinal -> Device.of(this, ordinal)).toList();
  }

  /**
   * The GPU of a number, if it can run our kernels.
   *
   * @param ordinal 0 or more, as in {@code --device cuda:0}
   * @throws InputException if there is none of this number, or it is too old
   */
  public Device device(int ordinal) {
    List<Device> devices = devices();
    if (devices.isEmpty()) {
      throw new InputException(
          "The NVIDIA driver finds no GPU: see what nvidia-smi lists and whether"
              + " CUDA_VISIBLE_DEVICES hides it, or use --device cpu.");
    }
    if (ordinal < 0 || ordinal >= devices.size()) {
      throw new InputException(
          "There is no GPU cuda:%d: this machine has %s; use one of these, or --device cpu."
              .formatted(
                  ordinal,
                  devices.size() == 1 ? "cuda:0 only" : "cuda:0 to cuda:" + (devices.size() - 1)));
    }
    Device device = devices.get(ordinal);
    if (!device.usable()) {
      throw new InputException(
          "%s has compute capability %s and vgg4j needs %d.%d or newer (A100, RTX 30 and what came after): use another GPU, or --device cpu."
              .formatted(device, device.capabilityText(), Device.NEEDED / 10, Device.NEEDED % 10));
    }
    return device;
  }
}
