package org.vgg4j.weights.foreign;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Configuration;
import org.vgg4j.weights.format.TensorFile;
import org.vgg4j.weights.tensor.StoredTensor;

/** Networks whose file lists their layers in order of execution: Caffe's, Keras's and ONNX's. */
final class Chains {
  private static final String CONVOLUTION = "convolution";
  private static final String CONNECTED = "fully connected";
  private static final String RELU = "ReLU";
  private static final String POOL = "pool";
  private static final String LRN = "LRN";
  private static final String SOFT_MAX = "soft-max";

  /** Operations of ONNX that change nothing of what a trained network computes. */
  private static final Set<String> NEUTRAL = Set.of("Dropout", "Flatten", "Reshape", "Squeeze");

  /** Layers of Caffe of which the same is true, or that only bring images and losses. */
  private static final Set<String> NEUTRAL_IN_CAFFE =
      Set.of("Data", "ImageData", "Input", "Dropout", "Flatten", "Accuracy", "Split");

  /** Names that Keras gives to layers without weights in a VGG network. */
  private static final Pattern NEUTRAL_IN_KERAS =
      Pattern.compile(
          "(input|.*pool|max_pool|flatten|dropout|activation|re_lu|relu|softmax|reshape).*");

  private static final Pattern NOT_MAX_POOL = Pattern.compile(".*(global|average|avg).*");
  private static final int POOLS = 5;

  private Chains() {}

  // ---------------------------------------------------------------------------------- Caffe

  /** Weights are [out][in][row][column], or [1][1][out][in] in old files. */
  static ForeignNetwork caffe(TensorFile file) {
    List<ForeignLayer> layers = new ArrayList<>();
    List<String> steps = new ArrayList<>();
    for (TensorFile.Node node : file.nodes()) {
      switch (node.type()) {
        case "Convolution" -> {
          steps.add(CONVOLUTION);
          layers.add(layer(node, weight(node), bias(node, 1)));
          int pad = weight(node).shape().get(weight(node).shape().size() - 1) / 2;
          requireAll(node, "pad", pad, 0);
          requireAll(node, "stride", 1, 1);
          requireAll(node, "group", 1, 1);
          requireAll(node, "dilation", 1, 1);
        }
        case "InnerProduct" -> {
          steps.add(CONNECTED);
          StoredTensor weight = weight(node);
          List<Integer> shape = weight.shape();
          int in = shape.get(shape.size() - 1);
          int out = in == 0 ? 0 : weight.length() / in;
          layers.add(connected(node, weight.reshaped(out, in), bias(node, 1)));
        }
        case "Pooling" -> {
          steps.add(POOL);
          requireAll(node, "pool", 0, 0); // the largest value
          requireAll(node, "kernel_size", 2, 0);
          requireAll(node, "stride", 2, 1);
          requireAll(node, "pad", 0, 0);
        }
        case "ReLU" -> steps.add(RELU);
        case "Softmax", "SoftmaxWithLoss" -> steps.add(SOFT_MAX);
        case "LRN" ->
            throw new InputException(
                "its layer '%s' is an LRN, whose constants are not read from Caffe's files: no release of"
                        .formatted(node.name())
                    + " VGG has one");
        default -> requireNeutral(node, NEUTRAL_IN_CAFFE.contains(node.type()));
      }
    }
    return new ForeignNetwork(
        "Caffe", Profile.CAFFE, layers, configuration -> possible(configuration, steps), true);
  }

  private static void requireNeutral(TensorFile.Node node, boolean neutral) {
    if (!neutral || !node.tensors().isEmpty()) {
      throw new InputException(
          "its layer '%s' of type '%s' is none of a VGG network"
              .formatted(node.name(), node.type()));
    }
  }

  // ---------------------------------------------------------------------------------- Keras

  /**
   * Kernels are [row][column][in][out], matrices [in][out], and the first of them takes the last
   * map in the order row, column, channel.
   */
  static ForeignNetwork keras(TensorFile file) {
    List<ForeignLayer> layers = new ArrayList<>();
    int channels = 0;
    int pools = 0;
    int others = 0;
    for (TensorFile.Node node : file.nodes()) {
      if (node.tensors().isEmpty()) {
        requireNeutral(
            node,
            NEUTRAL_IN_KERAS.matcher(node.name()).matches()
                && !NOT_MAX_POOL.matcher(node.name()).matches());
        pools += node.name().contains("pool") ? 1 : 0;
        others++;
        continue;
      }
      StoredTensor weight = weight(node);
      StoredTensor bias = bias(node, 1);
      if (node.tensors().size() > 2) {
        throw new InputException(
            "its layer '%s' has %d weights, but those of a VGG network have two"
                .formatted(node.name(), node.tensors().size()));
      }
      if (weight.shape().size() == 4) {
        channels = weight.shape().get(3);
        layers.add(layer(node, weight.permuted(3, 2, 0, 1), bias));
      } else if (weight.shape().size() == 2) {
        boolean first = layers.isEmpty() || layers.get(layers.size() - 1).isConvolution();
        layers.add(
            connected(node, first ? overMap(weight, channels) : weight.permuted(1, 0), bias));
      } else {
        throw new InputException("its layer '" + node.name() + "' is none of a VGG network");
      }
    }
    if (others > 0 && pools != POOLS) {
      throw new InputException("it has %d pools, but a VGG network has five".formatted(pools));
    }
    return new ForeignNetwork("Keras", Profile.KERAS, layers, configuration -> true, true);
  }

