package org.vgg4j.cli;

import java.io.PrintWriter;
import picocli.CommandLine.Option;

/** The option that turns off progress and hints. */
final class QuietOption {
  /** Its long name. */
  static final String NAME = "--quiet";

  /** Where the log looks for the level of our classes when they first write to it. */
  private static final String LOG_LEVEL = "org.slf4j.simpleLogger.log.org.vgg4j";

  private boolean quiet;

  @Option(
      names = {"-q", NAME},
      description = "print results and warnings only: no progress, no hints")
  void set(boolean chosen) {
    quiet = chosen;
    if (chosen) {
      System.setProperty(LOG_LEVEL, "warn");
    }
  }

  boolean isQuiet() {
    return quiet;
  }

  /** A line that shows progress, or does not. */
  ProgressLine line(PrintWriter err) {
    return new ProgressLine(err, quiet);
  }
}
