package org.vgg4j.weights.format;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.weights.tensor.NumberType;
import org.vgg4j.weights.tensor.StoredTensor;

/**
 * A network in ONNX: the graph's nodes with the initialisers that each one takes. The graph must be
 * a chain, as a VGG network is; nodes that only compute shapes are passed over.
 */
final class OnnxFile {
  private static final int MODEL_PRODUCER = 2;
  private static final int MODEL_GRAPH = 7;
  private static final int GRAPH_NODE = 1;
  private static final int GRAPH_NAME = 2;
  private static final int GRAPH_INITIALIZER = 5;
  private static final int GRAPH_INPUT = 11;
  private static final int VALUE_NAME = 1;
  private static final int NODE_INPUT = 1;
  private static final int NODE_OUTPUT = 2;
  private static final int NODE_NAME = 3;
  private static final int NODE_TYPE = 4;
  private static final int NODE_ATTRIBUTE = 5;
  private static final int ATTRIBUTE_NAME = 1;
  private static final int ATTRIBUTE_FLOAT = 2;
  private static final int ATTRIBUTE_NUMBER = 3;
  private static final int ATTRIBUTE_TENSOR = 5;
  private static final int ATTRIBUTE_NUMBERS = 8;
  private static final int TENSOR_DIMENSIONS = 1;
  private static final int TENSOR_TYPE = 2;
  private static final int TENSOR_FLOATS = 4;
  private static final int TENSOR_NAME = 8;
  private static final int TENSOR_RAW = 9;
  private static final int TENSOR_EXTERNAL = 13;
  private static final int ENTRY_KEY = 1;
  private static final int ENTRY_VALUE = 2;

  private static final Map<Long, NumberType> TYPES =
      Map.of(
          1L, NumberType.F32,
          10L, NumberType.F16,
          11L, NumberType.F64,
          16L, NumberType.BF16,
          6L, NumberType.I32,
          7L, NumberType.I64);

  /** Nodes that compute the shape for a Reshape, or only hold or pass a constant. */
  private static final Set<String> SHAPE_NODES =
      Set.of("Constant", "Shape", "Gather", "Unsqueeze", "Concat", "Cast", "Slice", "Identity");

  /** Nodes all of whose inputs but the first must be weights. */
  private static final Set<String> WEIGHTED =
      Set.of("Conv", "Gemm", "MatMul", "BatchNormalization", "Add");

  private static final int MOST_ATTRIBUTES = 100;
  private static final int MOST = 10_000; // nodes, initialisers; a VGG network has a hundred

  /** A node before its inputs are looked up. */
  private static final class RawNode {
    private final List<String> inputs = new ArrayList<>();
    private final List<String> outputs = new ArrayList<>();
    private final Map<String, List<Double>> attributes = new LinkedHashMap<>();
    private @Nullable StoredTensor constant;
    private String name = "";
    private String type = "";
  }

  private final Path file;
  private final ProtocolBuffer buffer;
  private final Map<String, String> metadata = new LinkedHashMap<>();
  private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();
  private final List<RawNode> rawNodes = new ArrayList<>();
  private final Set<String> graphInputs = new HashSet<>();

  private OnnxFile(Path file, ProtocolBuffer buffer) {
    this.file = file;
    this.buffer = buffer;
  }

  /**
   * Reads the graph.
   *
   * @throws InputException if it has none or is no chain; the message does not name the file
   */
  static TensorFile read(Path file) throws IOException {
    try (ProtocolBuffer buffer = new ProtocolBuffer(file)) {
      OnnxFile reader = new OnnxFile(file, buffer);
      buffer.root(reader::model);
      if (reader.rawNodes.isEmpty() || reader.tensors.isEmpty()) {
        throw new InputException("it holds no ONNX graph with weights");
      }
      return new TensorFile(file, Format.ONNX, reader.metadata, reader.tensors, reader.chain());
    }
  }

  private boolean model(int number, boolean lengthDelimited) throws IOException {
    if (number == MODEL_PRODUCER && lengthDelimited) {
      metadata.put("producer", buffer.text());
    } else if (number == MODEL_GRAPH && lengthDelimited) {
      buffer.message(this::graph);
    } else {
      return false;
    }
    return true;
  }

