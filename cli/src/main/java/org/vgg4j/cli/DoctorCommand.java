package org.vgg4j.cli;

import java.io.PrintWriter;
import java.lang.module.ModuleFinder;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.vgg4j.base.Version;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code vgg doctor}. */
@Command(
    name = "doctor",
    description = "Says what vgg4j runs on: Java, devices, kernels and why these, threads, memory.")
final class DoctorCommand implements Runnable {
  private static final String VECTOR_MODULE = "jdk.incubator.vector";

  @Spec private CommandSpec spec;

  @Mixin private final DeviceOption device = new DeviceOption();

  @Option(names = "--json", description = Texts.JSON)
  private boolean json;

  @Override
  public void run() {
    PrintWriter out = spec.commandLine().getOut();
    int threads = Runtime.getRuntime().availableProcessors();
    try (Engine engine = Engines.open(device.get(), threads)) {
      if (json) {
        out.println(Json.of(facts(engine)));
      } else {
        sentences(engine, out);
      }
    }
    out.flush();
  }

  private static Map<String, Object> facts(Engine engine) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("version", Version.get());
    facts.put(
        "java",
        Runtime.version()
            + " ("
            + System.getProperty("java.vm.name")
            + ", "
            + System.getProperty("java.home")
            + ")");
    facts.put("system", system());
    facts.put("device", engine.device().text());
    facts.put("devices", Engines.kinds());
    Engine.KernelSet kernels = engine.kernels();
    facts.put("kernels", kernels.name());
    facts.put("kernelsUse", kernels.description());
    facts.put("kernelsReason", kernels.reason());
    facts.put("lanes", kernels.lanes());
    facts.put("kernelsCompiler", kernels.compiler());
    facts.put("vectorModule", vectorModule());
    facts.put("threads", engine.hostThreads().count());
    Runtime runtime = Runtime.getRuntime();
    facts.put("heapLimitBytes", runtime.maxMemory());
    facts.put("heapUsedBytes", runtime.totalMemory() - runtime.freeMemory());
    facts.put("peakMemoryBytes", ProcessMemory.peak().orElse(-1));
    return facts;
  }

  /** The same for users: a line or two for each fact, with units. */
  private static void sentences(Engine engine, PrintWriter out) {
    say(out, "vgg4j", Version.get());
    say(out, "Java", Runtime.version() + ", " + System.getProperty("java.vm.name"));
    say(out, "", "in " + System.getProperty("java.home"));
    say(out, "system", system());
    say(out, "device", engine.device().text());
    Engines.kinds()
        .forEach(
            (kind, availability) ->
                say(
                    out,
                    "",
                    (availability.usable() ? kind + ": " : kind + " cannot be used: ")
                        + availability.reason()));
    Engine.KernelSet kernels = engine.kernels();
    say(out, "kernels", kernels.name() + ": " + kernels.description());
    if (kernels.lanes() > 1) {
      say(out, "", "computes with " + kernels.lanes() + " numbers at a time");
    }
    say(out, "", "chosen because " + kernels.reason());
    say(out, "", "the JIT compiler " + kernels.compiler());
    say(out, "module", VECTOR_MODULE + " is " + vectorModule());
    int threads = engine.hostThreads().count();
    say(
        out,
        "threads",
        threads + (threads == 1 ? ", for the only processor" : ", one for each processor"));
    Runtime runtime = Runtime.getRuntime();
    say(
        out,
        "memory",
        "the heap may take "
            + size(runtime.maxMemory())
            + " and holds "
            + size(runtime.totalMemory() - runtime.freeMemory()));
    ProcessMemory.peak()
        .ifPresent(peak -> say(out, "", "the whole process took " + size(peak) + " at its peak"));
  }

  private static String system() {
    return System.getProperty("os.name")
        + " "
        + System.getProperty("os.version")
        + " "
        + System.getProperty("os.arch");
  }

  private static String vectorModule() {
    if (ModuleLayer.boot().findModule(VECTOR_MODULE).isPresent()) {
      return "present";
    }
    return ModuleFinder.ofSystem().find(VECTOR_MODULE).isPresent()
        ? "absent: start Java with --add-modules " + VECTOR_MODULE
        : "absent: this Java was built without it; use a JDK, or rebuild the run-time image with"
            + " jlink --add-modules "
            + VECTOR_MODULE;
  }

  private static void say(PrintWriter out, String what, Object sentence) {
    out.printf("%-9s%s%n", what, sentence);
  }

  /** In decimal MB or GB, as elsewhere. */
  private static String size(long bytes) {
    return bytes < 1_000_000_000
        ? String.format(Locale.ROOT, "%,.0f MB", bytes / 1e6)
        : String.format(Locale.ROOT, "%,.1f GB", bytes / 1e9);
  }
}