  private static StoredTensor overMap(StoredTensor weight, int channels) {
    int in = weight.shape().get(0);
    int side = (int) Math.round(Math.sqrt(channels == 0 ? 0 : (double) in / channels));
    if (side == 0 || side * side * channels != in) {
      throw new InputException(
          "its first fully connected layer takes %d values, which is no square map of %d channels"
              .formatted(in, channels));
    }
    return weight.reshaped(side, side, channels, weight.shape().get(1)).permuted(3, 2, 0, 1);
  }

  // ---------------------------------------------------------------------------------- ONNX

  /** Weights are [out][in][row][column]; those of Gemm [out][in] if transB, else [in][out]. */
  static ForeignNetwork onnx(TensorFile file) {
    List<ForeignLayer> layers = new ArrayList<>();
    List<String> steps = new ArrayList<>();
    for (TensorFile.Node node : file.nodes()) {
      switch (node.type()) {
        case "Conv" -> {
          requireVggConvolution(node);
          steps.add(CONVOLUTION);
          layers.add(layer(node, weight(node), bias(node, 1)));
        }
        case "Gemm" -> {
          steps.add(CONNECTED);
          layers.add(gemm(node));
        }
        case "MatMul" -> {
          steps.add(CONNECTED);
          layers.add(connected(node, weight(node).permuted(1, 0), null));
        }
        case "Add" -> addBias(node, layers, steps);
        case "BatchNormalization" -> addNorm(node, layers, steps);
        case "Relu" -> steps.add(RELU);
        case "Softmax" -> steps.add(SOFT_MAX);
        case "MaxPool" -> {
          requireAll(node, "kernel_shape", 2, 0);
          requireAll(node, "strides", 2, 1);
          requireAll(node, "pads", 0, 0);
          requireAll(node, "ceil_mode", 0, 0);
          requireAll(node, "dilations", 1, 1);
          steps.add(POOL);
        }
        // torchvision's adaptive pool to 7x7, of a map that is 7x7
        case "AveragePool" -> {
          requireAll(node, "kernel_shape", 1, 0);
          requireAll(node, "strides", 1, 1);
          requireAll(node, "pads", 0, 0);
        }
        case "LRN" -> {
          requireThePapersLrn(node);
          steps.add(LRN);
        }
        default -> requireNeutral(node, NEUTRAL.contains(node.type()));
      }
    }
    return new ForeignNetwork(
        "ONNX", onnxProfile(file), layers, configuration -> possible(configuration, steps), true);
  }

  /** Caffe2's conversions of the authors' files keep their images; all others are torchvision's. */
  private static Profile onnxProfile(TensorFile file) {
    String origin = String.join(" ", file.metadata().values()).toLowerCase(Locale.ROOT);
    return origin.contains("caffe") ? Profile.CAFFE : Profile.TORCHVISION;
  }

  private static ForeignLayer gemm(TensorFile.Node node) {
    requireAll(node, "alpha", 1, 1);
    requireAll(node, "beta", 1, 1);
    requireAll(node, "transA", 0, 0);
    boolean transposed = node.attributes().getOrDefault("transB", List.of(0.0)).contains(1.0);
    StoredTensor weight = weight(node);
    return connected(node, transposed ? weight : weight.permuted(1, 0), bias(node, 1));
  }

  /** What is added directly after a convolution or a product. */
  private static void addBias(TensorFile.Node node, List<ForeignLayer> layers, List<String> steps) {
    StoredTensor bias = bias(node, 0);
    ForeignLayer last = directlyBefore(node, layers, steps);
    if (bias == null || last.bias() != null || last.norm() != null) {
      throw new InputException("its operation '" + node.name() + "' adds what is no bias");
    }
    layers.set(
        layers.size() - 1,
        new ForeignLayer(last.name(), last.isConvolution(), last.weight(), bias, last.norm()));
  }

