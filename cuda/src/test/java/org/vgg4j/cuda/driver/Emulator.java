package org.vgg4j.cuda.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.vgg4j.cuda.Sources;
import org.vgg4j.cuda.kernels.Family;

/**
 * A driver without a GPU, for tests: {@code @ExtendWith(Emulator.class)}. Builds it once for the
 * JVM; each test begins with one device of capability 8.0 ({@code
 * -Dvgg.test.emulator.capability=90}: of Hopper's) and 1 GiB, and ends with a check that no memory
 * was left open. Without a C++ compiler the tests are skipped.
 *
 * <p>Threads and blocks run in an order that follows from a seed, {@code -Dvgg.test.emulator.seed},
 * by default 1; what fails under one fails under it again.
 */
public final class Emulator implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback {
  private static final int NO_COMPILER = 3;
  private static final long SEED = Long.getLong("vgg.test.emulator.seed", 1);
  private static final int CAPABILITY = Integer.getInteger("vgg.test.emulator.capability", 80);

  /** Keeps what is compiled. */
  public static final Path FOLDER = Sources.module().resolve("target/emulator");

  private static String library = "";

  @Override
  public void beforeAll(ExtensionContext context) throws IOException, InterruptedException {
    start();
  }

  /** Builds the emulator, if it is not yet, and lets the driver be this. */
  public static synchronized void start() throws IOException, InterruptedException {
    if (!library.isEmpty()) {
      return;
    }
    Path build = Sources.emulatorBuild();
    library =
        build(
            FOLDER.toString(),
            build.resolveSibling("faults.cu").toString(),
            build.resolveSibling("faults_hopper.cu").toString());
    System.setProperty(Driver.LIBRARY_PROPERTY, library);
  }

  /**
   * Builds an emulator; skips the test where there is no C++ compiler.
   *
   * @param arguments of {@code cuda/src/test/cpp/build}
   * @return the library's path
   */
  public static String build(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(Sources.emulatorBuild().toString()));
    command.addAll(List.of(arguments));
    Process build =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String said = new String(build.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(build.waitFor(10, TimeUnit.MINUTES)).isTrue();
    assumeTrue(
        build.exitValue() != NO_COMPILER,
        "The GPU's kernels are not tested: there is no C++ compiler (install g++).");
    assertThat(build.exitValue()).as("the emulator's build").isZero();
    return said.strip();
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    pose(1, 12040, CAPABILITY, 1L << 30);
    seed(SEED);
  }

  @Override
  public void afterEach(ExtensionContext context) {
    assertThat(call("emulator_allocations")).as("pieces of GPU memory left open").isZero();
  }

  /**
   * Makes the emulator another machine, with nothing open.
   *
   * @param devices how many GPUs, 0 to 4
   * @param cuda what the driver supports, for instance 11010 for CUDA 11.1
   * @param capability of each device, for instance 80
   * @param memory of each device, bytes
   */
  public static void pose(int devices, int cuda, int capability, long memory) {
    call("emulator_pose", devices, cuda, capability, memory, 0);
  }

  /** Makes the emulator one GPU with the kernels of a family. */
  public static void pose(Family family) {
    pose(1, 12040, family == Family.HOPPER ? 90 : 80, 1L << 30);
  }

  /** Makes one of the devices another kind; nothing may be open on it. */
  public static void poseDevice(int number, int capability, long memory) {
    call("emulator_pose_device", number, capability, memory);
  }

  /** Lets the driver's start fail. */
  static void failToStart(int error) {
    call("emulator_pose", 1, 12040, 80, 1L << 30, error);
  }

  /** Lets another process have one of the devices for itself alone. */
  public static void takeDevice(int number) {
    call("emulator_take_device", number);
  }

  /** Ends the next captures, as if another library in this process waited for the device. */
  public static void breakCaptures(int count) {
    call("emulator_break_captures", count);
  }

  /** Lets the order of blocks, threads and streams follow from a number. */
  public static void seed(long seed) {
    call("emulator_seed", seed);
  }

  /** How many kernels have run in this test. */
  public static int launches() {
    return call("emulator_launches");
  }

  /** How many graphs have been launched in this test. */
  public static int graphLaunches() {
    return call("emulator_graph_launches");
  }

  /**
   * What a kernel's launches moved, as the emulator counts it ({@code traffic.h}).
   *
   * @param launches how many there were
   * @param read bytes of the sectors that each launch read, each sector counted once a launch
   * @param written the same of what it wrote
   * @param asked bytes of all loads and stores
   */
  public record Traffic(int launches, long read, long written, long asked) {
    /** Read and written. */
    public long moved() {
      return read + written;
    }
  }

  /**
   * Counts what work moves.
   *
   * @param work waits for what it has enqueued
   * @return by the kernel's name; {@code copy}, {@code copy to the GPU}, {@code copy from the GPU}
   *     and {@code clear} are the driver's
   */
  public static Map<String, Traffic> traffic(Runnable work) {
    call("emulator_count", 1);
    try {
      work.run();
      byte[] text = new byte[1 << 16];
      call("emulator_counts", text, text.length);
      Map<String, Traffic> traffic = new TreeMap<>();
      for (String line : Native.toString(text, StandardCharsets.US_ASCII.name()).split("\n")) {
        String[] parts = line.split("\t");
        traffic.put(
            parts[0],
            new Traffic(
                Integer.parseInt(parts[1]),
                Long.parseLong(parts[2]),
                Long.parseLong(parts[3]),
                Long.parseLong(parts[4])));
      }
      return traffic;
    } finally {
      call("emulator_count", 0);
    }
  }

  private static int call(String function, Object... arguments) {
    String loaded = System.getProperty(Driver.LIBRARY_PROPERTY, library);
    return NativeLibrary.getInstance(loaded).getFunction(function).invokeInt(arguments);
  }
}