  private boolean graph(int number, boolean lengthDelimited) throws IOException {
    if (!lengthDelimited) {
      return false;
    }
    if (rawNodes.size() > MOST || tensors.size() > MOST || graphInputs.size() > MOST) {
      throw new InputException(
          "it has more than " + MOST + " nodes or weights: it is no VGG network");
    }
    switch (number) {
      case GRAPH_NODE -> rawNodes.add(node());
      case GRAPH_INPUT ->
          buffer.message(
              (field, delimited) -> {
                if (field != VALUE_NAME || !delimited) {
                  return false;
                }
                graphInputs.add(buffer.text());
                return true;
              });
      case GRAPH_NAME -> metadata.put("graph", buffer.text());
      case GRAPH_INITIALIZER -> {
        StoredTensor tensor = tensor();
        if (tensor != null && tensors.put(tensor.name(), tensor) != null) {
          throw new InputException("it has two initialisers of the name " + tensor.name());
        }
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private RawNode node() throws IOException {
    RawNode node = new RawNode();
    buffer.message(
        (number, lengthDelimited) -> {
          if (!lengthDelimited) {
            return false;
          }
          switch (number) {
            case NODE_INPUT -> node.inputs.add(buffer.text());
            case NODE_OUTPUT -> node.outputs.add(buffer.text());
            case NODE_NAME -> node.name = buffer.text();
            case NODE_TYPE -> node.type = buffer.text();
            case NODE_ATTRIBUTE -> attribute(node);
            default -> {
              return false;
            }
          }
          return true;
        });
    return node;
  }

  private void attribute(RawNode node) throws IOException {
    String[] name = {""};
    List<Double> numbers = new ArrayList<>();
    buffer.message(
        (number, lengthDelimited) -> {
          switch (number) {
            case ATTRIBUTE_NAME -> name[0] = buffer.text();
            case ATTRIBUTE_FLOAT -> numbers.add((double) buffer.float32());
            case ATTRIBUTE_NUMBER, ATTRIBUTE_NUMBERS ->
                buffer.numbers(lengthDelimited).forEach(whole -> numbers.add((double) whole));
            case ATTRIBUTE_TENSOR -> node.constant = tensor();
            default -> {
              return false;
            }
          }
          return true;
        });
    if (node.attributes.size() > MOST_ATTRIBUTES) {
      throw new InputException("it has a node of more than " + MOST_ATTRIBUTES + " attributes");
    }
    node.attributes.put(name[0], List.copyOf(numbers));
  }

  /** Null if its type or form is none that weights have. */
  private @Nullable StoredTensor tensor() throws IOException {
    List<Integer> shape = new ArrayList<>();
    String[] name = {""};
    long[] type = {0};
    List<ProtocolBuffer.Span> raw = new ArrayList<>();
    Map<String, String> external = new HashMap<>();
    buffer.message(
        (number, lengthDelimited) -> {
          switch (number) {
            case TENSOR_DIMENSIONS -> {
              for (long size : buffer.numbers(lengthDelimited)) {
                if (size < 0 || size > Integer.MAX_VALUE) {
                  throw new InputException("a tensor has the impossible size " + size);
                }
                ProtocolBuffer.addSize(shape, (int) size);
              }
            }
            case TENSOR_TYPE -> type[0] = buffer.number();
            case TENSOR_NAME -> name[0] = buffer.text();
            case TENSOR_FLOATS, TENSOR_RAW -> {
              if (!lengthDelimited) {
                return false;
              }
              raw.add(buffer.span());
            }
            case TENSOR_EXTERNAL -> entry(external);
            default -> {
              return false;
            }
          }
          return true;
        });
    NumberType numbers = TYPES.get(type[0]);
    if (numbers == null || (raw.size() != 1 && external.isEmpty())) {
      return null;
    }
    if (!external.isEmpty()) {
      return external(name[0], numbers, shape, external);
    }
    return requireLength(
        StoredTensor.contiguous(name[0], file, raw.get(0).position(), numbers, shape),
        raw.get(0).length());
  }

  private static StoredTensor requireLength(StoredTensor tensor, long bytes) {
    if (tensor.extent() != bytes) {
      throw new InputException(
          "initialiser %s of shape %s has %d bytes: get it again"
              .formatted(tensor.name(), tensor.shapeText(), bytes));
    }
    return tensor;
  }

  private void entry(Map<String, String> external) throws IOException {
    String[] pair = {"", ""};
    buffer.message(
        (number, lengthDelimited) -> {
          if (!lengthDelimited || (number != ENTRY_KEY && number != ENTRY_VALUE)) {
            return false;
          }
          pair[number - ENTRY_KEY] = buffer.text();
          return true;
        });
    external.put(pair[0], pair[1]);
  }

  /** Numbers in a file beside this one; one elsewhere is not touched, whatever the graph says. */
  private StoredTensor external(
      String name, NumberType type, List<Integer> shape, Map<String, String> entries)
      throws IOException {
    String location = entries.getOrDefault("location", "");
    Path folder = Objects.requireNonNull(file.toAbsolutePath().normalize().getParent());
    try {
      Path data = folder.resolve(location).normalize();
      if (location.isEmpty() || !data.startsWith(folder)) {
        throw new InputException(
            "its weights are said to be in %s, outside its folder, which is not read: put that file"
                    .formatted(location)
                + " beside it and save it again");
      }
      if (!Files.isRegularFile(data)) {
        throw new InputException("its weights are in " + data + ", which is missing: get it too");
      }
      if (!data.toRealPath().startsWith(folder.toRealPath())) {
        throw new InputException(
            "its weights in " + data + " are a link out of its folder, which is not followed");
      }
      long offset = Long.parseLong(entries.getOrDefault("offset", "0"));
      StoredTensor tensor = StoredTensor.contiguous(name, data, offset, type, shape);
      String length = entries.get("length");
      return length == null ? tensor : requireLength(tensor, Long.parseLong(length));
    } catch (InvalidPathException | NumberFormatException e) {
      throw new InputException("the place of its external weights cannot be understood", e);
    }
  }

  /** The nodes from the input to the scores, each of which takes what the one before gives. */
  private List<TensorFile.Node> chain() {
    Map<String, StoredTensor> constants = constants();
    List<TensorFile.Node> nodes = new ArrayList<>();
    String last = null;
    for (RawNode node : rawNodes) {
      if (SHAPE_NODES.contains(node.type)) {
        continue;
      }
      boolean swapped = node.type.equals("Add") && node.inputs.size() == 2;
      String input = node.inputs.isEmpty() ? "" : node.inputs.get(0);
      if (swapped && !isBelow(input, last, constants)) {
        input = node.inputs.get(1);
      }
      if (node.outputs.isEmpty() || !isBelow(input, last, constants)) {
        throw new InputException(
            "its graph is no chain from its input at node '%s' (%s), hence no VGG network"
                .formatted(node.name, node.type));
      }
      last = node.outputs.get(0);
      nodes.add(
          new TensorFile.Node(
              node.type, node.name, weights(node, input, constants), node.attributes));
    }
    return nodes;
  }

  /** Whether a value is what the last node gave, or, for the first, an input of the graph. */
  private boolean isBelow(
      String value, @Nullable String last, Map<String, StoredTensor> constants) {
    return last != null
        ? value.equals(last)
        : graphInputs.contains(value) && !constants.containsKey(value);
  }

  /** Initialisers, and what nodes hold or pass on of them. */
  private Map<String, StoredTensor> constants() {
    Map<String, StoredTensor> constants = new HashMap<>(tensors);
    for (RawNode node : rawNodes) {
      if (node.outputs.isEmpty()) {
        continue;
      }
      String output = node.outputs.get(0);
      if (node.type.equals("Constant") && node.constant != null) {
        constants.put(output, node.constant.named(output));
      } else if (node.type.equals("Identity") && node.inputs.size() == 1) {
        StoredTensor same = constants.get(node.inputs.get(0));
        if (same != null) {
          constants.put(output, same);
        }
      }
    }
    return constants;
  }

  private static List<StoredTensor> weights(
      RawNode node, String input, Map<String, StoredTensor> constants) {
    List<StoredTensor> weights = new ArrayList<>();
    for (String other : node.inputs) {
      if (other.equals(input) || other.isEmpty() || !WEIGHTED.contains(node.type)) {
        continue;
      }
      StoredTensor tensor = constants.get(other);
      if (tensor == null) {
        throw new InputException(
            "the weight '%s' of node '%s' is computed, or stored in a form that is not read: save the"
                    .formatted(other, node.name)
                + " network with plain float32 initialisers");
      }
      weights.add(tensor);
    }
    return weights;
  }
}
