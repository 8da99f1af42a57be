package org.vgg4j.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Reports a command line that is not understood: what is wrong, what may have been meant, and where
 * to find all options, a line each.
 */
final class UsageErrors implements IParameterExceptionHandler {
  @Override
  public int handleParseException(ParameterException failure, String[] args) {
    CommandLine command = failure.getCommandLine();
    PrintWriter err = command.getErr();
    if (args.length == 0) {
      err.println("vgg: " + failure.getMessage());
      command.usage(err);
      return ExitCode.USAGE;
    }
    String word = unmatched(failure, command, args);
    err.println("vgg: " + (word == null ? sentence(failure) : unknown(command, word)));
    String meant = word == null ? null : meant(command, word);
    if (meant != null) {
      err.println("Did you mean " + meant + "?");
    }
    err.println(
        "See "
            + Hint.command((words(command.getCommandSpec()) + " --help").strip())
            + " for "
            + (command.getSubcommands().isEmpty() ? "all options." : "all commands."));
    return ExitCode.USAGE;
  }

  /**
   * The first word that belongs to nothing; null if there is none. Where an option is missing,
   * picocli does not look for such words, though one may be the missing option, mistyped.
   */
  private static @Nullable String unmatched(
      ParameterException failure, CommandLine command, String[] args) {
    if (failure instanceof UnmatchedArgumentException one) {
      return one.getUnmatched().isEmpty() ? null : one.getUnmatched().get(0);
    }
    if (failure instanceof MissingParameterException) {
      Set<String> options = command.getCommandSpec().optionsMap().keySet();
      Set<String> opposites = command.getCommandSpec().negatedOptionsMap().keySet();
      for (String word : args) {
        String name = word.replaceFirst("=.*", "");
        if (name.equals("--")) {
          return null;
        }
        if (name.startsWith("--") && !options.contains(name) && !opposites.contains(name)) {
          return name;
        }
      }
    }
    return null;
  }

  private static String unknown(CommandLine command, String word) {
    if (word.startsWith("-") && word.length() > 1) {
      return "unknown option '%s'".formatted(word);
    }
    if (!command.getSubcommands().isEmpty()) {
      return "unknown command '%s'"
          .formatted((words(command.getCommandSpec()) + " " + word).strip());
    }
    return "'%s' belongs to no option, and %s takes %s"
        .formatted(
            word,
            words(command.getCommandSpec()),
            command.getCommandSpec().positionalParameters().isEmpty() ? "nothing else" : "no more");
  }

  private static @Nullable String meant(CommandLine command, String word) {
    List<String> options = new ArrayList<>(command.getCommandSpec().optionsMap().keySet());
    if (word.startsWith("-")) {
      return Spelling.option(word, options);
    }
    if (!command.getSubcommands().isEmpty()) {
      String meant = Spelling.command(word, command.getSubcommands().keySet());
      String above = command.getParent() == null ? "" : words(command.getCommandSpec()) + " ";
      return meant == null || meant.startsWith(above) ? meant : above + meant;
    }
    if (options.contains("--" + word)) {
      return "--" + word;
    }
    boolean data =
        options.contains("--data") && !command.getParseResult().hasMatchedOption("--data");
    return data ? "--data " + Hint.quoted(word) : null;
  }

  /** picocli's sentence, with a small first letter as ours. */
  private static String sentence(ParameterException failure) {
    String message = String.valueOf(failure.getMessage());
    boolean sentence = message.matches("[A-Z][a-z](?s:.*)"); // not DATA or IMAGE
    return sentence ? Character.toLowerCase(message.charAt(0)) + message.substring(1) : message;
  }

  /** The command without {@code vgg}: {@code data inspect}. */
  private static String words(CommandSpec command) {
    String name = command.qualifiedName(" ");
    return name.contains(" ") ? name.substring(name.indexOf(' ') + 1) : "";
  }
}
