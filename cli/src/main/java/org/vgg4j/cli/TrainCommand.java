package org.vgg4j.cli;

import java.io.PrintWriter;
import java.io.Writer;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.parallel.ProcessGroup;
import org.vgg4j.report.MlflowListener;
import org.vgg4j.report.RunReport;
import org.vgg4j.report.TensorBoardListener;
import org.vgg4j.train.RunFolder;
import org.vgg4j.train.RunLock;
import org.vgg4j.train.RunMessages;
import org.vgg4j.train.Trainer;
import org.vgg4j.train.TrainingConfig;
import org.vgg4j.train.TrainingListener;
import org.vgg4j.train.TrainingResult;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code vgg train}. */
@Command(
    name = "train",
    description = {
      "Trains a network and leaves a run folder.",
      "Without options: net A at a quarter of its width on 6,000 small images of clothes."
    },
    sortOptions = false,
    defaultValueProvider = TrainingDefaults.class)
class TrainCommand implements Callable<Integer> {
  /** The option that prints the result for programs. */
  static final String JSON = "--json";

  /** Options that may change when a run is resumed. */
  private static final Set<String> MAY_CHANGE =
      Set.of(
          YamlOptions.RESUME,
          "--threads",
          DeviceOption.NAME,
          "--precision",
          "--checkpoint-every",
          UnreadableOption.NAME,
          RankOptions.NPROC,
          RankOptions.TIMEOUT,
          QuietOption.NAME,
          JSON);

  private static final String STAGES = "stages";
  private static final PrintWriter NOWHERE = new PrintWriter(Writer.nullWriter());

  @Spec private CommandSpec spec;

  @SuppressWarnings("UnusedVariable") // YamlOptions reads the file before the options are parsed
  @Option(
      names = YamlOptions.CONFIG,
      paramLabel = "FILE",
      description =
          "a YAML file with any of these options, such as a run's config.yaml; the command line"
              + " wins")
  private @Nullable Path config;

