package org.vgg4j.weights.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.weights.tensor.NumberType;
import org.vgg4j.weights.tensor.StoredTensor;

/** Reads an ONNX network from its protocol buffer; {@link OnnxGraph} turns it into a chain. */
final class OnnxFile {
  private static final int MODEL_PRODUCER = 2;
  private static final int MODEL_GRAPH = 7;
  private static final int MODEL_PROPERTY = 14;
  private static final int GRAPH_NODE = 1;
  private static final int GRAPH_NAME = 2;
  private static final int GRAPH_INITIALIZER = 5;
  private static final int GRAPH_INPUT = 11;
  private static final int GRAPH_OUTPUT = 12;
  private static final int VALUE_NAME = 1;
  private static final int VALUE_TYPE = 2;
  private static final int TYPE_TENSOR = 1;
  private static final int TENSOR_TYPE_SHAPE = 2;
  private static final int SHAPE_DIMENSION = 1;
  private static final int DIMENSION_VALUE = 1;
  private static final int NODE_INPUT = 1;
  private static final int NODE_OUTPUT = 2;
  private static final int NODE_NAME = 3;
  private static final int NODE_TYPE = 4;
  private static final int NODE_ATTRIBUTE = 5;
  private static final int NODE_DOMAIN = 7;
  private static final int ATTRIBUTE_NAME = 1;
  private static final int ATTRIBUTE_FLOAT = 2;
  private static final int ATTRIBUTE_NUMBER = 3;
  private static final int ATTRIBUTE_TEXT = 4;
  private static final int ATTRIBUTE_TENSOR = 5;
  private static final int ATTRIBUTE_FLOATS = 7;
  private static final int ATTRIBUTE_NUMBERS = 8;
  private static final int TENSOR_DIMENSIONS = 1;
  private static final int TENSOR_TYPE = 2;
  private static final int TENSOR_FLOATS = 4;
  private static final int TENSOR_NUMBERS = 5;
  private static final int TENSOR_LONGS = 7;
  private static final int TENSOR_NAME = 8;
  private static final int TENSOR_RAW = 9;
  private static final int TENSOR_DOUBLES = 10;
  private static final int TENSOR_EXTERNAL = 13;
  private static final int ENTRY_KEY = 1;
  private static final int ENTRY_VALUE = 2;

  private static final Map<Long, NumberType> TYPES =
      Map.ofEntries(
          Map.entry(1L, NumberType.F32),
          Map.entry(10L, NumberType.F16),
          Map.entry(11L, NumberType.F64),
          Map.entry(16L, NumberType.BF16),
          Map.entry(2L, NumberType.I8),
          Map.entry(3L, NumberType.I8),
          Map.entry(4L, NumberType.I16),
          Map.entry(5L, NumberType.I16),
          Map.entry(6L, NumberType.I32),
          Map.entry(7L, NumberType.I64),
          Map.entry(9L, NumberType.I8));

  private static final int MOST_ATTRIBUTES = 100;
  private static final int MOST =
      10_000; // limit for nodes and initialisers; a VGG network has a hundred

  private final Path file;
  private final ProtocolBuffer buffer;
  private final Map<String, String> metadata = new LinkedHashMap<>();
  private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();
  private final List<OnnxGraph.RawNode> rawNodes = new ArrayList<>();
  private final Map<String, List<Double>> graphInputs = new LinkedHashMap<>();
  private final List<String> graphOutputs = new ArrayList<>();

  private OnnxFile(Path file, ProtocolBuffer buffer) {
    this.file = file;
    this.buffer = buffer;
  }

