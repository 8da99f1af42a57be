package org.vgg4j.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.train.RunFolder;
import picocli.CommandLine;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/**
 * Options from a YAML file, as defaults: what the command line says wins. A key is an option's long
 * name without its dashes; an unknown key is an error.
 */
final class YamlOptions implements IDefaultValueProvider {
  /** The option that names the file. */
  static final String CONFIG = "--config";

  /** The option that names a run folder, whose config.yaml is then the file. */
  static final String RESUME = "--resume";

  /** The option that names a file with several runs, see {@link Recipe}. */
  static final String RECIPE = "--recipe";

  /** Option that only tries a run. */
  static final String DRY_RUN = "--dry-run";

  private static final YAMLMapper YAML =
      YAMLMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private final Map<String, String> values;

  private YamlOptions(Map<String, String> values) {
    this.values = values;
  }

  /**
   * Gives the command the defaults of the file that its {@link #CONFIG} or {@link #RESUME} names,
   * if one is there.
   *
   * @param args the whole command line
   * @throws InputException if the file is missing, no YAML, or has an unknown key
   */
  static void apply(CommandLine command, String[] args) {
    apply(command, args, Map.of(), Set.of());
  }

  /**
   * Like {@link #apply(CommandLine, String[])}, over defaults of another origin.
   *
   * @param defaults by the options' names without dashes; what the file says wins
   * @param settled names of those over which the file does not win
   */
  static void apply(
      CommandLine command, String[] args, Map<String, Object> defaults, Set<String> settled) {
    Map<String, String> values = new LinkedHashMap<>();
    defaults.forEach((name, value) -> values.put("--" + name, String.valueOf(value)));
    Path file = file(args);
    if (file != null) {
      Map<String, String> ofFile =
          new LinkedHashMap<>(
              of(file.toString(), read(file, CONFIG), command.getCommandSpec()).values);
      settled.forEach(name -> ofFile.remove("--" + name));
      if (ofFile.containsKey("--scale-ratio")) {
        values.remove("--scale");
      }
      values.putAll(ofFile);
    }
    if (!values.isEmpty()) {
      command.setDefaultValueProvider(new YamlOptions(values));
    }
  }

  private static @Nullable Path file(String[] args) {
    String run = value(RESUME, args);
    if (run != null) {
      return RunFolder.existing(Path.of(run)).config();
    }
    String file = value(CONFIG, args);
    return file == null ? null : Path.of(file);
  }

  /** What the command line says for an option, before it is parsed; null if nothing. */
  static @Nullable String value(String option, String[] args) {
    for (int i = 0; i < args.length; i++) {
      if (args[i].startsWith(option + "=")) {
        return args[i].substring(option.length() + 1);
      }
      if (args[i].equals(option) && i + 1 < args.length) {
        return args[i + 1];
      }
    }
    return null;
  }

  /**
   * Understands an object of a YAML file as options.
   *
   * @param place what to call the object in an error, for example the file
   * @throws InputException if a key is unknown or a value is not a single one
   */
  static YamlOptions of(String place, JsonNode object, CommandSpec command) {
    if (!object.isObject()) {
      throw new InputException(place + " must hold lines like 'epochs: 20', one per option");
    }
    List<String> known = new ArrayList<>();
    for (OptionSpec option : command.options()) {
      if (!option.usageHelp() && !option.versionHelp()) {
        known.add(option.longestName().substring(2));
      }
    }
    Map<String, String> values = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      if (Recipe.isKey(field.getKey()) && !known.contains(field.getKey())) {
        throw new InputException(
            place
                + " is a recipe, of several runs: give it with "
                + RECIPE
                + " and a folder for all");
      }
      if (!known.contains(field.getKey()) || isAboutFiles(field.getKey())) {
        throw new InputException(
            String.format(
                "%s: unknown key '%s': the keys are the options of vgg %s without dashes, see vgg"
                    + " %s --help",
                place, field.getKey(), command.name(), command.name()));
      }
      if (!field.getValue().isValueNode() || field.getValue().isNull()) {
        throw new InputException(
            String.format("%s: key '%s' must have a single value", place, field.getKey()));
      }
      values.put("--" + field.getKey(), field.getValue().asText());
    }
    requireValues(place, command, values);
    return new YamlOptions(values);
  }

  /**
   * Reads a YAML file.
   *
   * @param option the option that named it
   * @throws InputException if the file is missing or no YAML
   */
  static JsonNode read(Path file, String option) {
    try {
      return YAML.readTree(Files.readString(file));
    } catch (JsonProcessingException e) {
      throw new InputException(
          file
              + " is not YAML: line "
              + e.getLocation().getLineNr()
              + ", "
              + e.getOriginalMessage(),
          e);
    } catch (IOException e) {
      throw new InputException(
          "cannot read "
              + file
              + ": "
              + AtomicFile.reason(e)
              + (Files.isDirectory(file) || e instanceof CharacterCodingException
                  ? "; " + option + " takes a YAML file"
                  : "")
              + " (option "
              + option.substring(2)
              + ")",
          e);
    }
  }

  /** Options that say where options come from have no place in a file. */
  /** Or about processes, which are no part of what is learnt. */
  private static boolean isAboutFiles(String key) {
    return Set.of(
            CONFIG,
            RESUME,
            RECIPE,
            DRY_RUN,
            RankOptions.NPROC,
            RankOptions.TIMEOUT,
            QuietOption.NAME,
            TrainCommand.JSON)
        .contains("--" + key);
  }

  /** Else picocli would complain of a command line that nobody typed. */
  private static void requireValues(String place, CommandSpec command, Map<String, String> values) {
    String[] args =
        values.entrySet().stream()
            .map(value -> value.getKey() + "=" + value.getValue())
            .toArray(String[]::new);
    try {
      Values.register(new CommandLine(command.userObject().getClass())).parseArgs(args);
    } catch (ParameterException e) {
      throw new InputException(place + ": " + e.getMessage(), e);
    }
  }

  @Override
  public @Nullable String defaultValue(ArgSpec arg) {
    return arg instanceof OptionSpec option ? values.get(option.longestName()) : null;
  }
}
