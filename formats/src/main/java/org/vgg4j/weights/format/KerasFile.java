package org.vgg4j.weights.format;

import io.jhdf.HdfFile;
import io.jhdf.api.Attribute;
import io.jhdf.api.Dataset;
import io.jhdf.api.Group;
import io.jhdf.api.Node;
import io.jhdf.api.dataset.ContiguousDataset;
import io.jhdf.object.datatype.DataType;
import io.jhdf.object.datatype.FixedPoint;
import io.jhdf.object.datatype.FloatingPoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.AbortedException;
import org.vgg4j.base.InputException;
import org.vgg4j.weights.tensor.NumberType;
import org.vgg4j.weights.tensor.StoredTensor;

/**
 * Reads weights as Keras writes them to HDF5: a group for each layer, with their order in an
 * attribute, or, in Keras 3, groups numbered by kind of layer.
 */
final class KerasFile {
  /**
   * A key of the metadata: present if the file describes its network, rather than only listing its
   * weights.
   */
  static final String STATED = "architecture";

  /** A key of the metadata: present if the layers are sorted by kind, not as they follow. */
  static final String KINDS = "kinds";

  private static final String LAYER = "layer";
  private static final String NESTED = "nested layer";
  private static final String LAYERS = "layers";
  private static final int DEEPEST = 8;
  private static final int MOST_PARTS = 1000; // size of an attribute
  private static final int MOST_COMPRESSED = 1100; // deflate's limit is 1032
  private static final String LAYER_NAMES = "layer_names";
  private static final String WEIGHT_NAMES = "weight_names";
  private static final Duration LONGEST = Duration.ofMinutes(1);

  /** Names of convolutions in Keras's own VGG, which say their order. */
  private static final Pattern BLOCK = Pattern.compile("block\\d{1,3}_conv\\d{1,3}");

  private final Path file;
  private final HdfFile hdf;
  private final long offset;
  private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();

  private KerasFile(Path file, HdfFile hdf, long offset) {
    this.file = file;
    this.hdf = hdf;
    this.offset = offset;
  }

  /**
   * Finds the weights.
   *
   * @throws InputException if they are not Keras's; the message does not name the file
   */
  static TensorFile read(Path file) throws IOException {
    return read(file, 0, Files.size(file), "");
  }

  /**
   * Finds the weights in a part of a file.
   *
   * @param offset start of the part, in bytes
   * @param size size of the part, in bytes
   * @param config the description of the network if it is stored elsewhere; empty: use the part's
   *     own
   * @throws InputException if they are not Keras's; the message does not name the file
   */
  static TensorFile read(Path file, long offset, long size, String config) throws IOException {
    FutureTask<TensorFile> task = new FutureTask<>(() -> look(file, offset, size, config));
    // in a damaged file, groups may contain themselves in so many ways that the library never
    // finishes
    Thread thread = new Thread(task, "HDF5");
    thread.setDaemon(true);
    thread.start();
    try {
      return task.get(LONGEST.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new InputException("it is not valid HDF5: searching it does not end", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw AbortedException.interrupted(file, e);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      if (cause instanceof InputException input) {
        throw input;
      }
      if (cause instanceof IOException failure) {
        throw failure;
      }
      // the library throws many exceptions at damaged files, and recurses without a bound
      String first = String.valueOf(cause).lines().findFirst().orElse("");
      throw new InputException(
          "it is not valid HDF5: it is damaged or was cut short, get it again (%s)"
              .formatted(first),
          e);
    }
  }

  private static TensorFile look(Path file, long offset, long size, String config)
      throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        // not by its path: the library would wait forever when reading beyond the end of a damaged
        // file
        HdfFile hdf = HdfFile.fromByteBuffer(mapped(channel, offset, size))) {
      KerasFile reader = new KerasFile(file, hdf, offset);
      Map<String, String> metadata = new LinkedHashMap<>();
      Group root = hdf.getChild("model_weights") instanceof Group model ? model : hdf;
      for (Group group : List.of(hdf, root)) {
        text(group.getAttribute("backend")).ifPresent(name -> metadata.put("backend", name));
      }
      String stated = config.isEmpty() ? text(hdf.getAttribute("model_config")).orElse("") : config;
      List<KerasConfig.Layer> layers = KerasConfig.read(stated);
      Map<List<String>, List<StoredTensor>> weights = reader.weights(root);
      List<TensorFile.Node> nodes;
      if (layers.isEmpty()) {
        if (strings(root, LAYER_NAMES).isEmpty() && root.getChild(LAYERS) instanceof Group) {
          metadata.put(KINDS, "true");
        }
        nodes = unstated(weights);
      } else {
        metadata.put(STATED, "true");
        nodes = stated(layers, weights, root.getChild(LAYERS) instanceof Group);
      }
      return new TensorFile(file, Format.KERAS, metadata, reader.tensors, nodes);
    }
  }

