package org.vgg4j.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code vgg localize}. */
@Command(
    name = "localize",
    description = "Finds where in an image its object is (the paper, appendix A).",
    subcommands = {LocalizeTrainCommand.class, LocalizeEvaluateCommand.class})
final class LocalizeCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing: train");
  }
}