  /**
   * Reads the graph.
   *
   * @throws InputException if there is none or it is not a chain; the message does not name the
   *     file
   */
  static TensorFile read(Path file) throws IOException {
    try (ProtocolBuffer buffer = new ProtocolBuffer(file)) {
      OnnxFile reader = new OnnxFile(file, buffer);
      buffer.root(reader::model);
      if (reader.rawNodes.isEmpty()) {
        throw new InputException("it holds no ONNX graph");
      }
      OnnxGraph graph =
          new OnnxGraph(reader.rawNodes, reader.tensors, reader.graphInputs, reader.graphOutputs);
      return new TensorFile(file, Format.ONNX, reader.metadata, graph.constants(), graph.chain());
    }
  }

  private boolean model(int number, boolean lengthDelimited) throws IOException {
    if (number == MODEL_PRODUCER && lengthDelimited) {
      metadata.put("producer", buffer.text());
    } else if (number == MODEL_GRAPH && lengthDelimited) {
      buffer.message(this::graph);
    } else if (number == MODEL_PROPERTY && lengthDelimited) {
      Map<String, String> property = new HashMap<>();
      entry(property);
      property.forEach((key, value) -> metadata.put("property." + key, value));
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
          "it has more than " + MOST + " nodes or weights: it is not a VGG network");
    }
    switch (number) {
      case GRAPH_NODE -> rawNodes.add(node());
      case GRAPH_INPUT -> value(graphInputs);
      case GRAPH_OUTPUT -> {
        Map<String, List<Double>> output = new HashMap<>();
        value(output);
        graphOutputs.addAll(output.keySet());
      }
      case GRAPH_NAME -> metadata.put("graph", buffer.text());
      case GRAPH_INITIALIZER -> {
        StoredTensor tensor = tensor();
        if (tensor != null && tensors.put(tensor.name(), tensor) != null) {
          throw new InputException("it has two initialisers named " + tensor.name());
        }
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  /** The name and shape of an input or output; sizes that are left open are NaN. */
  private void value(Map<String, List<Double>> values) throws IOException {
    String[] name = {""};
    List<Double> shape = new ArrayList<>();
    buffer.message(
        (number, lengthDelimited) -> {
          if (number == VALUE_NAME && lengthDelimited) {
            name[0] = buffer.text();
            return true;
          }
          return number == VALUE_TYPE
              && lengthDelimited
              && within(TYPE_TENSOR, TENSOR_TYPE_SHAPE, shape);
        });
    values.put(name[0], List.copyOf(shape));
  }

  private boolean within(int outer, int inner, List<Double> shape) throws IOException {
    buffer.message(
        (number, lengthDelimited) -> {
          if (number != outer || !lengthDelimited) {
            return false;
          }
          buffer.message(
              (field, delimited) -> {
                if (field != inner || !delimited) {
                  return false;
                }
                buffer.message(
                    (dimension, isMessage) -> {
                      if (dimension != SHAPE_DIMENSION || !isMessage || shape.size() > MOST) {
                        return false;
                      }
                      shape.add(size());
                      return true;
                    });
                return true;
              });
          return true;
        });
    return true;
  }

  private double size() throws IOException {
    double[] size = {Double.NaN};
    buffer.message(
        (number, lengthDelimited) -> {
          if (number != DIMENSION_VALUE || lengthDelimited) {
            return false;
          }
          size[0] = buffer.number();
          return true;
        });
    return size[0];
  }

  private OnnxGraph.RawNode node() throws IOException {
    OnnxGraph.RawNode node = new OnnxGraph.RawNode();
    String[] domain = {""};
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
            case NODE_DOMAIN -> domain[0] = buffer.text();
            case NODE_ATTRIBUTE -> attribute(node);
            default -> {
              return false;
            }
          }
          return true;
        });
    if (!domain[0].isEmpty() && !domain[0].equals("ai.onnx")) {
      node.type = domain[0] + "." + node.type; // a different operation, whatever its name
    }
    return node;
  }

  private void attribute(OnnxGraph.RawNode node) throws IOException {
    String[] name = {""};
    List<Double> numbers = new ArrayList<>();
    boolean[] real = {false};
    buffer.message(
        (number, lengthDelimited) -> {
          switch (number) {
            case ATTRIBUTE_NAME -> name[0] = buffer.text();
            case ATTRIBUTE_FLOAT, ATTRIBUTE_FLOATS -> {
              real[0] = true;
              for (float value : buffer.floats(lengthDelimited)) {
                numbers.add((double) value);
              }
            }
            case ATTRIBUTE_NUMBER, ATTRIBUTE_NUMBERS ->
                buffer.numbers(lengthDelimited).forEach(whole -> numbers.add((double) whole));
            case ATTRIBUTE_TEXT -> node.words.put(name[0], buffer.text());
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
    if (node.constant == null && name[0].startsWith("value_")) {
      node.constant = listed(numbers, real[0], name[0].endsWith("s"));
    }
  }

  /** Numbers of a Constant that are not a tensor: value_float, value_ints and so on. */
  private StoredTensor listed(List<Double> numbers, boolean real, boolean isList) {
    NumberType type = real ? NumberType.F32 : NumberType.I64;
    ByteBuffer bytes =
        ByteBuffer.allocate(numbers.size() * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (double number : numbers) {
      if (real) {
        bytes.putFloat((float) number);
      } else {
        bytes.putLong((long) number);
      }
    }
    List<Integer> shape = isList ? List.of(numbers.size()) : List.of();
    return StoredTensor.held("a constant", file, bytes.flip(), type, shape);
  }

  /** Returns null if weights cannot have its type or form. */
  private @Nullable StoredTensor tensor() throws IOException {
    List<Integer> shape = new ArrayList<>();
    String[] name = {""};
    long[] type = {0};
    List<ProtocolBuffer.Span> raw = new ArrayList<>();
    List<Long> whole = new ArrayList<>();
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
            case TENSOR_NUMBERS, TENSOR_LONGS -> whole.addAll(buffer.manyNumbers(lengthDelimited));
            case TENSOR_FLOATS, TENSOR_DOUBLES, TENSOR_RAW -> {
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
    if (numbers == null || raw.size() > 1) {
      return null;
    }
    if (raw.isEmpty() && external.isEmpty()) {
      return whole.isEmpty() ? null : converted(name[0], numbers, shape, whole);
    }
    if (!external.isEmpty()) {
      return external(name[0], numbers, shape, external);
    }
    return requireLength(
        StoredTensor.contiguous(name[0], file, raw.get(0).position(), numbers, shape),
        raw.get(0).length());
  }

  /** Numbers that are stored one by one; half-precision ones as their bits. */
  private StoredTensor converted(
      String name, NumberType type, List<Integer> shape, List<Long> numbers) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(numbers.size(), type.bytes()))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (long number : numbers) {
      switch (type.bytes()) {
        case 1 -> bytes.put((byte) number);
        case 2 -> bytes.putShort((short) number);
        case 4 -> bytes.putInt((int) number);
        default -> bytes.putLong(number);
      }
    }
    return StoredTensor.held(name, file, bytes.flip(), type, shape);
  }

  private static StoredTensor requireLength(StoredTensor tensor, long bytes) {
    if (tensor.extent() != bytes) {
      throw new InputException(
          "initialiser %s of shape %s has %d bytes: get the file again"
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

  /**
   * Numbers in a file beside this one; files elsewhere are never touched, whatever the graph says.
   */
  private StoredTensor external(
      String name, NumberType type, List<Integer> shape, Map<String, String> entries)
      throws IOException {
    String location = entries.getOrDefault("location", "");
    Path folder = Objects.requireNonNull(file.toAbsolutePath().normalize().getParent());
    try {
      Path data = folder.resolve(location).normalize();
      if (location.isEmpty() || !data.startsWith(folder)) {
        throw new InputException(
            "it refers to weights in %s, outside its folder, which are not read: put that file"
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
      throw new InputException("the location of its external weights is malformed", e);
    }
  }
}
