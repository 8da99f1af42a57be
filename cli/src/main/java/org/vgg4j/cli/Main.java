package org.vgg4j.cli;

import java.io.FileNotFoundException;
import java.io.FileOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.vgg4j.base.Version;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The command {@code vgg}. */
@Command(
    name = "vgg",
    description = "Very deep convolutional networks (VGG) on the JVM: train, evaluate, use.",
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    versionProvider = Main.VersionProvider.class,
    subcommands = {
      TrainCommand.class,
      ReportCommand.class,
      FinetuneCommand.class,
      EvaluateCommand.class,
      ClassifyCommand.class,
      HeatmapCommand.class,
      SummaryCommand.class,
      BenchCommand.class,
      PlanCommand.class,
      ReproduceCommand.class,
      ImportCommand.class,
      ExportCommand.class,
      ModelsCommand.class,
      DataCommand.class,
      DoctorCommand.class
    })
public final class Main implements Runnable {
  @Spec private CommandSpec spec;

  /** Runs the command and ends the process with its exit code. */
  public static void main(String[] args) {
    PrintWriter err = writer(System.err);
    // a thread that ends silently could let the process wait for it without end
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, failure) -> Runtime.getRuntime().halt(Failures.show(failure, err)));
    System.exit(run(args, writer(standardOutput()), err));
  }

  /**
   * Where results go. A native library that several processes need prints to standard output by
   * itself; so the launcher lets that go to standard error, and keeps the real one under another
   * number.
   */
  private static PrintStream standardOutput() {
    String number = System.getProperty("vgg.stdout");
    if (number == null) {
      return System.out;
    }
    try {
      FileOutputStream real = new FileOutputStream("/dev/fd/" + number, true);
      return new PrintStream(real, true, StandardCharsets.UTF_8);
    } catch (FileNotFoundException e) {
      return System.out; // with some lines more than wanted
    }
  }

  private static PrintWriter writer(PrintStream stream) {
    return new PrintWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8), true);
  }

  /**
   * Runs the command.
   *
   * @param out where results go
   * @param err where complaints go
   * @return the exit code
   */
  static int run(String[] args, PrintWriter out, PrintWriter err) {
    CommandLine commandLine = new CommandLine(new Main());
    commandLine.setOut(out).setErr(err);
    commandLine.setCaseInsensitiveEnumValuesAllowed(true);
    commandLine.setUsageHelpAutoWidth(true);
    commandLine.setExecutionExceptionHandler(
        (failure, command, parsed) -> Failures.show(failure, command.getErr()));
    try {
      CommandLine command = args.length > 0 ? commandLine.getSubcommands().get(args[0]) : null;
      if (command != null
          && command.getCommand() instanceof TrainCommand
          && RankOptions.follows()) {
        // what files say of options, the process that leads has read
      } else if (command != null && command.getCommand() instanceof FinetuneCommand) {
        FinetuneCommand.applyDefaults(command, args);
      } else if (command != null && command.getCommand() instanceof TrainCommand) {
        YamlOptions.apply(command, args);
      }
      return commandLine.execute(args);
    } catch (RuntimeException | Error e) {
      return Failures.show(e, err);
    }
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
