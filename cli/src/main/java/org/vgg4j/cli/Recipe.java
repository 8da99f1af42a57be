package org.vgg4j.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.vgg4j.base.InputException;
import org.vgg4j.train.RunFolder;

/**
 * A YAML file with several runs, each of which may begin with the weights of an earlier one, as the
 * paper trains its deeper networks (section 3.1):
 *
 * <pre>{@code
 * common:                 # options of all stages
 *   data: fashion-mnist
 *   width: 0.25
 * stages:                 # in this order
 *   A: {arch: A}
 *   D: {arch: D, init: "from-stage:A"}
 * }</pre>
 *
 * @param stages in order
 */
record Recipe(List<Stage> stages) {
  /**
   * One run.
   *
   * @param name its name, and its folder's
   * @param options as a config file would hold them
   * @param place what to call it in an error
   */
  record Stage(String name, ObjectNode options, String place) {}

  private static final String COMMON = "common";
  private static final String STAGES = "stages";
  private static final String INIT = "init";
  private static final String FROM_STAGE = "from-stage:";

  /**
   * Reads a recipe.
   *
   * @param out folder of the run folders
   * @throws InputException if the file is missing or no recipe
   */
  static Recipe read(Path file, Path out) {
    JsonNode root = YamlOptions.read(file, YamlOptions.RECIPE);
    for (Map.Entry<String, JsonNode> field : root.properties()) {
      if (!field.getKey().equals(COMMON) && !field.getKey().equals(STAGES)) {
        throw new InputException(
            "%s: unknown key '%s': a recipe has 'common' and 'stages'; the options of one run are for"
                    .formatted(file, field.getKey())
                + " "
                + YamlOptions.CONFIG);
      }
    }
    if (root.path(STAGES).isEmpty() || !root.path(STAGES).isObject()) {
      throw new InputException(
          file + ": 'stages' must hold names with options, such as 'A: {arch: A}'");
    }
    List<Stage> stages = new ArrayList<>();
    for (Map.Entry<String, JsonNode> field : root.path(STAGES).properties()) {
      String name = field.getKey();
      String place = file + ", stage " + name;
      if (!name.matches("[\\w.-]+") || name.startsWith(".")) {
        throw new InputException(
            place + ": a stage is also a folder: name it by letters, digits, - and .");
      }
      ObjectNode options = JsonNodeFactory.instance.objectNode();
      addAll(options, root.path(COMMON), file + ", common");
      addAll(options, field.getValue(), place);
      resolveInit(options, stages, out, place);
      stages.add(new Stage(name, options, place));
    }
    return new Recipe(List.copyOf(stages));
  }

  /** Whether a recipe has this key. */
  static boolean isKey(String key) {
    return key.equals(COMMON) || key.equals(STAGES);
  }

  private static void addAll(ObjectNode options, JsonNode more, String place) {
    if (more.isMissingNode() || more.isNull()) {
      return;
    }
    if (!more.isObject()) {
      throw new InputException(place + " must hold options, such as 'epochs: 20'");
    }
    more.properties().forEach(field -> options.set(field.getKey(), field.getValue()));
  }

  /** {@code from-stage:A} is the best model of stage A. */
  private static void resolveInit(ObjectNode options, List<Stage> earlier, Path out, String place) {
    String init = options.path(INIT).asText();
    if (!init.startsWith(FROM_STAGE)) {
      return;
    }
    String name = init.substring(FROM_STAGE.length()).strip();
    if (earlier.stream().noneMatch(stage -> stage.name().equals(name))) {
      throw new InputException(
          "%s: init names stage '%s', but the stages before are %s"
              .formatted(place, name, earlier.stream().map(Stage::name).toList()));
    }
    options.put(INIT, "from:" + new RunFolder(out.resolve(name)).bestModel());
  }
}
