package org.vgg4j.weights.format;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.weights.tensor.NumberType;
import org.vgg4j.weights.tensor.StoredTensor;

/**
 * Reads a trained network as Caffe writes it: a NetParameter whose layers hold their blobs. Layers
 * may have the present form, or the old one of the authors' files.
 */
final class CaffeFile {
  private static final int NET_NAME = 1;
  private static final int NET_OLD_LAYERS = 2;
  private static final int NET_INPUT_SIZE = 4;
  private static final int NET_INPUT_SHAPE = 8;
  private static final int NET_LAYERS = 100;
  private static final int BLOB_NUM = 1;
  private static final int BLOB_WIDTH = 4;
  private static final int BLOB_DATA = 5;
  private static final int BLOB_SHAPE = 7;
  private static final int BLOB_DOUBLES = 8;
  private static final int SHAPE_DIMENSIONS = 1;

  private enum Kind {
    WHOLE,
    REAL,
    TEXT,
    SHAPE
  }

  /** A field of a layer's parameters. */
  private record Field(String name, Kind kind) {}

  private static Field whole(String name) {
    return new Field(name, Kind.WHOLE);
  }

  private static Field real(String name) {
    return new Field(name, Kind.REAL);
  }

  /** Names of a layer's parameters by field number, for each kind of layer. */
  private static final class Parameters {
    static final Map<Integer, Field> CONVOLUTION =
        Map.of(
            3, whole("pad"),
            9, whole("pad"),
            10, whole("pad"),
            5, whole("group"),
            6, whole("stride"),
            13, whole("stride"),
            14, whole("stride"),
            18, whole("dilation"));
    static final Map<Integer, Field> POOLING =
        Map.ofEntries(
            Map.entry(1, whole("pool")),
            Map.entry(2, whole("kernel_size")),
            Map.entry(5, whole("kernel_size")),
            Map.entry(6, whole("kernel_size")),
            Map.entry(3, whole("stride")),
            Map.entry(7, whole("stride")),
            Map.entry(8, whole("stride")),
            Map.entry(4, whole("pad")),
            Map.entry(9, whole("pad")),
            Map.entry(10, whole("pad")),
            Map.entry(12, whole("global_pooling")));
    static final Map<Integer, Field> RELU = Map.of(1, real("negative_slope"));
    static final Map<Integer, Field> PRODUCT = Map.of(5, whole("axis"), 6, whole("transpose"));
    static final Map<Integer, Field> LRN =
        Map.of(
            1, whole("local_size"),
            2, real("alpha"),
            3, real("beta"),
            4, whole("norm_region"),
            5, real("k"));
    static final Map<Integer, Field> TRANSFORM =
        Map.of(
            1, real("transform.scale"),
            3, whole("transform.crop_size"),
            4, new Field("transform.mean_file", Kind.TEXT),
            5, real("transform.mean_value"));

    /** Where data layers had these settings before transform_param existed. */
    static final Map<Integer, Field> DATA =
        Map.of(
            2, real("transform.scale"),
            3, new Field("transform.mean_file", Kind.TEXT),
            5, whole("transform.crop_size"));

    static final Map<Integer, Field> INPUT = Map.of(1, new Field("shape", Kind.SHAPE));

    private Parameters() {}
  }

  /** Field numbers of a layer, which differ between its two forms. */
  private enum LayerForm {
    OLD(
        4,
        5,
        6,
        2,
        3,
        Map.of(
            10,
            Parameters.CONVOLUTION,
            19,
            Parameters.POOLING,
            30,
            Parameters.RELU,
            17,
            Parameters.PRODUCT,
            18,
            Parameters.LRN,
            36,
            Parameters.TRANSFORM,
            11,
            Parameters.DATA,
            15,
            Parameters.DATA)),
    PRESENT(
        1,
        2,
        7,
        3,
        4,
        Map.of(
            106,
            Parameters.CONVOLUTION,
            121,
            Parameters.POOLING,
            123,
            Parameters.RELU,
            117,
            Parameters.PRODUCT,
            118,
            Parameters.LRN,
            100,
            Parameters.TRANSFORM,
            107,
            Parameters.DATA,
            115,
            Parameters.DATA,
            143,
            Parameters.INPUT));

