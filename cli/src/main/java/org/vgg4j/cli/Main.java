package org.vgg4j.cli;

import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.base.Version;
import org.vgg4j.network.Engines;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The command {@code vgg}. */
@Command(
    name = "vgg",
    description = "Very deep convolutional networks (VGG) on the JVM: train, evaluate, use.",
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    versionProvider = Main.VersionProvider.class)
public final class Main implements Runnable {
  private static final List<Class<?>> COMMANDS =
      List.of(
          TrainCommand.class,
          ReportCommand.class,
          FinetuneCommand.class,
          SweepCommand.class,
          LocalizeCommand.class,
          EvaluateCommand.class,
          CalibrateCommand.class,
          EmbedCommand.class,
          SvmCommand.class,
          IndexCommand.class,
          SearchCommand.class,
          ClassifyCommand.class,
          HeatmapCommand.class,
          ServeCommand.class,
          SummaryCommand.class,
          BenchCommand.class,
          PlanCommand.class,
          ReproduceCommand.class,
          ImportCommand.class,
          ExportCommand.class,
          ModelsCommand.class,
          DataCommand.class,
          DoctorCommand.class);

  /** Commands that people wait for until the first image is done. */
  private static final Set<String> WARMED_UP = Set.of("classify", "serve");

  @Spec private CommandSpec spec;

  /** Runs the command and ends the process with its exit code. */
  public static void main(String[] args) {
    // numbers in files, addresses and messages have the digits 0 to 9, whatever the user's language
    Locale.setDefault(Locale.Category.FORMAT, Locale.ROOT);
    StandardOutput results = StandardOutput.open();
    PrintWriter out = writer(results);
    PrintWriter err = writer(System.err);
    // if a thread died silently, the process could wait for it for ever
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, failure) -> Runtime.getRuntime().halt(Failures.show(failure, err)));
    if (args.length > 0 && WARMED_UP.contains(args[0])) {
      Engines.warmUp();
    }
    int exitCode = run(args, out, err);
    out.flush();
    System.exit(results.exitCode(exitCode, err));
  }

  private static PrintWriter writer(OutputStream stream) {
    return new PrintWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8), true);
  }

  /**
   * Runs the command.
   *
   * @param out where results go
   * @param err where errors go
   * @return the exit code
   */
  static int run(String[] typed, PrintWriter out, PrintWriter err) {
    CommandLine commandLine = commandLine(typed);
    String[] args = asOptions(typed, commandLine);
    commandLine.setOut(out).setErr(err);
    commandLine.setUsageHelpAutoWidth(true);
    commandLine.setParameterExceptionHandler(new UsageErrors());
    commandLine.setExecutionStrategy(Main::execute);
    Values.register(commandLine);
    commandLine.setExecutionExceptionHandler(
        (failure, command, parsed) -> Failures.show(failure, command.getErr()));
    try {
      commandLine.parseArgs(args); // mistakes are reported before any file is read
    } catch (ParameterException e) {
      return new UsageErrors().handleParseException(e, args);
    }
    try {
      CommandLine command = typed(commandLine, args);
      if (isHelp(commandLine.getParseResult())) {
        // needs no file
      } else if (command != null
          && command.getCommand() instanceof TrainCommand
          && RankOptions.follows()) {
        // rank 0 has read the files that hold options
      } else if (command != null && command.getCommand() instanceof FinetuneCommand) {
        FinetuneCommand.applyDefaults(command, args);
      } else if (command != null && command.getCommand() instanceof LocalizeTrainCommand) {
        LocalizeTrainCommand.applyDefaults(command, args);
      } else if (command != null && command.getCommand() instanceof TrainCommand) {
        YamlOptions.apply(command, args);
      }
      return commandLine.execute(args);
    } catch (RuntimeException | Error e) {
      return Failures.show(e, err);
    }
  }

  /** With all commands; with one alone where the first word names it, since each takes its time. */
  static CommandLine commandLine(String... typed) {
    CommandLine root = new CommandLine(new Main());
    String first = typed.length == 0 ? "" : typed[0];
    List<Class<?>> named =
        COMMANDS.stream()
            .filter(command -> command.getAnnotation(Command.class).name().equals(first))
            .toList();
    (named.isEmpty() ? COMMANDS : named).forEach(root::addSubcommand);
    return root;
  }

  /** The command that the first words name; null if none. */
  private static @Nullable CommandLine typed(CommandLine root, String[] args) {
    CommandLine command = null;
    CommandLine at = root;
    for (String word : args) {
      at = at.getSubcommands().get(word);
      if (at == null) {
        break;
      }
      command = at;
    }
    return command;
  }

  /** {@code help COMMAND} and {@code version}, as the options they are. */
  private static String[] asOptions(String[] typed, CommandLine commandLine) {
    if (typed.length == 1 && typed[0].equals("version")) {
      return new String[] {"--version"};
    }
    if (typed.length == 0 || !typed[0].equals("help")) {
      return typed;
    }
    List<String> args = new ArrayList<>(List.of(typed).subList(1, typed.length));
    if (args.isEmpty() || commandLine.getSubcommands().containsKey(args.get(0))) {
      args.add("--help"); // for an unknown word, the general help
    }
    return args.toArray(String[]::new);
  }

  private static boolean isHelp(ParseResult parsed) {
    return parsed.asCommandLineList().stream()
        .anyMatch(line -> line.isUsageHelpRequested() || line.isVersionHelpRequested());
  }

  /** Checks what commands have in common, and runs the one that was typed. */
  private static int execute(ParseResult parsed) {
    List<CommandLine> typed = parsed.asCommandLineList();
    CommandLine command = typed.get(typed.size() - 1);
    if (isHelp(parsed)) {
      if (command.getCommand() instanceof TrainCommand training) {
        command.setDefaultValueProvider(training.helpDefaults());
      }
    } else {
      Values.requireSome(command.getParseResult());
      if (!RankOptions.follows()) { // one process of a group writes
        try {
          Outputs.check(command.getCommandSpec());
        } catch (InputException e) {
          return Failures.show(e, command.getErr());
        }
      }
    }
    return new CommandLine.RunLast().execute(parsed);
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }

  static final class VersionProvider implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"vgg4j " + Version.get()};
    }
  }
}