  /** Touches only the pages with names and positions; numbers are read from the file itself. */
  private static ByteBuffer mapped(FileChannel channel, long offset, long size) throws IOException {
    if (size > Integer.MAX_VALUE) {
      throw new InputException("it is larger than 2 GB, which no VGG network of Keras is");
    }
    return channel.map(FileChannel.MapMode.READ_ONLY, offset, size);
  }

  /**
   * The weights by the layer's path, in the order of the file; layers without weights have an empty
   * list.
   */
  private Map<List<String>, List<StoredTensor>> weights(Group root) {
    Map<List<String>, List<StoredTensor>> weights = new LinkedHashMap<>();
    if (!strings(root, LAYER_NAMES).isEmpty()) {
      layersByName(root, weights);
    } else if (root.getChild(LAYERS) instanceof Group layers) {
      layersByKind(layers, List.of(), weights);
    } else if (root.getAttribute("nb_layers") != null) {
      layersByNumber(root, weights);
    } else {
      throw new InputException(
          "it is HDF5, but has no attribute layer_names: give a file that Keras's save_weights"
              + " wrote");
    }
    return weights;
  }

  /** The layers of the description, each with its weights; all weights must belong to a layer. */
  private static List<TensorFile.Node> stated(
      List<KerasConfig.Layer> layers,
      Map<List<String>, List<StoredTensor>> weights,
      boolean hasKinds) {
    Map<List<String>, List<StoredTensor>> left = new LinkedHashMap<>(weights);
    left.values().removeIf(List::isEmpty);
    // names of layers in Keras 1 and 2, numbered kinds in Keras 3: the same word may be either
    boolean byKind =
        layers.stream().map(KerasConfig.Layer::stored).toList().containsAll(left.keySet());
    List<TensorFile.Node> nodes = new ArrayList<>();
    for (KerasConfig.Layer layer : layers) {
      List<String> path = byKind && hasKinds ? layer.stored() : layer.path();
      List<StoredTensor> found = left.remove(path);
      if (found == null) {
        // for deeply nested models, files have the outermost name and the layer's
        found = left.remove(List.of(path.get(0), path.get(path.size() - 1)));
      }
      TensorFile.Node node = layer.node();
      nodes.add(
          new TensorFile.Node(
              node.type(),
              node.name(),
              found == null ? List.of() : found,
              node.attributes(),
              node.words()));
    }
    if (!left.isEmpty()) {
      throw new InputException(
          "it has weights of a layer '%s', but the description of its network (model_config) lists none of"
                  .formatted(String.join("/", left.keySet().iterator().next()))
              + " that name: save its weights alone (save_weights)");
    }
    return nodes;
  }

  private static List<TensorFile.Node> unstated(Map<List<String>, List<StoredTensor>> weights) {
    List<TensorFile.Node> nodes = new ArrayList<>();
    weights.forEach(
        (path, tensors) ->
            nodes.add(
                new TensorFile.Node(
                    path.size() > 1 ? NESTED : LAYER,
                    path.get(path.size() - 1),
                    tensors,
                    Map.of())));
    return nodes;
  }

  /**
   * There is a group for each layer; that of a nested model holds the weights of all its layers.
   */
  private void layersByName(Group root, Map<List<String>, List<StoredTensor>> weights) {
    for (String layer : strings(root, LAYER_NAMES)) {
      Node node = descend(root, layer);
      if (!(node instanceof Group group)) {
        throw new InputException("its layer " + layer + " is missing: get it again");
      }
      Map<String, List<StoredTensor>> parts = new LinkedHashMap<>();
      for (String name : strings(group, WEIGHT_NAMES)) {
        StoredTensor tensor = tensor(layer + "/" + name, dataset(group, name));
        parts.computeIfAbsent(owner(name), key -> new ArrayList<>()).add(tensor);
      }
      if (parts.size() <= 1) {
        put(weights, List.of(layer), parts.values().stream().findFirst().orElse(List.of()));
        continue;
      }
      inOrder(parts).forEach(part -> put(weights, List.of(layer, part.getKey()), part.getValue()));
    }
  }

