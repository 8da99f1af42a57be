package org.vgg4j.cuda.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import org.vgg4j.base.InputException;
import org.vgg4j.cuda.check.KernelTimings;
import org.vgg4j.cuda.driver.Context;
import org.vgg4j.cuda.driver.Device;
import org.vgg4j.cuda.driver.Driver;
import org.vgg4j.cuda.kernels.KernelLibrary;
import org.vgg4j.cuda.kernels.Precision;

/** The command {@code run}: prints tables, and then all of it as a line of JSON. */
public final class Main {
  private static final String USAGE =
      """
      usage: run [--emulator LIBRARY] [--device N] [--tiny] [--no-timings]
      Checks vgg4j's GPU kernels against doubles and whole steps against the CPU's, and measures them. Ends with 1 if something is wrong. Then comes a line of JSON, and in a folder made with --training the default training run.
        --emulator LIBRARY  use this instead of the NVIDIA driver, with --tiny; cuda/src/test/cpp/build makes it
        --device N          which GPU, from 0 on; 0 if not given
        --tiny              measure tiny layers, as an emulator needs it; the figures mean nothing
        --no-timings        only check\
      """;

  private final ObjectNode json = JsonNodeFactory.instance.objectNode();
  private int ordinal;
  private boolean tiny;
  private boolean timings = true;

  private Main() {}

  /** What {@code run} in the packed folder calls. */
  public static void main(String[] arguments) {
    Main main = new Main();
    try {
      main.read(List.of(arguments));
    } catch (IllegalArgumentException e) {
      System.err.println(USAGE);
      System.exit(2);
    }
    System.exit(main.run());
  }

  private void read(List<String> arguments) {
    for (Iterator<String> it = arguments.iterator(); it.hasNext(); ) {
      switch (it.next()) {
        case "--device" -> ordinal = Integer.parseInt(it.hasNext() ? it.next() : "");
        case "--tiny" -> tiny = true;
        case "--no-timings" -> timings = false;
        default -> throw new IllegalArgumentException();
      }
    }
  }

  private int run() {
    Device device;
    try {
      Driver driver = Driver.open();
      device = driver.device(ordinal);
      describe(driver, device);
    } catch (InputException e) {
      System.err.println("run: " + e.getMessage());
      return 1;
    }
    int failed = new DriverChecks(device).run(json.putObject("driver"));
    failed += assemble(device);
    failed += new CheckRun(device).run(json.putObject("checks"));
    ObjectNode networks = json.putObject("networks");
    failed += new NetworkRun(ordinal, tiny, networks).run();
    if (timings) {
      failed += measure(device);
      if (!tiny) {
        FirstPicture.measure(ordinal, json);
        new PyTorchRun(json.putObject("pytorch")).run(networks);
        System.out.println("\nOurs once more, after PyTorch's:");
        failed += new NetworkRun(ordinal, false, json.putObject("networksAgain")).measureAll();
      }
    }
    System.out.println();
    System.out.println(failed == 0 ? "All is well." : "WRONG: " + failed + ", see above.");
    json.put("failed", failed);
    System.out.println(json);
    return failed == 0 ? 0 : 1;
  }

  private void describe(Driver driver, Device device) {
    System.out.printf(
        Locale.ROOT,
        "%s, compute capability %d.%d, %d multiprocessors, %.1f GiB; driver for CUDA %s; Java %s%n",
        device,
        device.capability() / 10,
        device.capability() % 10,
        device.multiprocessors(),
        device.memory() / (double) (1L << 30),
        driver.cudaVersion(),
        Runtime.version());
    json.put("device", device.name());
    json.put("capability", device.capability());
    json.put("multiprocessors", device.multiprocessors());
    json.put("memory", device.memory());
    json.put("cuda", driver.cudaVersion());
    json.put("java", Runtime.version().toString());
  }

  /** How long the driver takes to assemble the PTX; its cache may have it already. */
  private int assemble(Device device) {
    System.out.println();
    try (Context context = Context.open(device);
        KernelLibrary library = new KernelLibrary(context)) {
      long start = System.nanoTime();
      library.assembleAll();
      double seconds = (System.nanoTime() - start) / 1e9;
      System.out.printf(Locale.ROOT, "All kernels assembled in %.2f s%n", seconds);
      json.put("assembleSeconds", seconds);
      return 0;
    } catch (RuntimeException e) {
      System.out.println("WRONG  the kernels are not assembled: " + e.getMessage());
      json.put("assembleError", e.getMessage());
      return 1;
    }
  }

  private int measure(Device device) {
    ArrayNode array = json.putArray("timings");
    KernelTimings.Size size = tiny ? KernelTimings.Size.TINY : KernelTimings.Size.FULL;
    json.put("images", size.images());
    json.put("crop", size.crop());
    int failed = 0;
    for (Precision precision : Precision.values()) {
      failed += new TimingRun(device, precision, size).run(array);
    }
    return failed;
  }
}
