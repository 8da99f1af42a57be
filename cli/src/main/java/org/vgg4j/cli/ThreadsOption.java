package org.vgg4j.cli;

import picocli.CommandLine.Option;

/** The option {@code --threads} of the commands that compute. */
final class ThreadsOption {
  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "number of threads, which changes no result (default: all processors)")
  private int count = Runtime.getRuntime().availableProcessors();

  /** How many; whoever starts them checks the number. */
  int count() {
    return count;
  }
}
