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
 * @param states the groups that the tensors come in: one, or each state dict of a checkpoint
 */
public record TensorFile(
    Path file,
    Format format,
    Map<String, String> metadata,
    Map<String, StoredTensor> tensors,
    List<Node> nodes,
    List<State> states) {
  /**
   * Tensors that were saved together.
   *
   * @param path the keys that lead to them, with dots between; empty if the file holds nothing else
   * @param tensors by name, in the order of the file
   * @param others what has a name among them, but is not a plain tensor: what it is instead, by
   *     name
   */
  public record State(String path, Map<String, StoredTensor> tensors, Map<String, String> others) {
    /** Copies what it is given. */
    public State {
      tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
      others = Collections.unmodifiableMap(new LinkedHashMap<>(others));
    }

    /** The name with the path before it. */
    public String address(String name) {
      return path.isEmpty() ? name : path + "." + name;
    }
  }

  /**
   * A layer, or an operation, as the file has it.
   *
   * @param type the format's word for what it does, such as Conv
   * @param name its name
   * @param tensors its weights, in the format's order
   * @param attributes numbers by name, such as strides; NaN where the file leaves one open
   * @param words texts by name, such as an activation
   */
  public record Node(
      String type,
      String name,
      List<StoredTensor> tensors,
      Map<String, List<Double>> attributes,
      Map<String, String> words) {
    /** Copies what it is given. */
    public Node {
      tensors = List.copyOf(tensors);
      attributes = Map.copyOf(attributes);
      words = Map.copyOf(words);
    }

    /** A node of a file that has numbers only. */
    public Node(
        String type,
        String name,
        List<StoredTensor> tensors,
        Map<String, List<Double>> attributes) {
      this(type, name, tensors, attributes, Map.of());
    }
  }

  /** Copies what it is given. */
  public TensorFile {
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    nodes = List.copyOf(nodes);
    states = List.copyOf(states);
  }

  /** A file whose tensors are one group. */
  public TensorFile(
      Path file,
      Format format,
      Map<String, String> metadata,
      Map<String, StoredTensor> tensors,
      List<Node> nodes) {
    this(file, format, metadata, tensors, nodes, List.of(new State("", tensors, Map.of())));
  }

  /** A file of groups of tensors, which have their paths before their names. */
  TensorFile(Path file, Format format, List<State> states) {
    this(file, format, Map.of(), union(states), List.of(), states);
  }

  private static Map<String, StoredTensor> union(List<State> states) {
    Map<String, StoredTensor> union = new LinkedHashMap<>();
    states.forEach(
        state -> state.tensors().forEach((name, tensor) -> union.put(state.address(name), tensor)));
    return union;
  }
}
