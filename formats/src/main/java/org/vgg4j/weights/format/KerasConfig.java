package org.vgg4j.weights.format;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;

/**
 * The architecture in a whole Keras model, as Keras 1, 2 and 3 write it: the layers in order of
 * execution, including those of nested models.
 */
final class KerasConfig {
  /**
   * A layer.
   *
   * @param path where its weights are in Keras 1 and 2: the names of the models around it, then its
   *     own
   * @param stored where they are in Keras 3: numbered kinds of layers, its own last
   * @param node what it does
   */
  record Layer(List<String> path, List<String> stored, TensorFile.Node node) {
    Layer {
      path = List.copyOf(path);
      stored = List.copyOf(stored);
    }
  }

  /** A layer or model as listed in the model that contains it. */
  private record Entry(
      String type,
      String name,
      String stored,
      JsonNode config,
      List<List<String>> calls,
      boolean isModel) {}

  private static final int DEEPEST = 8;
  private static final int LONGEST =
      4096; // limit for the numbers of one attribute, and the layers of one model

  /** Keras 1's names, and those of Keras 2 and 3. */
  private static final Map<String, String> OLD_NAMES =
      Map.of(
          "border_mode", "padding",
          "subsample", "strides",
          "dim_ordering", "data_format",
          "bias", "use_bias",
          "atrous_rate", "dilation_rate",
          "output_dim", "units",
          "nb_filter", "filters",
          "batch_input_shape", "batch_shape");

  private static final Map<String, String> OLD_TYPES =
      Map.of("Convolution2D", "Conv2D", "AtrousConvolution2D", "Conv2D", "AtrousConv2D", "Conv2D");

  private static final List<Double> UNKNOWN = List.of(Double.NaN);

  private final List<Layer> layers = new ArrayList<>();

  private KerasConfig() {}

  /**
   * The layers; empty if the text states none.
   *
   * @throws InputException if it is not JSON, or its layers do not form a chain; the message does
   *     not name the file
   */
  static List<Layer> read(String text) {
    if (text.isBlank()) {
      return List.of();
    }
    try {
      JsonNode root = new ObjectMapper().readTree(text);
      KerasConfig config = new KerasConfig();
      JsonNode model = root.path("config");
      if (listed(model) != null) {
        config.model(model, root.path("class_name").asText(), List.of(), List.of());
      }
      return config.layers;
    } catch (JsonProcessingException e) {
      throw new InputException(
          "the description of its network (model_config) is not valid JSON: get the file again", e);
    }
  }

  /** Old Sequential models are a list; all others contain one. */
  private static @Nullable JsonNode listed(JsonNode config) {
    JsonNode list = config.isArray() ? config : config.path("layers");
    return list.isArray() ? list : null;
  }

  private void model(JsonNode config, String type, List<String> path, List<String> stored) {
    JsonNode list = listed(config);
    if (list == null || path.size() > DEEPEST || list.size() > LONGEST) {
      throw new InputException(
          "its models are nested too deeply, or too many: it is not a VGG network");
    }
    for (Entry entry : ordered(entries(list), config, type)) {
      List<String> itsPath = with(path, entry.name);
      List<String> itsStored = with(stored, entry.stored);
      if (entry.isModel) {
        model(entry.config, entry.type, itsPath, itsStored);
      } else {
        layers.add(new Layer(itsPath, itsStored, node(entry)));
      }
    }
  }

  private static List<String> with(List<String> path, String last) {
    List<String> longer = new ArrayList<>(path);
    longer.add(last);
    return longer;
  }

  private static List<Entry> entries(JsonNode list) {
    List<Entry> entries = new ArrayList<>();
    Map<String, Integer> counts = new HashMap<>();
    for (JsonNode layer : list) {
      String type = layer.path("class_name").asText("");
      JsonNode config = layer.path("config");
      String name = config.path("name").asText(layer.path("name").asText(""));
      boolean isModel = listed(config) != null;
      String kind = snakeCase(type);
      int count = counts.merge(kind, 1, Integer::sum) - 1;
      List<List<String>> calls = new ArrayList<>();
      for (JsonNode call : layer.path("inbound_nodes")) {
        List<String> from = new ArrayList<>();
        sources(call, from);
        calls.add(from);
      }
      entries.add(
          new Entry(
              OLD_TYPES.getOrDefault(type, type),
              name,
              count == 0 ? kind : kind + "_" + count,
              config,
              calls,
              isModel));
    }
    return entries;
  }

  /** Derives the name of a group from that of a class, as Keras does. */
  private static String snakeCase(String type) {
    return type.replaceAll("\\W+", "")
        .replaceAll("(.)([A-Z][a-z]+)", "$1_$2")
        .replaceAll("([a-z])([A-Z])", "$1_$2")
        .toLowerCase(Locale.ROOT);
  }

  /**
   * The names of the layers whose output a call takes: {@code ["name", 0, 0, {}]} in Keras 1 and 2,
   * an object with keras_history in Keras 3.
   */
  private static void sources(JsonNode call, List<String> names) {
    if (call.isArray() && call.size() >= 3 && call.get(0).isTextual() && call.get(1).isInt()) {
      names.add(call.get(0).asText());
      return;
    }
    JsonNode history = call.path("config").path("keras_history");
    if (history.isArray() && history.size() > 0) {
      names.add(history.get(0).asText());
      return;
    }
    for (JsonNode part : call) { // the elements of an array or an object
      if (part.isContainerNode()) {
        sources(part, names);
      }
    }
  }

