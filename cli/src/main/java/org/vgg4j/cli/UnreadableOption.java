package org.vgg4j.cli;

import org.vgg4j.data.UnreadableLimit;
import picocli.CommandLine.Option;

/** The option {@code --max-unreadable} of the commands that read a data set. */
final class UnreadableOption {
  static final String NAME = "--max-unreadable";

  @Option(
      names = NAME,
      paramLabel = "N",
      defaultValue = "auto",
      description =
          "pass over at most this many unreadable images of each part, or a share, such as 2%%;"
              + " with more the command does not begin (default: auto: 1%%, in small parts 3, but"
              + " no more than a tenth, or one)")
  private String limit;

  UnreadableLimit get() {
    return UnreadableLimit.of(limit);
  }
}
