package org.vgg4j.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.Version;
import org.vgg4j.experiment.reproduce.Reproducer;
import picocli.CommandLine.Model.CommandSpec;

/**
 * What the commands that reproduce tables have in common: a folder that belongs to their options, a
 * prediction, progress, a way to stop, and what stands above the tables.
 *
 * @param spec of the command
 * @param out the folder
 * @param options that the figures depend on, in words
 * @param threads number of threads
 * @param quick whether it is only a trial
 * @param quiet whether progress is wanted
 */
record ReproductionRun(
    CommandSpec spec, Path out, String options, int threads, boolean quick, QuietOption quiet) {

  /**
   * The work.
   *
   * @param predictSeconds how long all of it takes
   * @param run does it; gives null if it was asked to stop, and else what writes the tables, with
   *     the facts that stand above them
   */
  record Work(
      DoubleSupplier predictSeconds, Supplier<@Nullable Consumer<Map<String, String>>> run) {}

  /** Prepares the work, and finds whatever would keep it from starting. */
  interface Preparation {
    Work prepare(Reproducer.Listener listener, BooleanSupplier stopRequested);
  }

  /** Returns the exit code. */
  int call(Preparation preparation) {
    ReproductionFolder.requireSame(out, options);
    PrintWriter terminal = spec.commandLine().getOut();
    ProgressLine line = quiet.line(spec.commandLine().getErr());
    long began = System.nanoTime();
    try (StopSignal stop = StopSignal.install(spec.commandLine().getErr())) {
      Work work =
          preparation.prepare(
              new ReproductionProgress(terminal, line, quiet.isQuiet()), stop::requested);
      if (!quiet.isQuiet()) {
        terminal.printf(
            "All of it takes about %s on this machine, if nothing has been done yet.%n",
            Plan.time(work.predictSeconds().getAsDouble() / 86_400));
        terminal.flush();
      }
      ReproductionFolder.claim(out, options);
      Consumer<Map<String, String>> tables = work.run().get();
      line.clear();
      if (tables == null) {
        terminal.printf("stopped; the same command resumes it%n");
        return stop.exitCode();
      }
      tables.accept(facts((System.nanoTime() - began) / 1e9));
      terminal.printf(
          "%nThe tables: open %s in a browser; also tables.md, and a .csv for each.%n",
          out.resolve("tables.html"));
      return 0;
    }
  }

  private Map<String, String> facts(double seconds) {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put(
        "command",
        Hint.command(String.join(" ", spec.root().commandLine().getParseResult().originalArgs())));
    facts.put("options", options);
    facts.put("vgg4j", Version.get());
    facts.put("time", TrainingPrinter.duration(seconds) + " since the last start");
    facts.put("threads", Integer.toString(threads));
    if (quick) {
      facts.put("beware", "a quick trial: its figures mean nothing");
    }
    return facts;
  }
}