  /**
   * Orders the layers from input to output; each must take the output of the one before, and
   * nothing else.
   */
  private static List<Entry> ordered(List<Entry> entries, JsonNode config, String type) {
    boolean linked = entries.stream().anyMatch(entry -> !entry.calls.isEmpty());
    if (type.equals("Sequential") || !linked) {
      return entries;
    }
    Map<String, Entry> byName = new LinkedHashMap<>();
    for (Entry entry : entries) {
      if (byName.put(entry.name, entry) != null) {
        throw new InputException("its description has two layers named '" + entry.name + "'");
      }
    }
    List<Entry> path = new ArrayList<>();
    String name = output(entries, config);
    while (name != null) {
      Entry entry = byName.get(name);
      if (entry == null || path.contains(entry)) {
        throw new InputException(
            "the layers that its description lists do not form a chain at '"
                + name
                + "': get it again");
      }
      path.add(entry);
      name = source(entry);
    }
    Collections.reverse(path);
    for (Entry entry : entries) {
      if (!path.contains(entry)) {
        throw new InputException(
            "its layer '%s' (%s) is not on the path from its input to its scores, but a VGG network has only"
                    .formatted(entry.name, entry.type)
                + " one path");
      }
    }
    return path;
  }

  private static String output(List<Entry> entries, JsonNode config) {
    List<String> outputs = new ArrayList<>();
    sources(config.path("output_layers"), outputs);
    if (outputs.isEmpty()) {
      List<String> taken =
          entries.stream().flatMap(entry -> entry.calls.stream()).flatMap(List::stream).toList();
      entries.stream().map(Entry::name).filter(name -> !taken.contains(name)).forEach(outputs::add);
    }
    if (outputs.size() != 1) {
      throw new InputException(
          "it has %d outputs (%s), but a VGG network has one"
              .formatted(outputs.size(), String.join(", ", outputs)));
    }
    return outputs.get(0);
  }

  private static @Nullable String source(Entry entry) {
    if (entry.calls.isEmpty()
        || (entry.type.equals("InputLayer") && entry.calls.get(0).isEmpty())) {
      return null;
    }
    if (entry.calls.size() > 1) {
      throw new InputException(
          "its layer '%s' (%s) is used %d times, but each of a VGG network is used once"
              .formatted(entry.name, entry.type, entry.calls.size()));
    }
    List<String> from = entry.calls.get(0);
    if (from.size() != 1) {
      throw new InputException(
          "its layer '%s' (%s) takes %d inputs (%s), but each of a VGG network takes one"
              .formatted(entry.name, entry.type, from.size(), String.join(", ", from)));
    }
    return from.get(0);
  }

  private static TensorFile.Node node(Entry entry) {
    Map<String, List<Double>> numbers = new LinkedHashMap<>();
    Map<String, String> words = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> property : entry.config.properties()) {
      String key = OLD_NAMES.getOrDefault(property.getKey(), property.getKey());
      JsonNode value = property.getValue();
      if (value.isTextual()) {
        words.put(key, value.asText());
      } else if (key.equals("activation") && value.isObject()) {
        words.put(key, activation(value));
      } else if (!value.isNull()) {
        List<Double> list = new ArrayList<>();
        // a value that is not a number does not count as the default either, so no check accepts it
        numbers.put(key, numbers(plain(value), list) ? List.copyOf(list) : UNKNOWN);
      }
    }
    if (numbers.containsKey("nb_row") && numbers.containsKey("nb_col")) {
      numbers.put(
          "kernel_size", List.of(numbers.get("nb_row").get(0), numbers.get("nb_col").get(0)));
    }
    words.computeIfPresent(
        "data_format",
        (key, order) ->
            switch (order) {
              case "tf" -> "channels_last";
              case "th" -> "channels_first";
              default -> order;
            });
    return new TensorFile.Node(entry.type, entry.name, List.of(), numbers, words);
  }

  /** The numbers of an array, or of a tensor or tuple that was written as an object. */
  private static JsonNode plain(JsonNode value) {
    String type = value.path("class_name").asText("");
    return type.equals("__numpy__") || type.equals("__tensor__")
        ? value.path("config").path("value")
        : value.path("items").isArray() ? value.path("items") : value;
  }

  /**
   * A function's name, or the name of a layer's class if it is a layer with settings of its own.
   */
  private static String activation(JsonNode value) {
    JsonNode config = value.path("config");
    String type = value.path("class_name").asText("unknown");
    boolean plain =
        (config.path("max_value").isMissingNode() || config.path("max_value").isNull())
            && config.path("negative_slope").asDouble(0) == 0
            && config.path("threshold").asDouble(0) == 0;
    return config.isTextual() ? config.asText() : type.equals("ReLU") && plain ? "relu" : type;
  }

  /** Returns false if there is anything else among them. */
  private static boolean numbers(JsonNode value, List<Double> list) {
    if (value.isArray()) {
      for (JsonNode part : value) {
        if (list.size() > LONGEST || !numbers(part, list)) {
          return false;
        }
      }
      return true;
    }
    if (!value.isNumber() && !value.isBoolean() && !value.isNull()) {
      return false;
    }
    list.add(
        value.isNull()
            ? Double.NaN
            : value.isBoolean() ? (value.asBoolean() ? 1 : 0) : value.asDouble());
    return true;
  }
}