    private final int name;
    private final int type;
    private final int blobs;
    private final int bottom;
    private final int top;
    private final Map<Integer, Map<Integer, Field>> parameters;

    LayerForm(
        int name,
        int type,
        int blobs,
        int bottom,
        int top,
        Map<Integer, Map<Integer, Field>> parameters) {
      this.name = name;
      this.type = type;
      this.blobs = blobs;
      this.bottom = bottom;
      this.top = top;
      this.parameters = parameters;
    }
  }

  /** Type numbers of the old form, as far as VGG networks use them. */
  private static final Map<Long, String> OLD_TYPES =
      Map.ofEntries(
          Map.entry(1L, "Accuracy"),
          Map.entry(4L, "Convolution"),
          Map.entry(5L, "Data"),
          Map.entry(6L, "Dropout"),
          Map.entry(8L, "Flatten"),
          Map.entry(12L, "ImageData"),
          Map.entry(14L, "InnerProduct"),
          Map.entry(15L, "LRN"),
          Map.entry(17L, "Pooling"),
          Map.entry(18L, "ReLU"),
          Map.entry(20L, "Softmax"),
          Map.entry(21L, "SoftmaxWithLoss"),
          Map.entry(22L, "Split"));

  private static final int MOST_LAYERS = 10_000;

  private final Path file;
  private final ProtocolBuffer buffer;
  private final Map<String, String> metadata = new LinkedHashMap<>();
  private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();
  private final List<TensorFile.Node> nodes = new ArrayList<>();
  private final List<Double> inputShape = new ArrayList<>();

  private CaffeFile(Path file, ProtocolBuffer buffer) {
    this.file = file;
    this.buffer = buffer;
  }

  /**
   * Reads the layers.
   *
   * @throws InputException if it holds none; the message does not name the file
   */
  static TensorFile read(Path file) throws IOException {
    try (ProtocolBuffer buffer = new ProtocolBuffer(file)) {
      CaffeFile reader = new CaffeFile(file, buffer);
      buffer.root(reader::net);
      if (reader.tensors.isEmpty()) {
        throw new InputException(
            "it holds no layer with weights: give a .caffemodel, not a .prototxt or .binaryproto");
      }
      if (!reader.inputShape.isEmpty()) { // the form from before there was an input layer
        reader.nodes.add(
            0, new TensorFile.Node("Input", "data", List.of(), Map.of("shape", reader.inputShape)));
      }
      return new TensorFile(file, Format.CAFFE, reader.metadata, reader.tensors, reader.nodes);
    }
  }

  private boolean net(int number, boolean lengthDelimited) throws IOException {
    if (number == NET_INPUT_SIZE) {
      sizes(lengthDelimited, inputShape);
      return true;
    }
    if (!lengthDelimited) {
      return false;
    }
    switch (number) {
      case NET_NAME -> metadata.put("name", buffer.text());
      case NET_OLD_LAYERS -> layer(LayerForm.OLD);
      case NET_LAYERS -> layer(LayerForm.PRESENT);
      case NET_INPUT_SHAPE -> shape(inputShape);
      default -> {
        return false;
      }
    }
    return true;
  }

  private void layer(LayerForm form) throws IOException {
    String[] name = {""};
    String[] type = {""};
    List<StoredTensor> blobs = new ArrayList<>();
    Map<String, List<Double>> attributes = new LinkedHashMap<>();
    Map<String, String> words = new LinkedHashMap<>();
    if (nodes.size() > MOST_LAYERS) {
      throw new InputException(
          "it has more than " + MOST_LAYERS + " layers: it is not a VGG network");
    }
    buffer.message(
        (number, lengthDelimited) -> {
          Map<Integer, Field> known = form.parameters.get(number);
          if (known != null && lengthDelimited) {
            parameters(known, attributes, words);
          } else if (number == form.bottom && lengthDelimited) {
            words.merge("bottom", buffer.text(), (before, one) -> before + "\n" + one);
          } else if (number == form.top && lengthDelimited) {
            words.merge("top", buffer.text(), (before, one) -> before + "\n" + one);
          } else if (number == form.name && lengthDelimited) {
            name[0] = buffer.text();
          } else if (number == form.type) {
            type[0] =
                lengthDelimited
                    ? buffer.text()
                    : OLD_TYPES.getOrDefault(buffer.number(), "another type");
          } else if (number == form.blobs && lengthDelimited) {
            StoredTensor blob = blob();
            if (blob != null) {
              blobs.add(blob);
            }
          } else {
            return false;
          }
          return true;
        });
    List<StoredTensor> named = new ArrayList<>();
    for (int i = 0; i < blobs.size(); i++) {
      StoredTensor tensor = blobs.get(i).named(name[0] + (i == 0 ? ".weight" : ".blob" + i));
      if (tensors.put(tensor.name(), tensor) != null) {
        throw new InputException("it has two layers named " + name[0]);
      }
      named.add(tensor);
    }
    nodes.add(new TensorFile.Node(type[0], name[0], named, attributes, words));
  }

