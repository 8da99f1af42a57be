package org.vgg4j.cli;

import picocli.CommandLine.Option;

/** The option {@code --threads} of the commands that compute. */
final class ThreadsOption {
  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "number of threads; no result depends on it (default: all processors)")
  private int count = Runtime.getRuntime().availableProcessors();

  /** How many; the number is checked where they are started. */
  int count() {
    return count;
  }
}
