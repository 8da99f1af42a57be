package org.vgg4j.weights.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.weights.tensor.NumberType;
import org.vgg4j.weights.tensor.StoredTensor;

/**
 * The operations of an ONNX graph from its input to its scores. Operations on constants or shapes
 * are evaluated here; the rest must be a chain, as in a VGG network.
 */
final class OnnxGraph {
  /** A node whose inputs have not been looked up yet. */
  static final class RawNode {
    final List<String> inputs = new ArrayList<>();
    final List<String> outputs = new ArrayList<>();
    final Map<String, List<Double>> attributes = new LinkedHashMap<>();
    final Map<String, String> words = new LinkedHashMap<>();
    @Nullable StoredTensor constant;
    String name = "";
    String type = "";

    @Override
    public String toString() {
      return "'%s' (%s)".formatted(name.isEmpty() ? String.join(", ", outputs) : name, type);
    }
  }

  /** Operations whose inputs must all but one be weights. */
  private static final Set<String> WEIGHTED =
      Set.of("Conv", "Gemm", "MatMul", "BatchNormalization", "Add", "Sub", "Mul", "Div");

  /** Inputs of other operations that are settings, which were attributes in earlier versions. */
  private static final Map<String, List<String>> SETTINGS =
      Map.of(
          "Reshape", List.of("shape"),
          "Squeeze", List.of("axes"),
          "Unsqueeze", List.of("axes"),
          "ReduceMean", List.of("axes"),
          "ReduceMax", List.of("axes"),
          "Pad", List.of("pads", "value", "axes"),
          "Clip", List.of("min", "max"),
          "Dropout", List.of("ratio", "training_mode"));

  private static final int MOST_SETTINGS = 64;

  private final List<RawNode> nodes;
  private final Map<String, List<Double>> inputs;
  private final List<String> outputs;
  private final Map<String, StoredTensor> constants;
  private final Map<String, StoredTensor> stored;

  /** Numbers that are known without being stored; those that depend on the input are NaN. */
  private final Map<String, List<Double>> numbers = new HashMap<>();

  /**
   * Values that are computed from constants or shapes in an unsupported way, with the node that
   * computes them.
   */
  private final Map<String, String> computed = new HashMap<>();

  private final Set<String> data = new LinkedHashSet<>();

  /**
   * @param nodes in the order of the file, which is an order of execution
   * @param initializers by name
   * @param inputs shapes by name; initialisers may be among them
   * @param outputs names
   */
  OnnxGraph(
      List<RawNode> nodes,
      Map<String, StoredTensor> initializers,
      Map<String, List<Double>> inputs,
      List<String> outputs) {
    this.nodes = nodes;
    this.inputs = inputs;
    this.outputs = outputs;
    this.constants = new LinkedHashMap<>(initializers);
    for (RawNode node : nodes) {
      if (node.type.equals("Constant") && node.constant != null && !node.outputs.isEmpty()) {
        String name = node.outputs.get(0);
        if (constants.put(name, node.constant.named(name)) != null) {
          throw new InputException("it has two constants named " + name);
        }
      }
    }
    this.stored = new LinkedHashMap<>(constants);
    inputs.keySet().stream().filter(name -> !constants.containsKey(name)).forEach(data::add);
  }

  /** Initialisers and the values of Constant nodes, by name. */
  Map<String, StoredTensor> constants() {
    return stored;
  }

  /**
   * The nodes from the input, which is the first of them, to the scores.
   *
   * @throws InputException if a node takes anything but constants and the output of the one before
   */
  List<TensorFile.Node> chain() throws IOException {
    List<TensorFile.Node> chain = new ArrayList<>();
    String last = null;
    for (RawNode node : nodes) {
      if (node.type.equals("Constant") || node.outputs.isEmpty()) {
        continue;
      }
      List<String> taken = node.inputs.stream().filter(data::contains).toList();
      if (taken.isEmpty()) {
        fold(node);
      } else if (node.type.equals("Shape") || node.type.equals("Size")) {
        computed.put(node.outputs.get(0), node.toString());
      } else {
        if (last == null) {
          last = taken.get(0);
          List<Double> shape = inputs.getOrDefault(last, List.of());
          chain.add(new TensorFile.Node("Input", last, List.of(), Map.of("shape", shape)));
        }
        if (taken.size() != 1 || !taken.get(0).equals(last)) {
          throw new InputException(
              "its graph is not a chain from its input at node %s, so it is not a VGG network"
                  .formatted(node));
        }
        chain.add(linked(node, last));
        last = node.outputs.get(0);
        data.addAll(node.outputs);
      }
    }
    if (last == null || (!outputs.isEmpty() && !outputs.contains(last))) {
      throw new InputException(
          "its output (%s) is not that of its last operation, so it is not a VGG network"
              .formatted(String.join(", ", outputs)));
    }
    return chain;
  }

