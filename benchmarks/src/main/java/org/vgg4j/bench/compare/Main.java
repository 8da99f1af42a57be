package org.vgg4j.bench.compare;

import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.base.Version;
import org.vgg4j.base.VggException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code benchmarks/compare}. */
@Command(
    name = "benchmarks/compare",
    description =
        "Measures whole networks on vgg4j and on other engines, each in its own process, with the"
            + " same weights and images, taking turns.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.VersionProvider.class)
final class Main implements Runnable {
  private static final double TURN_SECONDS = 1;
  private static final double PAUSE_SECONDS = 0.2;
  private static final int WARM_UP_RUNS = 2;
  private static final double WARM_UP_SECONDS = 5;

  @Spec private CommandSpec spec;

  @Option(
      names = "--engines",
      paramLabel = "NAME",
      split = ",",
      description =
          "vgg4j, libtorch, libtorch-channels-last, libtorch-bf16, onnxruntime (default: all); the"
              + " others are compared with the first")
  private List<String> engines = names(EngineSpec.ALL, EngineSpec::name);

  @Option(
      names = "--workloads",
      paramLabel = "NAME",
      split = ",",
      description = "inference-1, inference-16, training-16, small-256 (default: all)")
  private List<String> workloads = names(Workload.ALL, Workload::name);

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "5",
      description = "turns of each engine (default: ${DEFAULT-VALUE})")
  private int rounds;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "number of threads of each engine (default: all processors)")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Option(names = "--json", paramLabel = "FILE", description = "also write the results as JSON")
  private @Nullable Path json;

  @Option(names = "--chart", paramLabel = "FILE", description = "also draw the results, as PNG")
  private @Nullable Path chart;

  @Option(
      names = "--from",
      paramLabel = "FILE",
      split = ",",
      description = "measure nothing: use the results that --json wrote to these files")
  private List<Path> from = List.of();

  /** Runs the command and ends the process with its exit code. */
  public static void main(String[] args) {
    System.exit(run(args, writer(System.out), writer(System.err)));
  }

  private static PrintWriter writer(PrintStream stream) {
    return new PrintWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8), true);
  }

  /**
   * Runs the command.
   *
   * @param out receives results
   * @param err receives progress and errors
   * @return the exit code: 0, 1 if it failed, 2 if the command line cannot be understood
   */
  static int run(String[] args, PrintWriter out, PrintWriter err) {
    CommandLine commandLine = new CommandLine(new Main());
    commandLine.setOut(out).setErr(err);
    commandLine.setUsageHelpAutoWidth(true);
    commandLine.setExecutionExceptionHandler(
        (failure, command, parsed) -> {
          if (failure instanceof VggException) {
            err.println("compare: " + failure.getMessage());
            return CommandLine.ExitCode.SOFTWARE;
          }
          throw failure; // a bug of ours: picocli prints its stack trace and exits 1
        });
    return commandLine.execute(args);
  }

  @Override
  public void run() {
    requireWritable(json);
    requireWritable(chart);
    List<Result> results = from.isEmpty() ? measure() : read();
    PrintWriter out = spec.commandLine().getOut();
    results.forEach(result -> out.println(Table.of(result)));
    if (json != null) {
      new ResultFile(results).write(json);
    }
    if (chart != null) {
      Chart.write(chart, results);
    }
  }

  /** Reported before ten minutes of measuring rather than after. */
  private static void requireWritable(@Nullable Path file) {
    if (file == null) {
      return;
    }
    Path folder = file.toAbsolutePath().getParent();
    if (Files.isDirectory(file) || folder == null || !Files.isWritable(folder)) {
      throw new InputException("cannot write " + file + ": give a file in a folder that exists");
    }
  }

  private List<Result> read() {
    List<Result> results = new ArrayList<>();
    from.forEach(file -> results.addAll(ResultFile.read(file).results()));
    return results;
  }

  private List<Result> measure() {
    List<EngineSpec> chosen = choose("engine", engines, EngineSpec.ALL, EngineSpec::name);
    List<Workload> work = choose("workload", workloads, Workload.ALL, Workload::name);
    if (rounds < 1 || threads < 1) {
      throw new InputException("options rounds and threads must be at least 1");
    }
    PrintWriter err = spec.commandLine().getErr();
    Comparison.Pace pace =
        new Comparison.Pace(rounds, TURN_SECONDS, PAUSE_SECONDS, WARM_UP_RUNS, WARM_UP_SECONDS);
    List<Result> results = new ArrayList<>();
    try (Comparison comparison = new Comparison(threads, pace, err::println)) {
      for (Workload workload : work) {
        List<EngineSpec> able =
            chosen.stream().filter(engine -> engine.trains() || !workload.trains()).toList();
        if (able.isEmpty()) {
          throw new InputException(
              "none of these engines can do "
                  + workload.name()
                  + ": "
                  + String.join(", ", engines));
        }
        results.add(comparison.run(workload, able));
      }
    }
    return results;
  }

  private <T> List<T> choose(
      String what, List<String> wanted, List<T> known, Function<T, String> name) {
    List<T> chosen = new ArrayList<>();
    for (String one : wanted) {
      chosen.add(
          known.stream()
              .filter(candidate -> name.apply(candidate).equals(one))
              .findFirst()
              .orElseThrow(
                  () ->
                      new ParameterException(
                          spec.commandLine(),
                          String.format(
                              "there is no %s '%s': choose from %s",
                              what, one, String.join(", ", names(known, name))))));
    }
    return chosen;
  }

  private static <T> List<String> names(List<T> all, Function<T, String> name) {
    return all.stream().map(name).collect(Collectors.toList());
  }

  static final class VersionProvider implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"vgg4j " + Version.get()};
    }
  }
}