  private void parameters(
      Map<Integer, Field> known, Map<String, List<Double>> attributes, Map<String, String> words)
      throws IOException {
    buffer.message(
        (number, lengthDelimited) -> {
          Field field = known.get(number);
          boolean isWhole = field != null && field.kind == Kind.WHOLE; // single or packed
          if (field == null || (!isWhole && lengthDelimited == (field.kind == Kind.REAL))) {
            return false;
          }
          if (field.kind == Kind.TEXT) {
            words.put(field.name, buffer.text());
            return true;
          }
          List<Double> values = attributes.computeIfAbsent(field.name, key -> new ArrayList<>());
          if (field.kind == Kind.REAL) {
            values.add((double) buffer.float32());
            return true;
          }
          if (field.kind == Kind.SHAPE) {
            shape(values);
          } else {
            sizes(lengthDelimited, values);
          }
          return true;
        });
  }

  /** The sizes in a BlobShape message. */
  private void shape(List<Double> sizes) throws IOException {
    buffer.message(
        (number, lengthDelimited) -> {
          if (number != SHAPE_DIMENSIONS) {
            return false;
          }
          sizes(lengthDelimited, sizes);
          return true;
        });
  }

  private void sizes(boolean packed, List<Double> sizes) throws IOException {
    for (long value : buffer.numbers(packed)) {
      if (sizes.size() == MOST_LAYERS) {
        throw new InputException("it has a list of more than " + MOST_LAYERS + " sizes");
      }
      sizes.add((double) value);
    }
  }

  /** Returns null if the blob holds no numbers. */
  private @Nullable StoredTensor blob() throws IOException {
    Integer[] old = new Integer[BLOB_WIDTH];
    List<Integer> shape = new ArrayList<>();
    List<ProtocolBuffer.Span> data = new ArrayList<>();
    NumberType[] type = {NumberType.F32};
    buffer.message(
        (number, lengthDelimited) -> {
          if (number >= BLOB_NUM && number <= BLOB_WIDTH && !lengthDelimited) {
            old[number - BLOB_NUM] = size(buffer.number());
          } else if (number == BLOB_SHAPE && lengthDelimited) {
            buffer.message(
                (field, packed) -> {
                  if (field != SHAPE_DIMENSIONS) {
                    return false;
                  }
                  for (long size : buffer.numbers(packed)) {
                    ProtocolBuffer.addSize(shape, size(size));
                  }
                  return true;
                });
          } else if (number == BLOB_DATA || number == BLOB_DOUBLES) {
            if (!lengthDelimited) {
              throw new InputException("its numbers are not packed, as Caffe always packs them");
            }
            type[0] = number == BLOB_DATA ? NumberType.F32 : NumberType.F64;
            data.add(buffer.span());
          } else {
            return false;
          }
          return true;
        });
    if (data.isEmpty()) {
      return null;
    }
    if (data.size() > 1) {
      throw new InputException("the numbers of one blob are in several places");
    }
    for (Integer size : old) {
      if (size != null) {
        ProtocolBuffer.addSize(shape, size);
      }
    }
    ProtocolBuffer.Span span = data.get(0);
    StoredTensor tensor = StoredTensor.contiguous("a blob", file, span.position(), type[0], shape);
    if (tensor.extent() != span.length()) {
      throw new InputException(
          "a blob of shape %s has %d bytes: get the file again"
              .formatted(tensor.shapeText(), span.length()));
    }
    return tensor;
  }

  private static int size(long size) {
    if (size < 0 || size > Integer.MAX_VALUE) {
      throw new InputException("a blob has the impossible size " + size);
    }
    return (int) size;
  }
}
