package org.vgg4j.cuda.driver;

import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

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

  private static final String INSTALL =
      "install driver " + NEEDED_DRIVER + ", start a container with --gpus all";

  /** Where Linux shows that there is a driver: on machines of its own, in WSL, on Jetson boards. */
  private static final List<String> SIGNS = List.of("/dev/nvidiactl", "/dev/dxg", "/dev/nvmap");

  private static @Nullable String bound;
  private static boolean graphs;
  private static boolean tensorMaps;

  /** The CUDA version whose drivers first have tensor maps. */
  private static final int TENSOR_MAPS_CUDA = 12000;

  private final int version;
  private final boolean started;

  private Driver(int version, boolean started) {
    this.version = version;
    this.started = started;
  }

  /**
   * Finds and starts the driver.
   *
   * @throws UnusableDeviceException if there is none, it is too old for our kernels, it cannot
   *     start, or Java cannot call it
   */
  public static Driver open() {
    return open(
        System.getProperty(LIBRARY_PROPERTY, Platform.isWindows() ? "nvcuda" : "libcuda.so.1"));
  }

  /**
   * Whether there may be a driver. Costs nothing, and loads no library: where there is none, nobody
   * needs to know that this process could call it.
   *
   * @throws UnusableDeviceException if there is none
   */
  public static void requireSigns() {
    boolean told = System.getProperty(LIBRARY_PROPERTY) != null;
    boolean linux = System.getProperty("os.name").equals("Linux");
    if (!told && linux && SIGNS.stream().noneMatch(sign -> Files.exists(Path.of(sign)))) {
      throw new UnusableDeviceException("no NVIDIA driver is installed", INSTALL);
    }
    if (!told && System.getProperty("os.name").startsWith("Mac")) {
      throw new UnusableDeviceException("NVIDIA has no driver for macOS", "use another machine");
    }
  }

  /** As {@link #open()}, by a library's name or path. */
  static Driver open(String library) {
    bind(library);
    int code = LibCuda.cuInit(0);
    switch (code) {
      case Result.SUCCESS, Result.NO_DEVICE -> {}
      case Result.SYSTEM_DRIVER_MISMATCH ->
          throw new UnusableDeviceException(
              "the NVIDIA driver's library and its kernel module differ in version, as after an"
                  + " update",
              "restart the machine");
      case Result.STUB_LIBRARY ->
          throw new UnusableDeviceException(
              "the library " + library + " is the CUDA toolkit's stub and no driver",
              "take its folder out of LD_LIBRARY_PATH");
      default ->
          throw new UnusableDeviceException(
              "the NVIDIA driver does not start, " + Result.describe(code),
              "see whether nvidia-smi works");
    }
    int[] version = new int[1];
    Result.check(LibCuda.cuDriverGetVersion(version), "Asking the driver for its version");
    if (version[0] < NEEDED_CUDA) {
      throw tooOld(version[0]);
    }
    return new Driver(version[0], code == Result.SUCCESS);
  }

  static UnusableDeviceException tooOld(int version) {
    return new UnusableDeviceException(
        "the NVIDIA driver supports CUDA %s and vgg4j's kernels need CUDA %s"
            .formatted(text(version), text(NEEDED_CUDA)),
        "install driver " + NEEDED_DRIVER);
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

  /**
   * Whether the driver can make a {@link TensorMap}: those since CUDA 12.0, which are version 525
   * (on Windows 527) or newer.
   */
  public boolean makesTensorMaps() {
    if (version < TENSOR_MAPS_CUDA) {
      return false;
    }
    try {
      bindTensorMaps();
      return true;
    } catch (UnusableDeviceException e) {
      return false;
    }
  }

  /** Binds the function for tensor maps, which not every driver has. */
  static synchronized void bindTensorMaps() {
    if (!tensorMaps && bound != null) {
      NativeLibrary found = find(bound);
      bind(() -> LibCudaTensorMaps.bind(found));
      tensorMaps = true;
    }
  }

  private static void bind(Runnable functions) {
    try {
      functions.run();
    } catch (UnsatisfiedLinkError e) {
      throw new UnusableDeviceException(
          "the NVIDIA driver is too old, it lacks a function that vgg4j calls (%s)"
              .formatted(e.getMessage()),
          "install driver " + NEEDED_DRIVER,
          e);
    }
  }

  /** Loads the driver's library, or says what to install. */
  static NativeLibrary find(String library) {
    NativeCalls.require();
    try {
      return NativeLibrary.getInstance(library);
    } catch (UnsatisfiedLinkError e) {
      throw new UnusableDeviceException(
          "no NVIDIA driver is installed (there is no library %s)".formatted(library), INSTALL, e);
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
    if (!started) {
      return List.of(); // it found no GPU, and then refuses to count
    }
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
   * @throws UnusableDeviceException if there is none of this number, or it is too old
   */
  public Device device(int ordinal) {
    List<Device> devices = devices();
    if (devices.isEmpty()) {
      throw new UnusableDeviceException(
          "the NVIDIA driver finds no GPU",
          "see what nvidia-smi lists and whether CUDA_VISIBLE_DEVICES hides it");
    }
    if (ordinal < 0 || ordinal >= devices.size()) {
      throw new UnusableDeviceException(
          "there is no GPU cuda:" + ordinal,
          "use "
              + (devices.size() == 1 ? "cuda:0" : "cuda:0 to cuda:" + (devices.size() - 1))
              + ", which this machine has");
    }
    Device device = devices.get(ordinal);
    if (!device.usable()) {
      throw new UnusableDeviceException(
          "%s has compute capability %s and vgg4j needs %d.%d or newer (A100, RTX 30 and what came after)"
              .formatted(device, device.capabilityText(), Device.NEEDED / 10, Device.NEEDED % 10),
          "use another GPU");
    }
    return device;
  }
}
