package org.vgg4j.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.AbortedException;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.report.SweepTable;
import org.vgg4j.train.DivergedException;
import org.vgg4j.train.RunFolder;
import org.vgg4j.train.TrainingConfig;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code vgg sweep}: {@code vgg train} for each combination of values. */
@Command(
    name = "sweep",
    description = {
      "Trains a network with each combination of values, and compares them on the validation"
          + " images.",
      "FILE has options of vgg train, of which some have a list of values, such as lr: [0.01,"
          + " 0.03]. Each combination is a run in a folder of --out. The same command again resumes"
          + " where it was stopped. Options on the command line are those of all runs."
    },
    sortOptions = false)
final class SweepCommand extends TrainCommand {
  /** What a run that diverged leaves, so that it is not tried again. */
  private static final String FAILED = "failed.txt";

  private static final String DIVERGED = "diverged";

  private static final String TEST = "test";

  /** Options that decide which images a run is validated on. */
  private static final List<String> DECIDING =
      List.of("seed", "held-out", "limit", "data", "multi-label");

  @Spec private CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      description = "a YAML file whose values may be lists")
  private @Nullable Path file;

  @Override
  boolean severalRuns() {
    return true;
  }

  @Override
  int work(StopSignal stop) {
    Path from = file;
    Path folder = out();
    if (from == null || folder == null) {
      throw new ParameterException(spec.commandLine(), "vgg sweep needs FILE and --out DIR");
    }
    Sweep sweep = Sweep.read(from);
    requireOptions(sweep);
    List<TrainingConfig> configs = new ArrayList<>();
    Map<Map<String, Object>, String> names = new HashMap<>();
    for (Sweep.Run run : sweep.runs()) {
      TrainingConfig config = ofRun(run); // finds all mistakes before hours are spent
      String same = names.putIfAbsent(config.options(), run.stage().name());
      if (same != null) { // such as those of 0.01 and 1e-2
        throw new InputException(
            "%s: the runs %s and %s would be the same: leave out one of their values"
                .formatted(from, same, run.stage().name()));
      }
      AskedOptions.requireSame(
          new RunFolder(folder.resolve(run.stage().name())), config, "this sweep");
      configs.add(config);
    }
    if (isDryRun()) {
      DryRunPrinter printer = new DryRunPrinter(terminal());
      for (int i = 0; i < configs.size(); i++) {
        printer.run(configs.get(i), sweep.runs().get(i).stage().name(), Set.of());
      }
      printer.end();
      printJson(Map.of("runs", printer.results()));
      return 0;
    }
    return train(sweep, configs, folder, Hint.quoted(from) + " --out " + Hint.quoted(folder), stop);
  }

  /** One of several models is to be chosen, in which test images have no part unless asked for. */
  private TrainingConfig ofRun(Sweep.Run run) {
    TrainingConfig config = ofStage(run.stage());
    boolean typed = spec.commandLine().getParseResult().hasMatchedOption("--" + TEST);
    return typed || run.stage().options().has(TEST)
        ? config
        : config.toBuilder().test(false).build();
  }

  /** Of each run only what the sweep's table does not say, and not what to type next. */
  @Override
  TrainingSummary summary() {
    return new TrainingSummary(progress(), true);
  }

  private void requireOptions(Sweep sweep) {
    for (OptionSpec option : spec.commandLine().getParseResult().matchedOptions()) {
      String name = option.longestName();
      if (Set.of(YamlOptions.CONFIG, YamlOptions.RESUME, YamlOptions.RECIPE, YamlOptions.FIND_RATE)
          .contains(name)) {
        throw new ParameterException(
            spec.commandLine(),
            name + " is for vgg train; a sweep's options are in FILE, and it goes on by itself");
      }
      if (sweep.keys().contains(name.substring(2))) {
        throw new ParameterException(
            spec.commandLine(), "FILE has a list of values for " + name + ": leave it out");
      }
    }
  }

  private int train(
      Sweep sweep, List<TrainingConfig> configs, Path folder, String again, StopSignal stop) {
    for (int i = 0; i < configs.size(); i++) {
      RunFolder run = new RunFolder(folder.resolve(sweep.runs().get(i).stage().name()));
      String which = "Run %d of %d, %s".formatted(i + 1, configs.size(), run.path().getFileName());
      if (run.isFinished() || hasFailed(run)) {
        progress().printf("%s: %s%n", which, run.isFinished() ? "finished before" : DIVERGED);
        tellIfNotTested(configs.get(i), run);
        continue;
      }
      progress().printf("%n%s%n", which);
      int exitCode = trainOne(configs.get(i), run, again, stop);
      SweepTable unused = table(sweep, configs.get(i), folder);
      if (exitCode != 0) {
        return exitCode;
      }
    }
    SweepTable table = table(sweep, configs.get(0), folder);
    print(sweep, table, folder, configs.get(0));
    return 0;
  }

  private int trainOne(TrainingConfig config, RunFolder run, String again, StopSignal stop) {
    boolean begun = Files.exists(run.config());
    if (!begun) {
      AskedOptions.write(run, config);
    }
    try {
      return run(config, run.path(), begun, again, stop);
    } catch (AbortedException e) {
      if (isGroup() && !(e instanceof DivergedException)) {
        throw e; // perhaps a process is lost, which says nothing about the options
      }
      spec.commandLine().getErr().println("vgg: " + e.getMessage());
      AtomicFile.write(run.path().resolve(FAILED), e.getMessage() + "\n");
      return 0;
    }
  }

  /** A finished run is not measured later on. */
  private void tellIfNotTested(TrainingConfig config, RunFolder run) {
    if (config.test() && run.isFinished() && Boolean.FALSE.equals(run.options().get(TEST))) {
      spec.commandLine()
          .getErr()
          .println(
              "vgg: %s finished without option test: %s --split test measures it"
                  .formatted(run.path(), Hint.evaluate(config, run.bestModel())));
    }
  }

  private static boolean hasFailed(RunFolder run) {
    return Files.exists(run.path().resolve(FAILED));
  }

  /** Writes the table of the runs so far. */
  private static SweepTable table(Sweep sweep, TrainingConfig config, Path folder) {
    List<SweepTable.Run> runs = new ArrayList<>();
    for (Sweep.Run run : sweep.runs()) {
      RunFolder of = new RunFolder(folder.resolve(run.stage().name()));
      String state =
          hasFailed(of)
              ? DIVERGED
              : of.isFinished() ? "finished" : Files.exists(of.config()) ? "stopped" : "to come";
      runs.add(new SweepTable.Run(of, run.values(), state));
    }
    SweepTable table = SweepTable.of(runs, config.selection().watched(), config.task());
    table.write(folder);
    return table;
  }

  private void print(Sweep sweep, SweepTable table, Path folder, TrainingConfig config) {
    TextTable text = new TextTable().row(table.header().toArray());
    table.rows().forEach(row -> text.row(row.toArray()));
    String best = table.best();
    terminal()
        .printf(
            "%nValidation, the best by --select %s first (%s, %s):%n%n%s%n%s%n",
            config.selection().watched().label(),
            folder.resolve("sweep.csv"),
            folder.resolve("sweep.md"),
            text,
            best == null
                ? "No run has finished an epoch."
                : "The best: " + new RunFolder(folder.resolve(best)).bestModel());
    List<String> deciding = DECIDING.stream().filter(sweep.keys()::contains).toList();
    if (!deciding.isEmpty()) {
      spec.commandLine()
          .getErr()
          .printf(
              "vgg: where validation images are held out, or are those of other data, option %s decides which: differences between the runs are partly those of their images%n",
              String.join(", ", deciding));
    }
    if (best != null) {
      progress()
          .printf(
              "%nNext, on images that had no part in this:%n  %s --split test%n",
              Hint.evaluate(config, new RunFolder(folder.resolve(best)).bestModel()));
    }
    terminal().flush();
    Map<String, Object> result = new LinkedHashMap<>();
    List<Map<String, Object>> runs = new ArrayList<>();
    for (List<String> row : table.rows()) {
      RunFolder run = new RunFolder(folder.resolve(row.get(0)));
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("name", row.get(0));
      one.put("state", row.get(row.size() - 1));
      one.putAll(RunResult.of(run));
      one.keySet().removeIf(key -> key.startsWith("test")); // one is chosen among many
      runs.add(one);
    }
    result.put("best", best);
    result.put("runs", runs);
    printJson(result);
  }
}