  private TensorFile.Node linked(RawNode node, String last) throws IOException {
    List<StoredTensor> weights = new ArrayList<>();
    Map<String, List<Double>> attributes = new LinkedHashMap<>(node.attributes);
    if (WEIGHTED.contains(node.type)) {
      if (!node.inputs.get(0).equals(last) && !node.type.equals("Add")) {
        throw new InputException(
            "node %s takes the output of the one before as its weights: it is not a VGG network"
                .formatted(node));
      }
      for (String other : node.inputs) {
        if (!other.equals(last) && !other.isEmpty()) {
          weights.add(constant(node, other));
        }
      }
    }
    List<String> settings = SETTINGS.getOrDefault(node.type, List.of());
    for (int i = 0; i < settings.size() && i + 1 < node.inputs.size(); i++) {
      String name = node.inputs.get(i + 1);
      List<Double> values = name.isEmpty() ? null : known(name);
      if (values != null) {
        attributes.put(settings.get(i), values);
      } else if (!name.isEmpty() && !node.type.equals("Reshape")) {
        constant(node, name); // throws an exception that says why it is unknown
      }
    }
    String name = node.name.isEmpty() ? node.outputs.get(0) : node.name;
    return new TensorFile.Node(node.type, name, weights, attributes, node.words);
  }

  private StoredTensor constant(RawNode node, String name) {
    StoredTensor tensor = constants.get(name);
    if (tensor == null) {
      throw new InputException(
          "the weight '%s' of node %s is %s: save the network with plain float32 initialisers"
              .formatted(
                  name,
                  node,
                  computed.containsKey(name)
                      ? "computed by node " + computed.get(name)
                      : "missing, or stored in a form that is not read"));
    }
    return tensor;
  }

  // ---------------------------------------------------------------------------------- folding

  /** Evaluates another view of a constant, or a step of computing a shape. */
  private void fold(RawNode node) throws IOException {
    String output = node.outputs.get(0);
    StoredTensor tensor = node.inputs.isEmpty() ? null : constants.get(node.inputs.get(0));
    StoredTensor view = tensor == null ? null : view(node, tensor);
    List<Double> values = view == null ? values(node) : null;
    if (view != null) {
      constants.put(output, view);
    } else if (values != null) {
      numbers.put(output, values);
    } else {
      node.outputs.forEach(name -> computed.put(name, node.toString()));
    }
  }

  /** Returns null if it is more than another view. */
  private @Nullable StoredTensor view(RawNode node, StoredTensor tensor) throws IOException {
    List<Integer> shape = tensor.shape();
    int rank = shape.size();
    return switch (node.type) {
      case "Identity" -> tensor;
      case "Cast" -> isReal(node) == tensor.type().isReal() ? tensor : null;
      case "Transpose" -> {
        List<Double> axes = node.attributes.getOrDefault("perm", List.of());
        int[] order = new int[rank];
        Set<Integer> seen = new LinkedHashSet<>();
        for (int axis = 0; axis < rank; axis++) {
          order[axis] = axes.size() == rank ? axes.get(axis).intValue() : rank - 1 - axis;
          seen.add(order[axis]);
        }
        boolean valid = seen.stream().allMatch(axis -> axis >= 0 && axis < rank);
        yield valid && seen.size() == rank ? tensor.permuted(order) : null;
      }
      case "Reshape", "Squeeze", "Unsqueeze", "Flatten" -> reshaped(node, tensor);
      default -> null;
    };
  }

  private static boolean isReal(RawNode node) {
    return node.attributes.getOrDefault("to", List.of()).stream()
        .allMatch(type -> type == 1 || type == 10 || type == 11 || type == 16);
  }

