package org.vgg4j.weights.format;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.vgg4j.weights.tensor.StoredTensor;

/**
 * The content of a file: its tensors, not yet read, and whatever else it says about its network.
 *
 * @param file the file
 * @param format its format
 * @param metadata strings by name, such as the tool that wrote it
 * @param tensors by name, in the order of the file
 * @param nodes the network's layers in order of execution; empty if the format has only tensors
 * @param states the groups of the tensors: one, or one for each state dict of a checkpoint
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
   * @param path the keys that lead to them, joined by dots; empty if the file holds nothing else
   * @param tensors by name, in the order of the file
   * @param others entries among them that are not plain tensors: by name, what they are instead
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
   * A layer or operation from the file.
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

    /** A node without texts. */
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

  /** A file of groups of tensors, whose names are prefixed with the path of their group. */
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
