package org.vgg4j.weights.format;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.vgg4j.weights.tensor.StoredTensor;

/**
 * What a file holds: its tensors, not yet read, and whatever else it says of its network.
 *
 * @param file the file
 * @param format its format
 * @param metadata strings by name, such as the tool that wrote it
 * @param tensors by name, in the order of the file
 * @param nodes the network's layers in order of execution; empty where the format has but tensors
 */
public record TensorFile(
    Path file,
    Format format,
    Map<String, String> metadata,
    Map<String, StoredTensor> tensors,
    List<Node> nodes) {
  /**
   * A layer, or an operation, as the file has it.
   *
   * @param type the format's word for what it does, such as Conv
   * @param name its name
   * @param tensors its weights, in the format's order
   * @param attributes numbers by name, such as strides
   */
  public record Node(
      String type, String name, List<StoredTensor> tensors, Map<String, List<Double>> attributes) {
    /** Copies the list. */
    public Node {
      tensors = List.copyOf(tensors);
    }
  }

  /** Copies what it is given. */
  public TensorFile {
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    nodes = List.copyOf(nodes);
  }
}
