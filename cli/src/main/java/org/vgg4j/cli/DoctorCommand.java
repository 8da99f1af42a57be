package org.vgg4j.cli;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.vgg4j.base.Version;
import org.vgg4j.network.Engine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code vgg doctor}. */
@Command(
    name = "doctor",
    description = "Says what vgg4j runs on: Java, kernels and why these, threads, memory.")
final class DoctorCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Option(names = "--json", description = Texts.JSON)
  private boolean json;

  @Override
  public void run() {
    Map<String, Object> facts = new LinkedHashMap<>();
    try (Engine engine = new Engine(Runtime.getRuntime().availableProcessors())) {
      facts.put("version", Version.get());
      facts.put(
          "java",
          Runtime.version()
              + " ("
              + System.getProperty("java.vm.name")
              + ", "
              + System.getProperty("java.home")
              + ")");
      facts.put(
          "system",
          System.getProperty("os.name")
              + " "
              + System.getProperty("os.version")
              + " "
              + System.getProperty("os.arch"));
      facts.put("kernels", engine.kernels());
      facts.put("kernelsUse", engine.kernelsDescription());
      facts.put("kernelsReason", engine.kernelsReason());
      facts.put("lanes", engine.kernelLanes());
      facts.put(
          "vectorModule",
          ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()
              ? "present"
              : "absent: add --add-modules jdk.incubator.vector");
      facts.put("threads", engine.threads());
    }
    Runtime runtime = Runtime.getRuntime();
    facts.put("heapLimitBytes", runtime.maxMemory());
    facts.put("heapUsedBytes", runtime.totalMemory() - runtime.freeMemory());
    facts.put("peakMemoryBytes", ProcessMemory.peak().orElse(-1));
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(Json.of(facts));
      return;
    }
    facts.forEach((name, value) -> out.printf("%-16s %s%n", name, readable(name, value)));
    out.flush();
  }

  private static String readable(String name, Object value) {
    if (name.endsWith("Bytes") && value instanceof Long bytes) {
      return bytes < 0 ? "unknown" : String.format(Locale.ROOT, "%,.0f MB", bytes / 1e6);
    }
    return String.valueOf(value);
  }
}