  private static ForeignLayer directlyBefore(
      TensorFile.Node node, List<ForeignLayer> layers, List<String> steps) {
    String step = steps.isEmpty() ? "" : steps.get(steps.size() - 1);
    if (!step.equals(CONVOLUTION) && !step.equals(CONNECTED)) {
      throw new InputException(
          "its operation '%s' (%s) does not follow a convolution or a product directly: it is no VGG"
                  .formatted(node.name(), node.type())
              + " network");
    }
    return layers.get(layers.size() - 1);
  }

  private static void addNorm(TensorFile.Node node, List<ForeignLayer> layers, List<String> steps) {
    ForeignLayer last = directlyBefore(node, layers, steps);
    if (node.tensors().size() != 4 || !last.isConvolution() || last.norm() != null) {
      throw new InputException(
          "its operation '" + node.name() + "' is no normalisation after a convolution");
    }
    List<Double> epsilon = node.attributes().getOrDefault("epsilon", List.of(1e-5));
    ForeignLayer.BatchNorm norm =
        new ForeignLayer.BatchNorm(
            node.tensors().get(0),
            node.tensors().get(1),
            node.tensors().get(2),
            node.tensors().get(3),
            epsilon.isEmpty() ? 1e-5 : epsilon.get(0));
    layers.set(layers.size() - 1, last.with(norm));
  }

  private static void requireVggConvolution(TensorFile.Node node) {
    StoredTensor weight = weight(node);
    int kernel = weight.shape().size() == 4 ? weight.shape().get(2) : 0;
    requireAll(node, "group", 1, 1);
    requireAll(node, "strides", 1, 1);
    requireAll(node, "dilations", 1, 1);
    int pad = kernel / 2;
    requireAll(node, "pads", pad, 0);
  }

  /** Krizhevsky's constants; ONNX divides alpha by the size, and its defaults are others. */
  private static void requireThePapersLrn(TensorFile.Node node) {
    requireAll(node, "size", 5, 0);
    requireAll(node, "alpha", 5e-4, 1e-4);
    requireAll(node, "beta", 0.75, 0.75);
    requireAll(node, "bias", 2, 1);
  }

  /** An attribute's numbers must all be the same; what is not there has its default. */
  private static void requireAll(
      TensorFile.Node node, String attribute, double value, double standard) {
    List<Double> numbers = node.attributes().getOrDefault(attribute, List.of(standard));
    // of floats, hence not exactly
    if (numbers.isEmpty()
        || !numbers.stream().allMatch(number -> Math.abs(number - value) <= 1e-6 * value)) {
      throw new InputException(
          "its operation '%s' (%s) has %s %s where a VGG network has %s"
              .formatted(node.name(), node.type(), attribute, numbers, value));
    }
  }

  // ---------------------------------------------------------------------------------- all

  private static StoredTensor weight(TensorFile.Node node) {
    if (node.tensors().isEmpty() || node.tensors().get(0).shape().size() < 2) {
      throw new InputException(
          "its layer '" + node.name() + "' has weights of another shape than a VGG network's");
    }
    return node.tensors().get(0);
  }

  /** A vector, in old files of Caffe with axes of size one before it; null if there is none. */
  private static @Nullable StoredTensor bias(TensorFile.Node node, int index) {
    if (node.tensors().size() <= index) {
      return null;
    }
    StoredTensor bias = node.tensors().get(index);
    return bias.reshaped(bias.length());
  }

  private static ForeignLayer layer(
      TensorFile.Node node, StoredTensor weight, @Nullable StoredTensor bias) {
    return new ForeignLayer(node.name(), true, weight, bias, null);
  }

  private static ForeignLayer connected(
      TensorFile.Node node, StoredTensor weight, @Nullable StoredTensor bias) {
    return new ForeignLayer(node.name(), false, weight, bias, null);
  }

  /** Whether a network does these steps in this order; the soft-max at the end may be missing. */
  private static boolean possible(Configuration configuration, List<String> steps) {
    List<String> expected = new ArrayList<>();
    for (int block = 0; block < configuration.blocks().size(); block++) {
      for (int i = 0; i < configuration.blocks().get(block).size(); i++) {
        expected.addAll(List.of(CONVOLUTION, RELU));
        if (block == 0 && i == 0 && configuration.hasLrn()) {
          expected.add(LRN);
        }
      }
      expected.add(POOL);
    }
    expected.addAll(List.of(CONNECTED, RELU, CONNECTED, RELU, CONNECTED));
    if (steps.equals(expected)) {
      return true;
    }
    expected.add(SOFT_MAX);
    return steps.equals(expected);
  }
}