  /** Keras writes weights that were being trained first: those of an unfrozen block, say. */
  private static List<Map.Entry<String, List<StoredTensor>>> inOrder(
      Map<String, List<StoredTensor>> parts) {
    List<Map.Entry<String, List<StoredTensor>>> sorted = new ArrayList<>(parts.entrySet());
    if (parts.keySet().stream().allMatch(name -> BLOCK.matcher(name).matches())) {
      sorted.sort(Comparator.comparingInt(part -> place(part.getKey())));
    }
    return sorted;
  }

  /** Rises with the block, then with the number within it. */
  private static int place(String blockAndConvolution) {
    String[] parts = blockAndConvolution.split("_");
    return 1000 * Integer.parseInt(parts[0].replaceAll("\\D", ""))
        + Integer.parseInt(parts[1].replaceAll("\\D", ""));
  }

  /** The layer that a weight belongs to: block1_conv1/kernel:0, block1_conv1_W_1:0. */
  private static String owner(String weight) {
    String[] steps = weight.split("/");
    return steps.length > 1
        ? steps[steps.length - 2]
        : weight.replaceFirst("_(W|b|gamma|beta|running_mean|running_std)(_\\d+)?(:0)?$", "");
  }

  private static void put(
      Map<List<String>, List<StoredTensor>> weights,
      List<String> path,
      List<StoredTensor> tensors) {
    if (weights.put(path, tensors) != null) {
      throw new InputException("it has two layers named " + String.join("/", path));
    }
  }

  /** Goes step by step, so that links, which may lead anywhere, are not followed. */
  private static @Nullable Node descend(Group group, String path) {
    Node node = group;
    for (String step : path.split("/")) {
      node = node instanceof Group here ? here.getChild(step) : null;
    }
    return node;
  }

  private static Dataset dataset(Group group, String path) {
    if (!(descend(group, path) instanceof Dataset dataset)) {
      throw new InputException("its weight " + path + " is missing, or a link: get it again");
    }
    return dataset;
  }

  /**
   * Keras 3: layers/conv2d/vars/0 and 1, layers/conv2d_1/vars/0 ..., then layers/dense/...; those
   * of nested models in layers/functional/layers/....
   */
  private void layersByKind(
      Group layers, List<String> path, Map<List<String>, List<StoredTensor>> weights) {
    if (path.size() > DEEPEST) {
      throw new InputException("its models are nested too deeply: it is not a VGG network");
    }
    List<String> names = new ArrayList<>(layers.getChildren().keySet());
    names.sort(
        Comparator.comparing((String name) -> name.replaceAll("_\\d+$", ""))
            .thenComparingInt(KerasFile::number));
    // a nested model: the base on which a new head was put
    names.sort(Comparator.comparing(name -> !isModel(layers, name)));
    for (String name : names) {
      List<String> itsPath = new ArrayList<>(path);
      itsPath.add(name);
      if (!(layers.getChild(name) instanceof Group layer)) {
        continue;
      }
      if (layer.getChild(LAYERS) instanceof Group inner) {
        layersByKind(inner, itsPath, weights);
      } else if (layer.getChild("vars") instanceof Group vars) {
        List<StoredTensor> tensors = new ArrayList<>();
        for (int i = 0; vars.getChild(String.valueOf(i)) instanceof Dataset dataset; i++) {
          tensors.add(tensor(String.join("/", itsPath) + "/" + i, dataset));
        }
        put(weights, itsPath, tensors); // without weights, too: its name says what it is
      }
    }
  }

  private static boolean isModel(Group layers, String name) {
    return layers.getChild(name) instanceof Group layer && layer.getChild(LAYERS) instanceof Group;
  }

