package org.vgg4j.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.POJONode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Configuration;
import org.vgg4j.train.RunFolder;
import org.vgg4j.train.TrainingConfig;
import org.vgg4j.train.TrainingConfigBuilder;
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

  /** Option that only tries learning rates. */
  static final String FIND_RATE = "--find-rate";

  private static final String HEAD = "head";

  /** Keys whose one value is a list. */
  private static final Set<String> LISTS = Set.of(HEAD, "step-epochs", "freeze");

  private static final YAMLMapper YAML =
      YAMLMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  /** Types of options whose numbers and truth values are understood as YAML's. */
  private static final Set<Class<?>> PARSED =
      Set.of(
          int.class,
          Integer.class,
          long.class,
          Long.class,
          double.class,
          Double.class,
          boolean.class,
          Boolean.class);

  /** A number or truth value without quotes, as it is written. */
  private record Plain(String text) {
    @Override
    public String toString() {
      return text;
    }
  }

  private final Map<String, String> values;
  private final IDefaultValueProvider others;

  private YamlOptions(Map<String, String> values, CommandSpec command) {
    this.values = values;
    this.others = command.defaultValueProvider();
  }

  /**
   * Gives the command the defaults of the file that its {@link #CONFIG} or {@link #RESUME} names,
   * if one is there.
   *
   * @param args the whole command line
   * @throws InputException if the file is missing, no YAML, or has an unknown key
   */
  static void apply(CommandLine command, String[] args) {
    apply(command, args, Map.of(), false);
  }

  /**
   * Like {@link #apply(CommandLine, String[])}, over defaults of another origin.
   *
   * @param defaults by the options' names without dashes; what the file says wins
   * @param ofModel whether they are those of a model that the command line names: that is then what
   *     the run begins with, and the file must not ask for another network
   * @throws InputException as above, or if the file does
   */
  static void apply(
      CommandLine command, String[] args, Map<String, Object> defaults, boolean ofModel) {
    Map<String, String> values = new LinkedHashMap<>();
    defaults.forEach((name, value) -> values.put("--" + name, String.valueOf(value)));
    Path file = file(args);
    if (file != null) {
      Map<String, String> ofFile =
          new LinkedHashMap<>(of(file.toString(), read(file, CONFIG), command.getCommandSpec()));
      if (ofModel) {
        ofFile.remove("--init");
        List.of("arch", "width").forEach(name -> requireSame(file, name, values, ofFile));
      }
      String crop = ofFile.get("--crop");
      if (ofFile.containsKey("--scale-ratio")
          || (crop != null && !isSame(crop, values.getOrDefault("--crop", crop)))) {
        values.remove("--scale"); // it follows from the ratio
      }
      values.putAll(ofFile);
    }
    if (!values.isEmpty()) {
      command.setDefaultValueProvider(new YamlOptions(values, command.getCommandSpec()));
    }
  }

  private static void requireSame(
      Path file, String name, Map<String, String> values, Map<String, String> ofFile) {
    String said = ofFile.get("--" + name);
    String settled = values.get("--" + name);
    if (said != null
        && settled != null
        && !(name.equals("arch") // which has several names
            ? Configuration.of(said) == Configuration.of(settled)
            : isSame(said, settled))) {
      throw new InputException(
          "%s: key '%s' is %s, but the model's is %s, which cannot be changed: remove the key"
              .formatted(file, name, said, settled));
    }
  }

  /** Whether two texts are the same name, or the same number. */
  private static boolean isSame(String one, String other) {
    if (one.equalsIgnoreCase(other)) {
      return true;
    }
    try {
      return Double.parseDouble(one) == Double.parseDouble(other);
    } catch (NumberFormatException e) {
      return false;
    }
  }

  /**
   * Returns what a configuration says that is not the machine's or the data's, as defaults.
   *
   * @param args the whole command line: another crop than the configuration's has a scale of its
   *     own
   */
  static Map<String, Object> defaults(TrainingConfig config, String[] args) {
    Map<String, Object> defaults = defaultsWithData(config, args);
    defaults.remove("data");
    return defaults;
  }

  /** Like {@link #defaults}, for a command whose data has another default. */
  static Map<String, Object> defaultsWithData(TrainingConfig config, String[] args) {
    Map<String, Object> defaults = new LinkedHashMap<>(config.options());
    defaults.keySet().removeAll(List.of("threads", "device", "precision"));
    if (value("--crop", args) != null) {
      defaults.remove("scale"); // it follows from the ratio
    }
    return defaults;
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
   * Reads an object of a YAML file as options.
   *
   * @param place what to call the object in an error, for example the file
   * @throws InputException if a key is unknown or a value is not a single one
   */
  static Map<String, String> values(String place, JsonNode object, CommandSpec command) {
    Map<String, String> values = new LinkedHashMap<>();
    of(place, object, command).forEach((name, value) -> values.put(name.substring(2), value));
    return values;
  }

  /** Like {@link #values}, by the options' names. */
  private static Map<String, String> of(String place, JsonNode object, CommandSpec command) {
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
      OptionSpec option = command.findOption("--" + field.getKey());
      if (isList(field.getValue(), field.getKey())) {
        values.put("--" + field.getKey(), list(field.getKey(), field.getValue()));
        continue;
      }
      if (!field.getValue().isValueNode() || field.getValue().isNull()) {
        throw new InputException(
            String.format("%s: key '%s' must have a single value", place, field.getKey()));
      }
      String key = "%s: key '%s'".formatted(place, field.getKey());
      values.put("--" + field.getKey(), text(field.getValue(), option.type(), key));
    }
    requireValues(place, command, values);
    return values;
  }

  /** Whether it is a list of words for an option that takes them in one. */
  private static boolean isList(JsonNode value, String key) {
    return value.isArray()
        && LISTS.contains(key)
        && value.valueStream().allMatch(one -> one.isValueNode() && !one.isNull());
  }

  /** Such as 512,256; a head without hidden layers is not the default one. */
  private static String list(String key, JsonNode values) {
    return values.isEmpty() && key.equals(HEAD)
        ? "[]"
        : values.valueStream().map(JsonNode::asText).collect(Collectors.joining(","));
  }

  /**
   * The text that the command line would have. A folder called 007 or 2024_01 is no number, and one
   * called no is not "false"; a number may be written in any way that YAML allows.
   *
   * @param type of the option
   */
  private static String text(JsonNode value, Class<?> type, String place) {
    if (!(value instanceof POJONode node && node.getPojo() instanceof Plain plain)
        || !PARSED.contains(type)) {
      return value.asText();
    }
    if (plain.text().matches("[+-]?0[0-9_]+")) {
      throw new InputException(
          "%s is %s, which some read as octal: write the number without the leading 0"
              .formatted(place, plain.text()));
    }
    try {
      return YAML.readTree(plain.text()).asText();
    } catch (JsonProcessingException e) {
      throw new InputException(place + " cannot be understood: " + e.getOriginalMessage(), e);
    }
  }

  /**
   * Reads a YAML file.
   *
   * @param option the option that named it
   * @throws InputException if the file is missing or no YAML
   */
  static JsonNode read(Path file, String option) {
    try (YAMLParser parser = YAML.getFactory().createParser(Files.readString(file))) {
      parser.nextToken();
      JsonNode root = tree(parser, file);
      if (parser.nextToken() != null) {
        throw new InputException(
            file + " holds more than one YAML document: give one, without lines of --- between");
      }
      return root;
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

  /**
   * What the file holds from the current token on. Numbers and truth values stay as they are
   * written, until it is known what they are for: see {@link #text}.
   */
  private static JsonNode tree(YAMLParser parser, Path file) throws IOException {
    JsonToken token = parser.currentToken();
    if (token == null) {
      return MissingNode.getInstance();
    }
    if (parser.isCurrentAlias()) {
      throw new InputException(
          "%s, line %d: references such as *%s are not supported: write what they stand for"
              .formatted(file, parser.currentLocation().getLineNr(), parser.getText()));
    }
    if (token.isNumeric() || token.isBoolean()) {
      return JsonNodeFactory.instance.pojoNode(new Plain(parser.getText()));
    }
    if (token == JsonToken.START_ARRAY) {
      ArrayNode array = JsonNodeFactory.instance.arrayNode();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        array.add(tree(parser, file));
      }
      return array;
    }
    if (token == JsonToken.START_OBJECT) {
      ObjectNode object = JsonNodeFactory.instance.objectNode();
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String key = parser.currentName();
        parser.nextToken();
        object.set(key, tree(parser, file));
      }
      return object;
    }
    return YAML.readTree(parser);
  }

  /**
   * Options that say where options come from, or that are about processes, which are no part of
   * what is learnt, have no place in a file.
   */
  private static boolean isAboutFiles(String key) {
    return Set.of(
            CONFIG,
            RESUME,
            RECIPE,
            DRY_RUN,
            FIND_RATE,
            RankOptions.NPROC,
            RankOptions.TIMEOUT,
            QuietOption.NAME,
            TrainCommand.JSON)
        .contains("--" + key);
  }

  /** Refuses wrong values here: picocli would report a command line that nobody typed. */
  private static void requireValues(String place, CommandSpec command, Map<String, String> values) {
    values.forEach((name, value) -> requireValue(place, name.substring(2), value));
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

  private static void requireValue(String place, String key, String value) {
    if (!TrainingConfig.isKey(key)) {
      return;
    }
    try {
      TrainingConfigBuilder unused = TrainingConfig.builder(Map.of(key, value));
    } catch (InputException e) {
      throw new InputException(place + ": " + e.getMessage(), e);
    }
  }

  @Override
  public @Nullable String defaultValue(ArgSpec arg) throws Exception {
    return arg instanceof OptionSpec option && values.containsKey(option.longestName())
        ? values.get(option.longestName())
        : others.defaultValue(arg);
  }
}
