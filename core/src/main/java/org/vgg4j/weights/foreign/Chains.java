package org.vgg4j.weights.foreign;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Configuration;
import org.vgg4j.weights.format.TensorFile;
import org.vgg4j.weights.tensor.StoredTensor;

/** Networks whose file lists their layers in order of execution: Caffe's, Keras's and ONNX's. */
final class Chains {
  private static final String CONVOLUTION = "convolution";
  private static final String POOL = "pool";
  private static final String LRN = "lrn";

  /** Operations of ONNX that change nothing of what a trained network computes. */
  private static final Set<String> NEUTRAL =
      Set.of("Relu", "Dropout", "Flatten", "Reshape", "Softmax", "Squeeze");

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
        }
        case "InnerProduct" -> {
          StoredTensor weight = weight(node);
          List<Integer> shape = weight.shape();
          int in = shape.get(shape.size() - 1);
          int out = in == 0 ? 0 : weight.length() / in;
          layers.add(connected(node, weight.reshaped(out, in), bias(node, 1)));
        }
        case "Pooling" -> steps.add(POOL);
        case "LRN" -> steps.add(LRN);
        default -> requireNoWeights(node);
      }
    }
    return new ForeignNetwork(
        "Caffe", Profile.CAFFE, layers, configuration -> possible(configuration, steps));
  }

  private static void requireNoWeights(TensorFile.Node node) {
    if (!node.tensors().isEmpty()) {
      throw new InputException(
          "its layer '%s' of type %s has weights, but no VGG network has such a layer"
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
    for (TensorFile.Node node : file.nodes()) {
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
    return new ForeignNetwork("Keras", Profile.KERAS, layers, configuration -> true);
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
        case "Gemm" -> layers.add(gemm(node));
        case "MatMul" -> layers.add(connected(node, weight(node).permuted(1, 0), null));
        case "Add" -> addBias(node, layers);
        case "BatchNormalization" -> addNorm(node, layers);
        case "MaxPool" -> {
          requireAll(node, "kernel_shape", 2, 2);
          requireAll(node, "strides", 2, 1);
          requireAll(node, "pads", 0, 0);
          steps.add(POOL);
        }
        // torchvision's adaptive pool to 7x7, of a map that is 7x7
        case "AveragePool" -> requireAll(node, "kernel_shape", 1, 0);
        case "LRN" -> steps.add(LRN);
        default -> {
          if (!NEUTRAL.contains(node.type())) {
            throw new InputException(
                "its operation '%s' of type %s is none of a VGG network"
                    .formatted(node.name(), node.type()));
          }
        }
      }
    }
    return new ForeignNetwork(
        "ONNX", onnxProfile(file), layers, configuration -> possible(configuration, steps));
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

  private static void addBias(TensorFile.Node node, List<ForeignLayer> layers) {
    StoredTensor bias = bias(node, 0);
    if (bias == null || layers.isEmpty() || layers.get(layers.size() - 1).bias() != null) {
      throw new InputException("its operation '" + node.name() + "' adds what is no bias");
    }
    ForeignLayer last = layers.get(layers.size() - 1);
    layers.set(
        layers.size() - 1,
        new ForeignLayer(last.name(), last.isConvolution(), last.weight(), bias, last.norm()));
  }

  private static void addNorm(TensorFile.Node node, List<ForeignLayer> layers) {
    if (node.tensors().size() != 4 || layers.isEmpty()) {
      throw new InputException("its operation '" + node.name() + "' has not four weights");
    }
    List<Double> epsilon = node.attributes().getOrDefault("epsilon", List.of(1e-5));
    ForeignLayer.BatchNorm norm =
        new ForeignLayer.BatchNorm(
            node.tensors().get(0),
            node.tensors().get(1),
            node.tensors().get(2),
            node.tensors().get(3),
            epsilon.isEmpty() ? 1e-5 : epsilon.get(0));
    layers.set(layers.size() - 1, layers.get(layers.size() - 1).with(norm));
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

  /** An attribute's numbers must all be the same; what is not there has its default. */
  private static void requireAll(
      TensorFile.Node node, String attribute, double value, double standard) {
    for (double number : node.attributes().getOrDefault(attribute, List.of(standard))) {
      if (number != value) {
        throw new InputException(
            "its operation '%s' (%s) has %s %s where a VGG network has %s"
                .formatted(node.name(), node.type(), attribute, number, value));
      }
    }
  }

  // ---------------------------------------------------------------------------------- all

  private static StoredTensor weight(TensorFile.Node node) {
    if (node.tensors().isEmpty() || node.tensors().get(0).shape().size() < 2) {
      throw new InputException("its layer '" + node.name() + "' has no weights");
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

  /** Whether a network has these convolutions, pools and LRN in this order. */
  private static boolean possible(Configuration configuration, List<String> steps) {
    List<String> expected = new ArrayList<>();
    for (int block = 0; block < configuration.blocks().size(); block++) {
      for (int i = 0; i < configuration.blocks().get(block).size(); i++) {
        expected.add(CONVOLUTION);
        if (block == 0 && i == 0 && configuration.hasLrn()) {
          expected.add(LRN);
        }
      }
      expected.add(POOL);
    }
    return expected.equals(steps);
  }
}
