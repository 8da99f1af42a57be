package org.vgg4j.weights.format;

import io.jhdf.HdfFile;
import io.jhdf.api.Attribute;
import io.jhdf.api.Dataset;
import io.jhdf.api.Group;
import io.jhdf.api.Node;
import io.jhdf.api.dataset.ContiguousDataset;
import io.jhdf.object.datatype.DataType;
import io.jhdf.object.datatype.FloatingPoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.weights.tensor.NumberType;
import org.vgg4j.weights.tensor.StoredTensor;

/**
 * Weights as Keras writes them to HDF5: a group for each layer, their order in an attribute, or, as
 * Keras 3 does it, groups numbered by kind of layer.
 */
final class KerasFile {
  private static final String LAYER_NAMES = "layer_names";
  private static final String WEIGHT_NAMES = "weight_names";
  private static final List<String> NOT_OF_VGG =
      List.of(
          "channels_first",
          "AveragePooling",
          "GlobalMaxPooling",
          "Rescaling",
          "Normalization",
          "Lambda",
          "TFOp");
  private static final Duration LONGEST = Duration.ofMinutes(1);

  private final Path file;
  private final HdfFile hdf;
  private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();
  private final List<TensorFile.Node> nodes = new ArrayList<>();

  private KerasFile(Path file, HdfFile hdf) {
    this.file = file;
    this.hdf = hdf;
  }

  /**
   * Reads which weights there are.
   *
   * @throws InputException if these are none of Keras; the message does not name the file
   */
  static TensorFile read(Path file) throws IOException {
    FutureTask<TensorFile> task = new FutureTask<>(() -> look(file));
    // in a damaged file, groups may hold themselves in so many ways that the library never ends
    Thread thread = new Thread(task, "HDF5");
    thread.setDaemon(true);
    thread.start();
    try {
      return task.get(LONGEST.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new InputException("it is no sound HDF5: looking through it does not end", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InputException("reading it was interrupted", e);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      if (cause instanceof InputException input) {
        throw input;
      }
      if (cause instanceof IOException failure) {
        throw failure;
      }
      // of damaged files the library has many, and recurses without a bound
      String first = String.valueOf(cause).lines().findFirst().orElse("");
      throw new InputException(
          "it is no sound HDF5, damaged or cut short, get it again (%s)".formatted(first), e);
    }
  }

  private static TensorFile look(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        // not by its path: reading beyond the end of a damaged file, the library would wait for
        // ever
        HdfFile hdf = HdfFile.fromByteBuffer(mapped(channel))) {
      KerasFile reader = new KerasFile(file, hdf);
      requireVggModel(hdf.getAttribute("model_config"));
      Group root = hdf.getChild("model_weights") instanceof Group model ? model : hdf;
      if (root.getAttribute(LAYER_NAMES) != null) {
        reader.layersByName(root);
      } else if (root.getChild("layers") instanceof Group layers) {
        reader.layersByKind(layers);
      } else {
        throw new InputException(
            "it is HDF5, but has no attribute layer_names: give what Keras's save_weights wrote");
      }
      return new TensorFile(file, Format.KERAS, Map.of(), reader.tensors, reader.nodes);
    }
  }

  /** A whole model also says what it does apart from its weights. */
  private static void requireVggModel(@Nullable Attribute config) {
    String text = config == null ? "" : String.valueOf(config.getData());
    for (String word : NOT_OF_VGG) {
      if (text.contains(word)) {
        throw new InputException(
            "its model_config has %s, which is not read: give the weights of a plain VGG network, made"
                    .formatted(word)
                + " with channels last");
      }
    }
  }

  /** Only the pages with names and places are touched; numbers are read from the file itself. */
  private static ByteBuffer mapped(FileChannel channel) throws IOException {
    if (channel.size() > Integer.MAX_VALUE) {
      throw new InputException("it has more than 2 GB, which no VGG network of Keras has");
    }
    return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
  }

  private void layersByName(Group root) {
    for (String layer : strings(root.getAttribute(LAYER_NAMES))) {
      if (!(root.getChild(layer) instanceof Group group)) {
        throw new InputException("its layer " + layer + " is missing: get it again");
      }
      List<StoredTensor> weights = new ArrayList<>();
      Attribute names = group.getAttribute(WEIGHT_NAMES);
      for (String name : names == null ? List.<String>of() : strings(names)) {
        weights.add(tensor(name, dataset(group, name)));
      }
      add(layer, weights);
    }
  }

  /** Step by step, so that links, which may lead anywhere, are not followed. */
  private static Dataset dataset(Group group, String path) {
    @Nullable Node node = group;
    for (String step : path.split("/")) {
      node = node instanceof Group here ? here.getChild(step) : null;
    }
    if (!(node instanceof Dataset dataset)) {
      throw new InputException("its weight " + path + " is missing, or a link: get it again");
    }
    return dataset;
  }

  /** Keras 3: layers/conv2d/vars/0 and 1, layers/conv2d_1/vars/0 ..., then layers/dense/.... */
  private void layersByKind(Group layers) {
    List<String> names = new ArrayList<>(layers.getChildren().keySet());
    names.sort(
        Comparator.comparing((String name) -> name.replaceAll("_\\d+$", ""))
            .thenComparingInt(KerasFile::number));
    for (String name : names) {
      if (layers.getChild(name) instanceof Group layer
          && layer.getChild("vars") instanceof Group vars) {
        List<StoredTensor> weights = new ArrayList<>();
        for (int i = 0; vars.getChild(String.valueOf(i)) instanceof Dataset dataset; i++) {
          weights.add(tensor(name + "/" + i, dataset));
        }
        add(name, weights);
      }
    }
  }

  private static int number(String name) {
    String digits = name.replaceAll("^.*?_?(\\d{0,6})$", "$1");
    return name.matches(".*_\\d{1,6}") ? Integer.parseInt(digits) : 0;
  }

  private void add(String layer, List<StoredTensor> weights) {
    for (StoredTensor weight : weights) {
      if (tensors.put(weight.name(), weight) != null) {
        throw new InputException("it has two weights of the name " + weight.name());
      }
    }
    nodes.add(new TensorFile.Node("layer", layer, weights, Map.of()));
  }

  private static List<String> strings(Attribute attribute) {
    Object data = attribute.getData();
    if (data instanceof String[] strings) {
      return Arrays.stream(strings).map(String::strip).toList();
    }
    return data instanceof String one ? List.of(one.strip()) : List.of();
  }

  private StoredTensor tensor(String name, Dataset dataset) {
    if (!(dataset instanceof ContiguousDataset contiguous)) {
      throw new InputException(
          "its weight %s is stored in chunks, as Keras never does: save it without compression"
              .formatted(name));
    }
    DataType type = dataset.getDataType();
    if (!(type instanceof FloatingPoint number)
        || number.getByteOrder() != ByteOrder.LITTLE_ENDIAN) {
      throw new InputException(
          "its weight " + name + " is no little-endian floating point number: save it as float32");
    }
    NumberType stored =
        switch (number.getSize() * 100 + number.getExponentSize()) {
          case 205 -> NumberType.F16;
          case 208 -> NumberType.BF16;
          case 408 -> NumberType.F32;
          case 811 -> NumberType.F64;
          default ->
              throw new InputException(
                  "its weight " + name + " has numbers of an unknown kind: save it as float32");
        };
    List<Integer> shape = Arrays.stream(dataset.getDimensions()).boxed().toList();
    long position = Math.addExact(hdf.getUserBlockSize(), contiguous.getDataAddress());
    return StoredTensor.contiguous(name, file, position, stored, shape);
  }
}
