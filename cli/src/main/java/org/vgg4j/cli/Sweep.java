package org.vgg4j.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.vgg4j.base.InputException;

/**
 * A YAML file of options, of which some have a list of values. Each combination of these is a run:
 *
 * <pre>{@code
 * data: fashion-mini
 * epochs: 4
 * lr: [0.003, 0.01, 0.03]
 * dropout: [0.2, 0.5]
 * }</pre>
 *
 * @param keys of the lists, in the order of the file
 * @param runs all combinations; the last list varies fastest
 */
record Sweep(List<String> keys, List<Run> runs) {
  private static final int MOST_RUNS = 1000;
  private static final int LONGEST_NAME = 150;

  /**
   * A combination.
   *
   * @param stage its name, which is that of its folder, and its options
   * @param values of the lists' keys
   */
  record Run(Recipe.Stage stage, Map<String, String> values) {}

  /** A combination in the making. */
  private record Part(ObjectNode options, Map<String, String> values) {}

  /**
   * Reads it.
   *
   * @throws InputException if the file is missing, holds no options, or none of them has a list
   */
  static Sweep read(Path file) {
    JsonNode root = YamlOptions.read(file, "FILE");
    if (!root.isObject()) {
      throw new InputException(file + " must hold lines like 'lr: [0.01, 0.03]', one per option");
    }
    List<String> keys = new ArrayList<>();
    List<Part> parts =
        List.of(new Part(JsonNodeFactory.instance.objectNode(), new LinkedHashMap<>()));
    for (Map.Entry<String, JsonNode> field : root.properties()) {
      JsonNode value = field.getValue();
      if (value.isArray()) {
        requireList(file, field.getKey(), value);
        keys.add(field.getKey());
      }
      parts = with(parts, field.getKey(), value);
      if (parts.size() > MOST_RUNS) {
        throw new InputException(
            "%s: its lists make more than %,d runs: shorten them".formatted(file, MOST_RUNS));
      }
    }
    if (keys.isEmpty()) {
      throw new InputException(
          "%s: no option has a list of values, such as 'lr: [0.01, 0.03]'; one run is vgg train --config %s"
              .formatted(file, file));
    }
    if (keys.contains("select")) {
      throw new InputException(
          file + ": key 'select' decides which run is the best, and must have a single value");
    }
    return new Sweep(keys, runs(file, parts));
  }

  private static void requireList(Path file, String key, JsonNode list) {
    Set<String> seen = new HashSet<>();
    if (list.isEmpty()) {
      throw new InputException("%s: the list of key '%s' is empty".formatted(file, key));
    }
    for (JsonNode value : list) {
      if (!value.isValueNode() || value.isNull()) {
        throw new InputException(
            "%s: the list of key '%s' must have single values; what has commas itself is written in quotes, such as [\"20,40\", \"30,60\"]"
                .formatted(file, key));
      }
      if (!seen.add(value.asText())) {
        throw new InputException(
            "%s: the list of key '%s' has %s twice".formatted(file, key, value.asText()));
      }
    }
  }

  /** Each of the parts with each of the values. */
  private static List<Part> with(List<Part> parts, String key, JsonNode value) {
    List<Part> more = new ArrayList<>();
    for (Part part : parts) {
      if (!value.isArray()) {
        part.options().set(key, value);
        more.add(part);
        continue;
      }
      for (JsonNode one : value) {
        ObjectNode options = part.options().deepCopy();
        options.set(key, one);
        Map<String, String> values = new LinkedHashMap<>(part.values());
        values.put(key, one.asText());
        more.add(new Part(options, values));
      }
    }
    return more;
  }

  private static List<Run> runs(Path file, List<Part> parts) {
    List<Run> runs = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (Part part : parts) {
      String name = name(part.values());
      if (name.length() > LONGEST_NAME || !names.add(name)) {
        throw new InputException(
            "%s: the values %s make no folder's name of their own: give shorter values, or ones that differ in letters or digits"
                .formatted(file, part.values()));
      }
      runs.add(new Run(new Recipe.Stage(name, part.options(), file + ", " + name), part.values()));
    }
    return runs;
  }

  /** The same combination has the same name whatever else is in the file. */
  private static String name(Map<String, String> values) {
    return String.join(
        "_",
        values.entrySet().stream()
            .map(one -> one.getKey() + "-" + one.getValue().replaceAll("[^\\w.+-]+", "-"))
            .toList());
  }
}