  /** The first releases of Keras: layer_0/param_0 and 1, layer_1/..., without names. */
  private void layersByNumber(Group root, Map<List<String>, List<StoredTensor>> weights) {
    for (int i = 0; root.getChild("layer_" + i) instanceof Group layer; i++) {
      List<StoredTensor> tensors = new ArrayList<>();
      for (int k = 0; layer.getChild("param_" + k) instanceof Dataset dataset; k++) {
        tensors.add(tensor("layer_" + i + "/param_" + k, dataset));
      }
      if (!tensors.isEmpty()) {
        put(weights, List.of("layer_" + i), tensors);
      }
    }
  }

  private static int number(String name) {
    String digits = name.replaceAll("^.*?_?(\\d{0,6})$", "$1");
    return name.matches(".*_\\d{1,6}") ? Integer.parseInt(digits) : 0;
  }

  /** An attribute's texts; Keras splits attributes that are too long into several numbered ones. */
  private static List<String> strings(Group group, String name) {
    List<String> strings = new ArrayList<>();
    Attribute whole = group.getAttribute(name);
    if (whole != null) {
      return strings(whole);
    }
    for (int i = 0; i < MOST_PARTS && group.getAttribute(name + i) != null; i++) {
      strings.addAll(strings(group.getAttribute(name + i)));
    }
    return strings;
  }

  private static List<String> strings(Attribute attribute) {
    Object data = attribute.isEmpty() ? null : attribute.getData();
    if (data instanceof String[] strings) {
      return Arrays.stream(strings).map(String::strip).toList();
    }
    return data instanceof String one ? List.of(one.strip()) : List.of();
  }

  private static Optional<String> text(@Nullable Attribute attribute) {
    return attribute == null ? Optional.empty() : strings(attribute).stream().findFirst();
  }

  private StoredTensor tensor(String name, Dataset dataset) {
    NumberType stored = type(name, dataset.getDataType());
    List<Integer> shape = Arrays.stream(dataset.getDimensions()).boxed().toList();
    StoredTensor tensor;
    if (dataset instanceof ContiguousDataset contiguous) {
      long position = Math.addExact(hdf.getUserBlockSize(), contiguous.getDataAddress());
      tensor = StoredTensor.contiguous(name, file, Math.addExact(offset, position), stored, shape);
    } else {
      tensor = unpacked(name, dataset, stored, shape);
    }
    if (tensors.put(name, tensor) != null) {
      throw new InputException("it has two weights named " + name);
    }
    return tensor;
  }

  private static NumberType type(String name, DataType type) {
    if (type instanceof FixedPoint number && number.getByteOrder() == ByteOrder.LITTLE_ENDIAN) {
      return number.getSize() == Long.BYTES
          ? NumberType.I64
          : NumberType.I32; // a counter, not a weight
    }
    if (!(type instanceof FloatingPoint number)
        || number.getByteOrder() != ByteOrder.LITTLE_ENDIAN) {
      throw new InputException(
          "its weight "
              + name
              + " is not a little-endian floating point number: save it as float32");
    }
    return switch (number.getSize() * 100 + number.getExponentSize()) {
      case 205 -> NumberType.F16;
      case 208 -> NumberType.BF16;
      case 408 -> NumberType.F32;
      case 811 -> NumberType.F64;
      default ->
          throw new InputException(
              "its weight " + name + " has numbers of an unknown kind: save it as float32");
    };
  }

  /** Reads data that are stored in chunks, usually compressed, into memory. */
  private StoredTensor unpacked(
      String name, Dataset dataset, NumberType type, List<Integer> shape) {
    long length = StoredTensor.contiguous(name, file, 0, type, shape).extent();
    if (length > Integer.MAX_VALUE || dataset.getStorageInBytes() * MOST_COMPRESSED < length) {
      throw new InputException(
          "its weight %s of %d bytes is stored in %d: it is damaged, or was never written"
              .formatted(name, length, dataset.getStorageInBytes()));
    }
    ByteBuffer bytes = ByteBuffer.allocate((int) length).order(ByteOrder.LITTLE_ENDIAN);
    Object flat = dataset.getDataFlat();
    if (type == NumberType.F32 && flat instanceof float[] floats) {
      bytes.asFloatBuffer().put(floats);
    } else if (type == NumberType.F64 && flat instanceof double[] doubles) {
      bytes.asDoubleBuffer().put(doubles);
    } else {
      throw new InputException(
          "its weight %s is stored in chunks and not as float32: save it without compression"
              .formatted(name));
    }
    return StoredTensor.held(name, file, bytes, type, shape);
  }
}
