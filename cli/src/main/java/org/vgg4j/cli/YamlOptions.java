package org.vgg4j.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
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

  private static final YAMLMapper YAML =
      YAMLMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private final Map<String, String> values;

  private YamlOptions(Map<String, String> values) {
    this.values = values;
  }

  /**
   * Gives the command the defaults of the file that its {@link #CONFIG} names, if it is there.
   *
   * @param args the whole command line
   * @throws InputException if the file is missing, no YAML, or has an unknown key
   */
  static void apply(CommandLine command, String[] args) {
    Path file = file(args);
    if (file != null) {
      command.setDefaultValueProvider(new YamlOptions(read(file, command.getCommandSpec())));
    }
  }

  private static @Nullable Path file(String[] args) {
    for (int i = 0; i < args.length; i++) {
      if (args[i].startsWith(CONFIG + "=")) {
        return Path.of(args[i].substring(CONFIG.length() + 1));
      }
      if (args[i].equals(CONFIG) && i + 1 < args.length) {
        return Path.of(args[i + 1]);
      }
    }
    return null;
  }

  private static Map<String, String> read(Path file, CommandSpec command) {
    JsonNode root;
    try {
      root = YAML.readTree(Files.readString(file));
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
          "cannot read " + file + ": " + AtomicFile.reason(e) + " (option config)", e);
    }
    if (!root.isObject()) {
      throw new InputException(file + " must hold lines like 'epochs: 20', one per option");
    }
    List<String> known = new ArrayList<>();
    for (OptionSpec option : command.options()) {
      if (option.usageHelp() || option.versionHelp()) {
        continue;
      }
      known.add(option.longestName().substring(2));
    }
    Map<String, String> values = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> field : root.properties()) {
      if (!known.contains(field.getKey()) || CONFIG.endsWith("-" + field.getKey())) {
        throw new InputException(
            String.format(
                "%s: unknown key '%s': the keys are the options of vgg %s without dashes, see vgg %s"
                    + " --help",
                file, field.getKey(), command.name(), command.name()));
      }
      if (!field.getValue().isValueNode() || field.getValue().isNull()) {
        throw new InputException(
            String.format("%s: key '%s' must have a single value", file, field.getKey()));
      }
      values.put("--" + field.getKey(), field.getValue().asText());
    }
    requireValues(file, command, values);
    return values;
  }

  /** Else picocli would complain of a command line that nobody typed. */
  private static void requireValues(Path file, CommandSpec command, Map<String, String> values) {
    String[] args =
        values.entrySet().stream()
            .map(value -> value.getKey() + "=" + value.getValue())
            .toArray(String[]::new);
    try {
      new CommandLine(command.userObject().getClass()).parseArgs(args);
    } catch (ParameterException e) {
      throw new InputException(file + ": " + e.getMessage(), e);
    }
  }

  @Override
  public @Nullable String defaultValue(ArgSpec arg) {
    return arg instanceof OptionSpec option ? values.get(option.longestName()) : null;
  }
}
