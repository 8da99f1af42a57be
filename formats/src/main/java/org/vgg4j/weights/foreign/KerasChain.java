package org.vgg4j.weights.foreign;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.weights.format.TensorFile;
import org.vgg4j.weights.tensor.StoredTensor;

/**
 * The layers of a whole Keras model, all of which must be what a VGG network has. Kernels are
 * [row][column][in][out]; matrices are [in][out], and the first of them takes the last map in the
 * order row, column, channel.
 */
final class KerasChain {
  private static final List<String> NO_ACTIVATION = List.of("linear", "relu");
  private static final Set<String> SCORES = Set.of("softmax", "log_softmax");

  /** Layers that do not change what a trained network computes. */
  private static final Set<String> ONLY_IN_TRAINING =
      Set.of(
          "Dropout",
          "SpatialDropout2D",
          "GaussianDropout",
          "GaussianNoise",
          "AlphaDropout",
          "ActivityRegularization");

  /** Layers that change images in training only. */
  private static final Set<String> AUGMENTATION =
      Set.of(
          "RandomFlip",
          "RandomRotation",
          "RandomZoom",
          "RandomTranslation",
          "RandomContrast",
          "RandomBrightness",
          "RandomHue",
          "RandomSaturation");

  private static final Set<String> MEANS = Set.of("GlobalAveragePooling2D", "GlobalAvgPool2D");

  private static final double EPSILON = 1e-3; // Keras's default for batch normalisation
  private static final int STRIDE = 32; // input pixels for each position of the last map

  private final Chain chain = new Chain();
  private final KerasInput input = new KerasInput();
  private final List<String> notes = new ArrayList<>();
  private int padding;
  private boolean flat;
  private boolean meanOfOne; // a pool of one position, which is the same with a mean or without

  private KerasChain() {}

  static ForeignNetwork read(TensorFile file) {
    requireTensorFlowKernels(file);
    if (!file.metadata().containsKey("architecture")) {
      return KerasWeights.read(file);
    }
    KerasChain reader = new KerasChain();
    file.nodes().forEach(reader::add);
    Profile own = reader.input.profile();
    return new ForeignNetwork(
        "Keras",
        own != null ? own : KerasWeights.profile(file),
        reader.chain.layers(),
        reader.chain.possible(),
        true,
        new ForeignNetwork.Stated(
            reader.input.side(), reader.averaged(), own != null, reader.notes));
  }

  private @Nullable Boolean averaged() {
    return meanOfOne && !chain.averaged() ? null : Boolean.valueOf(chain.averaged());
  }

  /** Theano rotated kernels by 180 degrees, and no file says whether its kernels are. */
  private static void requireTensorFlowKernels(TensorFile file) {
    String name = String.valueOf(file.file().getFileName()).toLowerCase(Locale.ROOT);
    boolean turned =
        name.contains("th_kernels")
            || file.metadata().getOrDefault("backend", "").equals("theano")
            || file.nodes().stream()
                .flatMap(node -> node.tensors().stream())
                .anyMatch(KerasChain::isInTheanosOrder);
    if (turned) {
      throw new InputException(
          "its kernels are Theano's, which are rotated by 180 degrees and may be in another order:"
              + " load it in Keras 2, call keras.utils.conv_utils.convert_kernel on each, and save"
              + " it under TensorFlow");
    }
  }

  /** Permutes [row][column][in][out] to [out][in][row][column]. */
  private static boolean isInTheanosOrder(StoredTensor tensor) {
    List<Integer> shape = tensor.shape();
    return shape.size() == 4
        && !shape.get(0).equals(shape.get(1))
        && shape.get(2).equals(shape.get(3))
        && shape.get(2) <= 7;
  }

  private void add(TensorFile.Node node) {
    if (padding != 0 && !node.type().equals("Conv2D")) {
      throw new InputException(
          "its layer '%s' (%s) takes a padded map, where a VGG network pads for convolutions only"
              .formatted(node.name(), node.type()));
    }
    input.shape(node); // the first layer may say it, too
    switch (node.type()) {
      case "InputLayer" -> {}
      case "Conv2D" -> convolution(node);
      case "Dense" -> dense(node);
      case "MaxPooling2D", "MaxPool2D" -> pool(node);
      case "BatchNormalization" -> norm(node);
      case "Activation" -> activation(node, node.words().getOrDefault("activation", "?"));
      case "ReLU" -> {
        requireRelu(node);
        chain.relu(node);
      }
      case "Softmax" -> {
        Nodes.requireAll(node, "axis", -1, -1);
        chain.softMax(node);
      }
      case "ZeroPadding2D" -> {
        Nodes.requireOneOf(node, "data_format", List.of("channels_last"));
        Nodes.requireAll(node, "padding", 1, 1);
        padding = 1;
      }
      case "Flatten" -> {
        Nodes.requireOneOf(node, "data_format", List.of("channels_last"));
        flat = true;
      }
      case "GlobalAveragePooling2D",
          "GlobalMaxPooling2D",
          "GlobalAvgPool2D",
          "GlobalMaxPool2D",
          "AveragePooling2D" ->
          average(node);
      case "Reshape" -> {
        if (node.attributes().getOrDefault("target_shape", List.of()).size() != 1) {
          throw Nodes.noVgg(node);
        }
        flat = true;
      }
      case "Rescaling", "Normalization" -> input.prepare(node, chain.isEmpty());
      default -> other(node);
    }
  }

  private void other(TensorFile.Node node) {
    if (AUGMENTATION.contains(node.type()) && chain.isEmpty()) {
      notes.add(
          "its layer '%s' (%s) changes images in training only, and was left out"
              .formatted(node.name(), node.type()));
    } else if (!ONLY_IN_TRAINING.contains(node.type()) || !node.tensors().isEmpty()) {
      throw Nodes.noVgg(node);
    }
  }

