package org.vgg4j.bench.gpu;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.vgg4j.base.InputException;
import org.vgg4j.cuda.check.KernelTimings;
import org.vgg4j.cuda.driver.Context;
import org.vgg4j.cuda.driver.Device;
import org.vgg4j.cuda.driver.Driver;
import org.vgg4j.cuda.kernels.KernelLibrary;
import org.vgg4j.cuda.kernels.Precision;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command: prints tables, and as the last line all of it as JSON. */
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Checks vgg4j's GPU kernels against doubles and measures them.",
      "Ends with 1 if something is wrong. The last line is JSON."
    })
public final class Main implements Callable<Integer> {
  @Option(
      names = "--device",
      defaultValue = "0",
      paramLabel = "N",
      description = "Which GPU, from 0 on. Default: ${DEFAULT-VALUE}.")
  private int ordinal;

  @Option(
      names = "--tiny",
      description = "Measure tiny layers, as an emulator needs it; the figures mean nothing.")
  private boolean tiny;

  @Option(names = "--no-timings", description = "Only check.")
  private boolean noTimings;

  private final ObjectNode json = JsonNodeFactory.instance.objectNode();

  /** What {@code run} in the packed folder calls. */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Main()).execute(arguments));
  }

  @Override
  public Integer call() {
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
    if (!noTimings) {
      failed += measure(device);
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
    ArrayNode timings = json.putArray("timings");
    KernelTimings.Size size = tiny ? KernelTimings.Size.TINY : KernelTimings.Size.FULL;
    json.put("images", size.images());
    json.put("crop", size.crop());
    int failed = 0;
    for (Precision precision : Precision.values()) {
      failed += new TimingRun(device, precision, size).run(timings);
    }
    return failed;
  }
}
