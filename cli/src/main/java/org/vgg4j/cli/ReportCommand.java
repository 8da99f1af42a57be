package org.vgg4j.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.vgg4j.network.Device;
import org.vgg4j.report.RunReport;
import org.vgg4j.train.RunFolder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code vgg report}. */
@Command(
    name = "report",
    description = {
      "Writes report.html into a run folder, as vgg train does at its end: learning curves, errors,"
          + " mistakes, filters."
    })
final class ReportCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "RUN", description = "a folder that vgg train made")
  @Writes(Writes.Kind.FOLDER)
  private Path run;

  @Option(
      names = "--data",
      paramLabel = "DATA",
      description = "where the run's data set is now (default: where it was)")
  private @Nullable String data;

  @Option(
      names = "--boxes",
      paramLabel = "FILE",
      description = "where the boxes of a run that learns them are now (default: where they were)")
  private @Nullable Path boxes;

  @Option(
      names = "--multi-label",
      paramLabel = "FILE",
      description =
          "where the file of labels of a run that learns several an image is now (default: where it"
              + " was)")
  private @Nullable String multiLabel;

  @Mixin private final DeviceOption device = new DeviceOption();

  @Mixin private final ThreadsOption threads = new ThreadsOption();

  @Mixin private final QuietOption quiet = new QuietOption();

  @Override
  public void run() {
    ProgressLine line = quiet.line(spec.commandLine().getErr());
    Path report =
        write(
            new RunFolder(run),
            new RunReport.Places(data, boxes, multiLabel),
            device.get(),
            threads.count(),
            line);
    spec.commandLine().getOut().println(report);
  }

  /** Writes the page and shows progress. */
  static Path write(
      RunFolder folder, RunReport.Places places, Device device, int threads, ProgressLine line) {
    Path report =
        RunReport.write(
            folder,
            places,
            device,
            threads,
            (done, of) -> line.show("report: measured " + done + " of " + of + " images"));
    line.clear();
    return report;
  }
}