  private void convolution(TensorFile.Node node) {
    StoredTensor weight = Nodes.weight(node);
    int kernel = Nodes.side(node, weight, 0);
    Nodes.requireOneOf(node, "data_format", List.of("channels_last"));
    Nodes.requireAll(node, "kernel_size", kernel, kernel);
    Nodes.requireAll(node, "strides", 1, 1);
    Nodes.requireAll(node, "dilation_rate", 1, 1);
    Nodes.requireAll(node, "groups", 1, 1);
    boolean same = node.words().getOrDefault("padding", "valid").equals("same");
    int wanted = chain.inHead() ? 0 : kernel / 2;
    int found = padding + (same ? kernel / 2 : 0);
    padding = 0;
    if (found != wanted) {
      throw new InputException(
          "its layer '%s' (%s, %dx%d) has padding '%s', which is %d pixels on each side where a VGG network has %d"
              .formatted(
                  node.name(),
                  node.type(),
                  kernel,
                  kernel,
                  node.words().getOrDefault("padding", "valid"),
                  found,
                  wanted));
    }
    chain.convolution(node, weight.permuted(3, 2, 0, 1), bias(node));
    ownActivation(node);
  }

  private void dense(TensorFile.Node node) {
    StoredTensor weight = Nodes.weight(node);
    if (weight.shape().size() != 2 || (!flat && chain.beforeFirstConnected())) {
      throw new InputException(
          "its layer '%s' (%s) does not take a flat map: no Flatten is before it"
              .formatted(node.name(), node.type()));
    }
    chain.connected(
        node,
        chain.beforeFirstConnected()
            ? Nodes.overMap(weight, chain.channels())
            : weight.permuted(1, 0),
        bias(node));
    ownActivation(node);
  }

  private static @Nullable StoredTensor bias(TensorFile.Node node) {
    boolean has = Nodes.isTrue(node, "use_bias", true);
    if (node.tensors().size() != (has ? 2 : 1)) {
      throw new InputException(
          "its layer '%s' (%s) has %d weights, but its description says %d"
              .formatted(node.name(), node.type(), node.tensors().size(), has ? 2 : 1));
    }
    return Nodes.bias(node, 1);
  }

  private void ownActivation(TensorFile.Node node) {
    activation(node, node.words().getOrDefault("activation", "linear"));
  }

  private void activation(TensorFile.Node node, String activation) {
    if (activation.equals("relu")) {
      chain.relu(node);
    } else if (SCORES.contains(activation)) {
      chain.softMax(node);
    } else if (!NO_ACTIVATION.contains(activation)) {
      throw new InputException(
          "its layer '%s' (%s) has activation %s: VGG's layers have relu, and the last softmax or linear"
              .formatted(node.name(), node.type(), activation));
    }
  }

  private static void requireRelu(TensorFile.Node node) {
    for (double most : node.attributes().getOrDefault("max_value", List.of())) {
      if (!Double.isNaN(most)) {
        throw new InputException(
            "its layer '%s' (ReLU) has max_value %s where a VGG network's have none"
                .formatted(node.name(), most));
      }
    }
    Nodes.requireAll(node, "negative_slope", 0, 0);
    Nodes.requireAll(node, "threshold", 0, 0);
  }

  private void pool(TensorFile.Node node) {
    Nodes.requireOneOf(node, "data_format", List.of("channels_last"));
    Nodes.requireAll(node, "pool_size", 2, 2);
    // the default is the pool's size
    Nodes.requireAll(node, "strides", 2, 2);
    boolean whole = input.side() != 0 && input.side() % STRIDE == 0;
    Nodes.requireOneOf(node, "padding", whole ? List.of("valid", "same") : List.of("valid"));
    chain.pool(node);
  }

  /** A mean over a map of one position, or the largest value in it, is that position. */
  private void average(TensorFile.Node node) {
    int side = chain.mapSide(input.side() / STRIDE);
    if (chain.inHead() && side != 1 && MEANS.contains(node.type())) {
      Nodes.requireOneOf(node, "data_format", List.of("channels_last"));
      chain.average(node);
      flat = true;
      return;
    }
    if (!chain.inHead() || side != 1) {
      throw new InputException(
          "its layer '%s' (%s) pools a map%s, where a VGG network takes all of its positions, or the mean of each channel"
              .formatted(
                  node.name(),
                  node.type(),
                  chain.inHead() && side > 0 ? " of %dx%d".formatted(side, side) : ""));
    }
    meanOfOne = true;
    flat |= !node.type().equals("AveragePooling2D");
  }

  private void norm(TensorFile.Node node) {
    if (node.tensors().size() != 4
        || node.tensors().get(3).name().contains("running_std")
        || !Nodes.isTrue(node, "scale", true)
        || !Nodes.isTrue(node, "center", true)) {
      throw new InputException(
          "its layer '%s' (%s) does not have scale, shift, mean and variance, as a VGG network's has"
              .formatted(node.name(), node.type()));
    }
    Nodes.requireAll(node, "renorm", 0, 0);
    Map<String, List<Double>> attributes = node.attributes();
    List<Double> axis = attributes.getOrDefault("axis", List.of(-1.0));
    if (!axis.equals(List.of(-1.0)) && !axis.equals(List.of(3.0))) {
      Nodes.requireAll(node, "axis", -1, -1);
    }
    List<StoredTensor> tensors = node.tensors();
    chain.norm(
        node,
        new ForeignLayer.BatchNorm(
            tensors.get(0),
            tensors.get(1),
            tensors.get(2),
            tensors.get(3),
            Nodes.number(node, "epsilon", EPSILON)));
  }
}