  private @Nullable StoredTensor reshaped(RawNode node, StoredTensor tensor) throws IOException {
    List<Integer> sizes = new ArrayList<>();
    List<Double> setting =
        node.inputs.size() > 1
            ? known(node.inputs.get(1))
            : node.attributes.get(node.type.equals("Reshape") ? "shape" : "axes");
    List<Integer> shape = tensor.shape();
    switch (node.type) {
      case "Reshape" -> {
        if (setting == null) {
          return null;
        }
        setting.forEach(
            size ->
                sizes.add(
                    size == 0 && sizes.size() < shape.size()
                        ? shape.get(sizes.size())
                        : size.intValue()));
      }
      case "Flatten" -> sizes.addAll(List.of(shape.isEmpty() ? 1 : shape.get(0), -1));
      case "Squeeze" -> {
        for (int axis = 0; axis < shape.size(); axis++) {
          if (shape.get(axis) != 1 || (setting != null && !has(setting, axis, shape.size()))) {
            sizes.add(shape.get(axis));
          }
        }
      }
      default -> {
        if (setting == null) {
          return null;
        }
        int rank = shape.size() + setting.size();
        for (int axis = 0, from = 0; axis < rank; axis++) {
          boolean isNew = has(setting, axis, rank) || from == shape.size();
          sizes.add(isNew ? 1 : shape.get(from++));
        }
      }
    }
    int known = 1;
    for (int size : sizes) {
      known *= size < 0 ? 1 : Math.max(1, size);
    }
    int open = tensor.length() / known;
    sizes.replaceAll(size -> size < 0 ? open : size);
    long length = sizes.stream().mapToLong(Integer::longValue).reduce(1, (a, b) -> a * b);
    return length == tensor.length() ? tensor.reshaped(sizes.toArray(Integer[]::new)) : null;
  }

  private static boolean has(List<Double> axes, int axis, int rank) {
    return axes.contains((double) axis) || axes.contains((double) (axis - rank));
  }

  /** The result of a step that computes a shape; null if such a step is not supported. */
  private @Nullable List<Double> values(RawNode node) throws IOException {
    List<List<Double>> parts = new ArrayList<>();
    for (String input : node.inputs) {
      List<Double> part = known(input);
      parts.add(part == null ? List.of() : part);
    }
    return switch (node.type) {
      case "Gather" ->
          parts.size() == 2 && parts.get(0).isEmpty()
              ? parts.get(1).stream().map(index -> Double.NaN).toList()
              : null;
      case "Concat" ->
          parts.stream().anyMatch(List::isEmpty)
              ? null
              : parts.stream().flatMap(List::stream).toList();
      case "Unsqueeze", "Squeeze", "Cast", "Identity" ->
          parts.isEmpty() || parts.get(0).isEmpty() ? null : parts.get(0);
      default -> null;
    };
  }

  /** The few numbers of a setting; null if they are unknown. */
  private @Nullable List<Double> known(String name) throws IOException {
    StoredTensor tensor = constants.get(name);
    if (tensor == null) {
      return numbers.get(name);
    }
    if (tensor.length() > MOST_SETTINGS || !tensor.isContiguous()) {
      return null;
    }
    ByteBuffer bytes = ByteBuffer.allocate((int) tensor.extent()).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer held = tensor.held();
    if (held != null) {
      bytes.put(held.slice((int) tensor.position(), bytes.remaining()));
    } else {
      try (FileChannel channel = FileChannel.open(tensor.file(), StandardOpenOption.READ)) {
        while (bytes.hasRemaining()) {
          if (channel.read(bytes, tensor.position() + bytes.position()) < 0) {
            return null; // reading the weights will report that the file was cut short
          }
        }
      }
    }
    return values(bytes.flip(), tensor.type());
  }

  private static List<Double> values(ByteBuffer bytes, NumberType type) {
    List<Double> values = new ArrayList<>();
    while (bytes.hasRemaining()) {
      values.add(
          switch (type) {
            case F64 -> bytes.getDouble();
            case F32 -> (double) bytes.getFloat();
            case F16 -> (double) NumberType.halfToFloat(bytes.getShort());
            case BF16 -> (double) Float.intBitsToFloat(bytes.getShort() << 16);
            case I64 -> (double) bytes.getLong();
            case I32 -> (double) bytes.getInt();
            case I16 -> (double) bytes.getShort();
            case I8 -> (double) bytes.get();
            case C64, C128 -> throw new IllegalStateException("ONNX files have no " + type);
          });
    }
    return values;
  }
}
