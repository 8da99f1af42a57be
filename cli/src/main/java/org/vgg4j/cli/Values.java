package org.vgg4j.cli;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.regex.Pattern;
import org.vgg4j.base.InputException;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.TypeConversionException;

/** Converts words of the command line to numbers and paths, and refuses those that are neither. */
final class Values {
  private static final Pattern WHOLE = Pattern.compile("[+-]?\\d+");
  private static final Pattern DECIMAL =
      Pattern.compile("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?");

  private Values() {}

  /** Gives a command, and those below it, our rules. */
  static CommandLine register(CommandLine line) {
    return line.setCaseInsensitiveEnumValuesAllowed(true)
        .registerConverter(Integer.class, Values::integer)
        .registerConverter(int.class, Values::integer)
        .registerConverter(Long.class, Values::longInteger)
        .registerConverter(long.class, Values::longInteger)
        .registerConverter(Double.class, Values::decimal)
        .registerConverter(double.class, Values::decimal)
        .registerConverter(Path.class, Values::path);
  }

  /**
   * Refuses options with an empty value, except those that are empty by default.
   *
   * @throws ParameterException if there is one
   */
  static void requireSome(ParseResult parsed) {
    for (ArgSpec arg : parsed.matchedArgs()) {
      boolean maybeNothing = "".equals(arg.defaultValue());
      boolean nothing =
          arg.originalStringValues().stream().anyMatch(String::isBlank)
              || (arg.getValue() instanceof Collection<?> several && several.isEmpty()); // of ","
      if (nothing && !maybeNothing) {
        String name = arg instanceof OptionSpec option ? option.longestName() : arg.paramLabel();
        throw new ParameterException(
            parsed.commandSpec().commandLine(), name + " is empty: give a value, or leave it out");
      }
    }
  }

  /**
   * Parses the number of an option that may be a word, too.
   *
   * @param allowed what else it may be
   * @throws InputException if it is no number
   */
  static int whole(String option, String word, String allowed) {
    try {
      return integer(word.strip());
    } catch (TypeConversionException e) {
      throw new InputException(
          "option %s is %s but must be a whole number %s".formatted(option, word, allowed), e);
    }
  }

  private static int integer(String word) {
    long value = longInteger(word);
    if (value != (int) value) {
      throw new TypeConversionException("'" + word + "' is too large");
    }
    return (int) value;
  }

  private static long longInteger(String word) {
    if (!WHOLE.matcher(word).matches()) {
      throw new TypeConversionException("'" + word + "' is not a whole number");
    }
    try {
      return Long.parseLong(word);
    } catch (NumberFormatException e) {
      throw new TypeConversionException("'" + word + "' is too large");
    }
  }

  private static double decimal(String word) {
    if (!DECIMAL.matcher(word).matches()) {
      throw new TypeConversionException("'" + word + "' is not a number such as 0.5 or 1e-3");
    }
    double value = Double.parseDouble(word);
    if (Double.isInfinite(value)) {
      throw new TypeConversionException("'" + word + "' is too large");
    }
    return value;
  }

  private static Path path(String word) {
    if (word.isBlank()) {
      throw new TypeConversionException("the path is empty");
    }
    try {
      return Path.of(word);
    } catch (InvalidPathException e) {
      throw new TypeConversionException("'" + word + "' is not a valid path");
    }
  }
}