  @Mixin private final TrainingOptions options = new TrainingOptions();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "the run folder (default: runs/DATA-ARCH-NUMBER)")
  @Writes(Writes.Kind.FOLDER)
  private @Nullable Path out;

  @Option(
      names = YamlOptions.RESUME,
      paramLabel = "RUN",
      description =
          "resume the run in that folder from its last checkpoint; all options are its own, except"
              + " for --threads, --device, --precision, --checkpoint-every, --max-unreadable,"
              + " --nproc, --timeout, --quiet and --json; --batch auto stays what was chosen")
  @Writes(Writes.Kind.FOLDER)
  private @Nullable Path resume;

  @Option(
      names = YamlOptions.RECIPE,
      paramLabel = "FILE",
      description =
          "a YAML file with several runs, each in a folder of --out; the same command again resumes"
              + " where it was stopped")
  private @Nullable Path recipe;

  @Option(
      names = YamlOptions.DRY_RUN,
      description =
          "only try the run or recipe: open the data, plan the memory, decode images, do one step,"
              + " predict the time; leaves nothing behind but the index of an archive; for one"
              + " process, so not with --nproc")
  private boolean dryRun;

  @Option(
      names = YamlOptions.FIND_RATE,
      paramLabel = "N",
      arity = "0..1",
      fallbackValue = "200",
      description =
          "only find a learning rate: train for N steps (200 if not given) while the rate grows"
              + " from 0.00001 to 10; writes the curve to rates.csv and rates.html in --out"
              + " (default: runs/DATA-ARCH-rates-NUMBER) and keeps nothing of the network")
  private @Nullable Integer findRate;

  @Option(
      names = JSON,
      description = Texts.JSON + " at the end; all other output goes to standard error")
  private boolean json;

  @Mixin private final QuietOption quiet = new QuietOption();

  @Mixin private final RankOptions ranks = new RankOptions();

  /** This process's group while {@link #call} runs. */
  private ProcessGroup group = ProcessGroup.alone();

  /** The defaults that the command's help states. */
  HelpDefaults helpDefaults() {
    return HelpDefaults.of(TrainingConfig.DEFAULTS);
  }

  /** The configuration that the options make. */
  TrainingConfig trainingConfig() {
    return options.config();
  }

  @Override
  public Integer call() {
    if (dryRun || findRate != null) {
      ranks.requirePossible();
      if (ranks.areSeveral()) {
        throw new ParameterException(
            spec.commandLine(),
            "%s tries one process, and says nothing of several: leave out --nproc, or unset WORLD_SIZE"
                .formatted(dryRun ? "--dry-run" : "--find-rate"));
      }
      return lead();
    }
    if (ranks.processes() > 1 && !severalRuns()) {
      requireOrder(); // finds mistakes before processes are started
    }
    return ranks.run(
        spec,
        joined -> {
          group = joined;
          return group.leads() ? lead() : follow();
        });
  }

  private void requireOrder() {
    TrainingConfig config = options.config();
    Path folder = resume != null ? RunFolder.existing(resume).path() : out;
    if (folder != null) {
      RunLock.requireFree(folder);
    }
    // rank 0 says what it computes with
    System.setProperty("org.slf4j.simpleLogger.log.org.vgg4j.kernels.KernelLookup", "warn");
    System.setProperty("org.slf4j.simpleLogger.log.org.vgg4j.network.Engines", "warn");
    ranks.requireMemory(Trainer.heapOfRank(config, ranks.processes(), ranks.heapOfEach()));
  }

  private int lead() {
    try (StopSignal stop = StopSignal.install(spec.commandLine().getErr())) {
      int exitCode = work(stop);
      new RunMessages(group).end();
      return exitCode;
    }
  }

  /** The run folder, or that of several; null: the default. */
  final @Nullable Path out() {
    return out;
  }

  /** Whether runs are only tried. */
  final boolean isDryRun() {
    return dryRun;
  }

  /** Whether several processes train. */
  final boolean isGroup() {
    return group.size() > 1;
  }

  /** Whether the runs and their options are in a file of their own. */
  boolean severalRuns() {
    return recipe != null;
  }

  /** Does what the command is for, as rank 0; returns the exit code. */
  int work(StopSignal stop) {
    if (findRate != null) {
      return findRate(findRate, stop);
    }
    return recipe != null ? runRecipe(recipe, stop) : runOnce(stop);
  }

  private int findRate(int steps, StopSignal stop) {
    if (dryRun || resume != null || recipe != null) {
      throw new ParameterException(
          spec.commandLine(),
          "--find-rate is for the options of one run: leave out --dry-run, --resume and --recipe");
    }
    TrainingConfig tried = options.config();
    RateFinder finder =
        new RateFinder(terminal(), progress(), quiet.line(spec.commandLine().getErr()));
    Path folder = out != null ? out : defaultFolder("-rates");
    printJson(finder.run(tried, steps, folder, stop));
    return finder.wasStopped() ? stop.exitCode() : 0;
  }

  /** Takes part in whatever rank 0 trains, with rank 0's options. */
  private int follow() {
    RunMessages messages = new RunMessages(group);
    try (StopSignal stop = StopSignal.install(NOWHERE)) {
      for (Map<String, Object> told = messages.awaitOptions();
          told != null;
          told = messages.awaitOptions()) {
        TrainingConfig ofRank0 = TrainingConfig.builder(told).build();
        TrainingConfig config =
            ofRank0.toBuilder()
                .threads(options.threads())
                .device(options.device().in(ofRank0.device().precision()))
                .build();
        Trainer.follow(config, group, Listeners.of(), stop::requested);
      }
      return 0; // rank 0 reports how the run ended
    }
  }

  private int runOnce(StopSignal stop) {
    if (resume == null) {
      TrainingConfig config = options.config();
      options.withoutEffect(config).forEach(spec.commandLine().getErr()::println);
      if (dryRun) {
        DryRunPrinter printer = new DryRunPrinter(terminal());
        printer.run(config, null, Set.of());
        printer.end();
        printJson(printer.results().get(0));
        return 0;
      }
      Path folder = out != null ? out : defaultFolder("");
      int exitCode = run(config, folder, false, "--resume " + Hint.quoted(folder), stop);
      printJson(RunResult.of(new RunFolder(folder)));
      return exitCode;
    }
    requireNothingElseThanResume();
    RunFolder folder = RunFolder.existing(resume);
    if (folder.isFinished()) {
      terminal()
          .println("The run in " + resume + " is finished; its best model: " + folder.bestModel());
      printJson(RunResult.of(folder));
      return 0;
    }
    int exitCode = run(options.config(), resume, true, "--resume " + Hint.quoted(resume), stop);
    printJson(RunResult.of(folder));
    return exitCode;
  }

  private int runRecipe(Path file, StopSignal stop) {
    Path folderOfAll = out != null || !dryRun ? out : Path.of("runs");
    if (folderOfAll == null || resume != null) {
      throw new ParameterException(
          spec.commandLine(), "--recipe needs --out DIR, and goes on by itself without --resume");
    }
    List<Recipe.Stage> stages = Recipe.read(file, folderOfAll).stages();
    for (Recipe.Stage stage : stages) {
      TrainingConfig unused = ofStage(stage); // finds all mistakes before hours are spent
    }
    if (dryRun) {
      DryRunPrinter printer = new DryRunPrinter(terminal());
      Set<Path> toCome = new HashSet<>();
      for (Recipe.Stage stage : stages) {
        RunFolder folder = new RunFolder(folderOfAll.resolve(stage.name()));
        if (!folder.isFinished()) {
          printer.run(ofStage(stage), stage.name(), toCome);
        }
        toCome.add(folder.bestModel());
      }
      printer.end();
      printJson(Map.of(STAGES, printer.results()));
      return 0;
    }
    int exitCode = runStages(file, folderOfAll, stages, stop);
    List<Map<String, Object>> results = new ArrayList<>();
    for (Recipe.Stage stage : stages) {
      RunFolder folder = new RunFolder(folderOfAll.resolve(stage.name()));
      if (Files.exists(folder.config())) {
        Map<String, Object> result = new LinkedHashMap<>(Map.of("stage", stage.name()));
        result.putAll(RunResult.of(folder));
        results.add(result);
      }
    }
    printJson(Map.of(STAGES, results));
    return exitCode;
  }

  private int runStages(Path file, Path folderOfAll, List<Recipe.Stage> stages, StopSignal stop) {
    for (Recipe.Stage stage : stages) {
      RunFolder folder = new RunFolder(folderOfAll.resolve(stage.name()));
      TrainingConfig config = ofStage(stage);
      if (AskedOptions.areKept(folder)) {
        AskedOptions.requireSame(folder, config, "stage " + stage.name() + " now", "precision");
      }
      if (folder.isFinished()) {
        progress().printf("Stage %s is finished: %s%n", stage.name(), folder.path());
        continue;
      }
      progress().printf("%nStage %s%n", stage.name());
      boolean begun = Files.exists(folder.config());
      if (!begun) {
        AskedOptions.write(folder, config);
      }
      String again = "--recipe " + Hint.quoted(file) + " --out " + Hint.quoted(folderOfAll);
      int exitCode = run(config, folder.path(), begun, again, stop);
      if (exitCode != 0) {
        return exitCode;
      }
    }
    return 0;
  }

  /**
   * Trains or resumes, and writes the report.
   *
   * @param again options that resume an interrupted run
   * @return the exit code: 0, or that of the signal that stopped it
   */
  int run(TrainingConfig config, Path folder, boolean begun, String again, StopSignal stop) {
    TrainingListener printer = new TrainingPrinter(terminal(), spec.commandLine().getErr(), quiet);
    MlflowListener mlflow = MlflowListener.of(System.getenv(), folder, printer::warned);
    TrainingListener listener = Listeners.of(printer, new TensorBoardListener(folder), mlflow);
    TrainingResult result;
    try {
      result =
          begun
              ? Trainer.resume(config, folder, group, listener, stop::requested, environment())
              : Trainer.train(config, folder, group, listener, stop::requested, environment());
    } catch (RuntimeException | Error e) {
      mlflow.failed();
      throw e;
    }
    mlflow.ended(result);
    if (result.steps() == 0 && result.interrupted()) {
      terminal().println("stopped before the first step");
      hintToGoOn(again);
      return stop.exitCode();
    }
    if (result.interrupted()) {
      terminal().println("stopped; the model so far: " + result.folder().lastModel());
      hintToGoOn(again);
      writeReport(result, config); // what was saved is kept even if this fails
      return stop.exitCode();
    }
    if (group.size() > 1 && !quiet.isQuiet()) {
      summary().traffic(result, group);
    }
    try {
      writeReport(result, config);
    } finally {
      summary().result(result, config); // even if the disk is full now
    }
    return 0;
  }

  /** This command's words after vgg, and a space. */
  private String name() {
    return spec.qualifiedName().replaceFirst("^vgg ", "") + " ";
  }

  private void hintToGoOn(String again) {
    progress().println("To go on: " + Hint.command(name() + again));
    terminal().flush();
  }

  /** Prints how a run ended. */
  TrainingSummary summary() {
    return new TrainingSummary(terminal(), quiet.isQuiet());
  }

  private void writeReport(TrainingResult result, TrainingConfig config) {
    ProgressLine line = quiet.line(spec.commandLine().getErr());
    ReportCommand.write(
        result.folder(), RunReport.Places.RECORDED, config.device(), config.threads(), line);
  }

  TrainingConfig ofStage(Recipe.Stage stage) {
    try {
      return options.config(YamlOptions.values(stage.place(), stage.options(), spec));
    } catch (InputException e) {
      String place = stage.place() + ": ";
      String message = String.valueOf(e.getMessage());
      throw message.startsWith(place) ? e : new InputException(place + message, e);
    }
  }

  /** Where users read: with --json, the result does not go there. */
  final PrintWriter terminal() {
    if (json && quiet.isQuiet()) {
      return NOWHERE;
    }
    return json ? spec.commandLine().getErr() : spec.commandLine().getOut();
  }

  /** Where progress and hints go, unless they are not wanted. */
  final PrintWriter progress() {
    return quiet.isQuiet() ? NOWHERE : terminal();
  }

  final void printJson(Map<String, Object> result) {
    if (json) {
      spec.commandLine().getOut().println(Json.of(result));
      spec.commandLine().getOut().flush();
    }
  }

  /** What a run does is settled when it begins. */
  private void requireNothingElseThanResume() {
    for (OptionSpec option : spec.commandLine().getParseResult().matchedOptions()) {
      String name = option.longestName();
      if (!MAY_CHANGE.contains(name) && !options.leavesOpen(name)) {
        throw new ParameterException(
            spec.commandLine(),
            "a resumed run keeps its options: leave out "
                + name
                + ", or start another run with vgg train --config "
                + resume
                + "/config.yaml --out DIR "
                + name
                + " ...");
      }
    }
  }

  private Path defaultFolder(String suffix) {
    Path last = Path.of(options.data()).toAbsolutePath().normalize().getFileName();
    String data = last == null ? "run" : last.toString();
    return RunFolder.claim(Path.of("runs"), data + "-" + options.arch() + suffix);
  }

  private Map<String, Object> environment() {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("command", spec.commandLine().getParseResult().originalArgs());
    facts.put("host", hostName());
    facts.put("java", Runtime.version().toString());
    facts.put("vm", System.getProperty("java.vm.name"));
    facts.put("processes", group.size());
    facts.put("processors", Runtime.getRuntime().availableProcessors());
    facts.put("started", Instant.now().toString());
    return facts;
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "unknown";
    }
  }
}
