package org.vgg4j.weights.format;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.vgg4j.base.InputException;
import org.vgg4j.weights.tensor.StoredTensor;

/**
 * Reads a model in several files, as Hugging Face's tools write large ones: an index in JSON says
 * in which file of the same folder each tensor is.
 */
final class Shards {
  private static final long LARGEST_INDEX = 10_000_000;
  private static final int MOST_PARTS = 1000;
  private static final String MAP = "weight_map";
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private Shards() {}

  /** Whether a file's name is that of such an index. */
  static boolean isIndex(Path file) {
    return Objects.requireNonNull(file.getFileName()).toString().endsWith(".index.json");
  }

  /**
   * Reads the index and each part's description of its tensors.
   *
   * @throws InputException if it is malformed, or does not match the parts; the message does not
   *     name the file
   */
  static TensorFile read(Path index) throws IOException {
    JsonNode map = map(index);
    Map<String, String> expected = new LinkedHashMap<>();
    Set<String> parts = new LinkedHashSet<>();
    for (Map.Entry<String, JsonNode> entry : map.properties()) {
      String part = entry.getValue().asText();
      if (!entry.getValue().isTextual() || part.matches(".*[/\\\\].*|\\.*")) {
        throw new InputException(
            "its %s names no file of the same folder for tensor %s: get it again"
                .formatted(MAP, entry.getKey()));
      }
      expected.put(entry.getKey(), part);
      parts.add(part);
    }
    if (parts.isEmpty() || parts.size() > MOST_PARTS) {
      throw new InputException("its %s names %d files: get it again".formatted(MAP, parts.size()));
    }
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    TensorFile first = null;
    for (String part : parts) {
      TensorFile content = TensorFiles.openPart(index.resolveSibling(part));
      first = first == null ? content : first;
      requireSame(part, content.tensors().keySet(), expected);
      tensors.putAll(content.tensors());
    }
    return new TensorFile(
        index, Objects.requireNonNull(first).format(), Map.of(), tensors, List.of());
  }

  private static JsonNode map(Path index) throws IOException {
    if (Files.size(index) > LARGEST_INDEX) {
      throw new InputException("it is larger than any index of a network");
    }
    try {
      JsonNode map = JSON.readTree(Files.readAllBytes(index)).path(MAP);
      if (!map.isObject()) {
        throw new InputException("it has no %s to say where tensors are".formatted(MAP));
      }
      return map;
    } catch (JsonProcessingException e) {
      throw new InputException("it is not JSON: " + e.getOriginalMessage(), e);
    }
  }

  private static void requireSame(String part, Set<String> found, Map<String, String> expected) {
    for (String name : found) {
      if (!part.equals(expected.get(name))) {
        throw new InputException(
            "part %s holds tensor %s, which the index has %s: get the parts again"
                .formatted(
                    part,
                    name,
                    expected.containsKey(name) ? "in " + expected.get(name) : "nowhere"));
      }
    }
    expected.forEach(
        (name, place) -> {
          if (place.equals(part) && !found.contains(name)) {
            throw new InputException(
                "part %s lacks tensor %s, which the index has there: get the parts again"
                    .formatted(part, name));
          }
        });
  }
}
