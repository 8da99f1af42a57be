package org.vgg4j.weights.foreign;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Task;
import org.vgg4j.weights.Calibration;
import org.vgg4j.weights.format.TensorFile;
import org.vgg4j.weights.tensor.StoredTensor;
import org.vgg4j.weights.tensor.TensorReader;

/**
 * The operations of an ONNX graph, all of which must be what a VGG network has. Weights are
 * [out][in][row][column]; those of Gemm are [out][in] if transB is set, otherwise [in][out].
 */
final class OnnxChain {
  private static final List<Double> TO_CHANNELS_FIRST = List.of(0.0, 3.0, 1.0, 2.0);
  private static final List<Double> TO_CHANNELS_LAST = List.of(0.0, 2.0, 3.0, 1.0);
  private static final Set<Double> FLOATS = Set.of(1.0, 10.0, 11.0, 16.0);

  /** Names that only Keras's VGG has. */
  private static final Pattern KERAS_NAME = Pattern.compile("(^|.*[/_])block\\d_conv\\d.*");

  private static final Pattern TENSORFLOW =
      Pattern.compile(".*(tf2onnx|keras|tensorflow|tflite).*");

  /** Names of torchvision's VGG, whichever tool wrote the file. */
  private static final Pattern TORCHVISION_NAME =
      Pattern.compile("(.*[./])?(features[./]\\d+[./]|classifier[./]\\d+[./]|pre_logits).*");

  private static final Set<String> MEANS = Set.of("GlobalAveragePool", "ReduceMean");

  private static final int STRIDE = 32; // input pixels for each position of the last map

  private final Chain chain = new Chain();
  private int side;
  private boolean channelsLast;
  private boolean flat;
  private boolean meanOfOne; // a pool of one position, which is the same with a mean or without
  private int padding;
  private final boolean isOurs;
  private final ForeignNetwork.Exported exported;
  private @Nullable String tempered; // the operation that divides the scores by the temperature

  private OnnxChain(TensorFile file) {
    isOurs = file.metadata().getOrDefault("producer", "").equals("vgg4j");
    exported = isOurs ? OnnxMetadata.read(file) : ForeignNetwork.Exported.NOTHING;
  }

  static ForeignNetwork read(TensorFile file) {
    requireClassifier(file);
    OnnxChain reader = new OnnxChain(file);
    for (TensorFile.Node node : file.nodes()) {
      reader.add(node);
    }
    reader.requireSoftMax(null);
    return new ForeignNetwork(
        "ONNX",
        profile(file),
        reader.chain.layers(),
        reader.chain.possible(),
        true,
        new ForeignNetwork.Stated(
            reader.side, reader.averaged(), false, List.of(), reader.exported));
  }

  private @Nullable Boolean averaged() {
    return meanOfOne && !chain.averaged() ? null : Boolean.valueOf(chain.averaged());
  }

  /** Its outputs would be taken for scores. */
  private static void requireClassifier(TensorFile file) {
    String task = file.metadata().get("property.vgg4j.task");
    if (task != null) {
      throw new InputException(
          file.file()
              + (task.equals(Task.LABELS.label())
                  ? " may find several labels in an image, and would be taken for one that names"
                      + " one class"
                  : " finds boxes and does not classify")
              + ": use the model file that it was exported from");
    }
  }

  // ---------------------------------------------------------------------------- preprocessing

  /** How the file's origin prepares images; null if the origin is unknown. */
  private static @Nullable Profile profile(TensorFile file) {
    String producer = file.metadata().getOrDefault("producer", "").toLowerCase(Locale.ROOT);
    String graph = file.metadata().getOrDefault("graph", "").toLowerCase(Locale.ROOT);
    String own = file.metadata().get("property.vgg4j.preprocessing");
    if (producer.equals("vgg4j")) {
      return own == null ? null : Profile.stored(own);
    }
    if (TENSORFLOW.matcher(producer).matches() || names(file, KERAS_NAME)) {
      return null; // perhaps Keras's release, perhaps trained on images prepared in another way
    }
    // Caffe2's conversions of the authors' files keep their preprocessing
    if (isCaffe(producer)) {
      return Profile.CAFFE;
    }
    if (producer.equals("pytorch") || graph.equals("mxnet_converted_model")) {
      return Profile.TORCHVISION;
    }
    if (isCaffe(graph)) {
      return Profile.CAFFE;
    }
    return names(file, TORCHVISION_NAME) ? Profile.TORCHVISION : null;
  }

  /** Matches whole words only: a caffeine detector is not Caffe's. */
  private static boolean isCaffe(String text) {
    return text.matches("(.*[^a-z])?(caffe2?)([^a-z].*)?");
  }

  private static boolean names(TensorFile file, Pattern pattern) {
    return file.tensors().keySet().stream().anyMatch(name -> pattern.matcher(name).matches())
        || file.nodes().stream().anyMatch(node -> pattern.matcher(node.name()).matches());
  }

  // ------------------------------------------------------------------------------- operations

  private void add(TensorFile.Node node) {
    if (padding != 0 && !node.type().equals("Conv")) {
      throw new InputException(
          "its operation '%s' (%s) takes a padded map, where a VGG network pads for convolutions only"
              .formatted(node.name(), node.type()));
    }
    requireSoftMax(node);
    switch (node.type()) {
      case "Input" -> input(node);
      case "Conv" -> convolution(node);
      case "Gemm" -> gemm(node);
      case "MatMul" -> connected(node, Nodes.weight(node), false, null);
      case "Add" -> bias(node);
      case "Mul" -> multiplication(node);
      case "BatchNormalization" -> norm(node);
      case "Relu" -> chain.relu(node);
      case "Clip" -> clip(node);
      case "LeakyRelu" -> {
        Nodes.requireAll(node, "alpha", 0, 0.01);
        chain.relu(node);
      }
      case "MaxPool" -> maxPool(node);
      case "LRN" -> {
        // Krizhevsky's constants; ONNX divides alpha by the size
        Nodes.requireAll(node, "size", 5, 0);
        Nodes.requireAll(node, "alpha", 5e-4, 1e-4);
        Nodes.requireAll(node, "beta", 0.75, 0.75);
        Nodes.requireAll(node, "bias", 2, 1);
        chain.lrn(node);
      }
      case "Softmax", "LogSoftmax" -> {
        if (Nodes.number(node, "axis", 1) != -1 || !flat) {
          Nodes.requireAll(node, "axis", 1, 1);
        }
        chain.softMax(node);
      }
      // torchvision's adaptive pool to 7x7, applied to a 7x7 map
      case "AveragePool" -> {
        Nodes.requireAll(node, "kernel_shape", 1, 0);
        Nodes.requireAll(node, "strides", 1, 1);
        Nodes.requireAll(node, "pads", 0, 0);
      }
      case "GlobalAveragePool", "GlobalMaxPool" -> average(node);
      case "ReduceMean", "ReduceMax" -> reduce(node);
      case "Pad" -> pad(node);
      default -> shape(node);
    }
  }

  /** Operations that leave the numbers as they are. */
  private void shape(TensorFile.Node node) {
    switch (node.type()) {
      case "Identity" -> {}
      case "Cast" -> {
        if (!FLOATS.contains(Nodes.number(node, "to", 0))) {
          throw new InputException(
              "its operation '%s' (Cast) converts to integers, which a VGG network never does"
                  .formatted(node.name()));
        }
      }
      case "Dropout" -> {
        if (Nodes.isTrue(node, "training_mode", false)) {
          throw training(node);
        }
      }
      case "Transpose" -> transpose(node);
      case "Flatten" -> {
        Nodes.requireAll(node, "axis", 1, 1);
        flat = true;
      }
      case "Reshape" -> {
        List<Double> shape = node.attributes().getOrDefault("shape", List.of());
        if (!shape.isEmpty() && shape.size() != 2) {
          throw new InputException(
              "its operation '%s' (Reshape) gives %d axes where a VGG network has two"
                  .formatted(node.name(), shape.size()));
        }
        flat = true;
      }
      case "Squeeze" -> flat = true; // with more than one position, the graph would not run
      default ->
          throw new InputException(
              chain.isEmpty()
                  ? "its operation '%s' (%s) is before the first convolution: a network that prepares its images itself is not read, export it without"
                      .formatted(node.name(), node.type())
                  : "its operation '%s' of type '%s' does not belong to a VGG network%s"
                      .formatted(
                          node.name(),
                          node.type(),
                          node.type().contains("Q") && node.type().contains("Linear")
                              ? ": quantised networks are not read, export it as float32"
                              : ""));
    }
  }

  private void input(TensorFile.Node node) {
    List<Double> shape = node.attributes().getOrDefault("shape", List.of());
    if (shape.size() != 4) {
      return;
    }
    boolean last = shape.get(3) == 3 && shape.get(1) != 3;
    double rows = shape.get(last ? 1 : 2);
    double columns = shape.get(last ? 2 : 3);
    double channels = shape.get(last ? 3 : 1);
    if (channels > 0 && channels != 3) {
      throw new InputException(
          "its input '%s' has %d channels, but a VGG network takes three"
              .formatted(node.name(), (int) channels));
    }
    if (rows > 0 && columns > 0 && rows != columns) {
      throw new InputException(
          "its input '%s' has %dx%d pixels, but a VGG network takes squares"
              .formatted(node.name(), (int) rows, (int) columns));
    }
    side = rows > 0 && columns > 0 ? (int) rows : 0;
    channelsLast = last;
  }

  private void convolution(TensorFile.Node node) {
    StoredTensor weight = Nodes.weight(node);
    int kernel = Nodes.side(node, weight, 2);
    if (channelsLast) {
      throw new InputException(
          "its operation '%s' (Conv) takes a map whose channels are last".formatted(node.name()));
    }
    Nodes.requireAll(node, "kernel_shape", kernel, kernel);
    Nodes.requireAll(node, "group", 1, 1);
    Nodes.requireAll(node, "strides", 1, 1);
    Nodes.requireAll(node, "dilations", 1, 1);
    int wanted = chain.inHead() ? 0 : kernel / 2;
    Nodes.requireOneOf(node, "auto_pad", List.of("NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"));
    switch (node.words().getOrDefault("auto_pad", "NOTSET")) {
      case "SAME_UPPER", "SAME_LOWER" -> padding += kernel / 2;
      case "VALID" -> {}
      default -> {
        Nodes.requireAll(node, "pads", wanted - padding, 0);
        padding = wanted;
      }
    }
    if (padding != wanted) {
      throw new InputException(
          "its operation '%s' (Conv, %dx%d) has a padding of %d where a VGG network has %d"
              .formatted(node.name(), kernel, kernel, padding, wanted));
    }
    padding = 0;
    chain.convolution(node, weight, Nodes.bias(node, 1));
  }

  /** Takes zeros around the map as the padding of the convolution that follows. */
  private void pad(TensorFile.Node node) {
    Nodes.requireOneOf(node, "mode", List.of("constant"));
    Nodes.requireAll(node, "value", 0, 0);
    List<Double> pads = node.attributes().getOrDefault("pads", List.of());
    int row = channelsLast ? 1 : 2;
    double one = pads.size() == 8 ? pads.get(row) : -1;
    boolean around = pads.size() == 8 && one >= 0 && !node.attributes().containsKey("axes");
    for (int i = 0; around && i < 8; i++) {
      boolean spatial = i % 4 == row || i % 4 == row + 1;
      around = pads.get(i) == (spatial ? one : 0);
    }
    if (!around) {
      throw new InputException(
          "its operation '%s' (Pad) does not pad all sides of a map alike".formatted(node.name()));
    }
    padding += (int) one;
  }

  private void gemm(TensorFile.Node node) {
    Nodes.requireAll(node, "alpha", 1, 1);
    Nodes.requireAll(node, "beta", 1, 1);
    Nodes.requireAll(node, "transA", 0, 0);
    boolean transposed = Nodes.isTrue(node, "transB", false);
    connected(node, Nodes.weight(node), transposed, Nodes.bias(node, 1));
  }

  private void connected(
      TensorFile.Node node, StoredTensor weight, boolean outFirst, @Nullable StoredTensor bias) {
    if (weight.shape().size() != 2 || (!flat && chain.beforeFirstConnected())) {
      throw new InputException(
          "its operation '%s' (%s) does not multiply a flat map by a matrix"
              .formatted(node.name(), node.type()));
    }
    StoredTensor ours = outFirst ? weight : weight.permuted(1, 0);
    if (channelsLast && chain.beforeFirstConnected()) {
      ours = Nodes.overMapOutFirst(ours, chain.channels());
    }
    chain.connected(node, ours, bias);
  }

  /** Takes what is added directly after a convolution or a product, one number for each channel. */
  private void bias(TensorFile.Node node) {
    List<StoredTensor> others = node.tensors();
    List<Integer> shape = others.isEmpty() ? List.of() : others.get(0).shape();
    int length = others.isEmpty() ? 0 : others.get(0).length();
    int behind = flat || channelsLast ? 0 : 2; // axes after the channels
    int axis = shape.size() - 1 - behind;
    if (chain.isEmpty()) {
      shape(node);
    }
    if (others.size() != 1 || axis < 0 || shape.get(axis) != length) {
      throw new InputException(
          "its operation '" + node.name() + "' adds something that is not a bias");
    }
    chain.bias(node, others.get(0).reshaped(length));
  }

  /** Takes the division by a temperature that our export with a soft-max has. */
  private void multiplication(TensorFile.Node node) {
    if (!isOurs || chain.isEmpty() || !flat || node.tensors().size() != 1) {
      shape(node);
      return;
    }
    float[] values = TensorReader.read(node.tensors()).values().iterator().next();
    Calibration calibration = exported.calibration();
    double temperature = values.length == 1 ? 1 / values[0] : Double.NaN;
    double stated = calibration == null ? Double.NaN : calibration.temperature();
    // in half precision it is rounded
    if (!(Math.abs(temperature / stated - 1) < 1e-3)) {
      throw new InputException(
          "its operation '%s' (Mul) divides the scores by a temperature of %s, but its metadata (%s) have %s: export the model again"
              .formatted(
                  node.name(),
                  values.length == 1 ? (float) temperature : values.length + " values",
                  Calibration.KEY,
                  calibration == null ? "none" : String.valueOf(stated)));
    }
    tempered = node.name();
  }

  /** Refuses scores that are divided by a temperature and are not for a soft-max. */
  private void requireSoftMax(TensorFile.@Nullable Node next) {
    if (tempered != null && (next == null || !next.type().equals("Softmax"))) {
      throw new InputException(
          "its operation '%s' (Mul) divides the scores by a temperature, but no soft-max follows: export the model again"
              .formatted(tempered));
    }
    tempered = null;
  }

  private void norm(TensorFile.Node node) {
    if (chain.isEmpty()) {
      throw new InputException(
          "its operation '%s' (%s) is before the first convolution and does not directly follow a convolution or a product: a network that prepares its images itself is not read, export it without"
              .formatted(node.name(), node.type()));
    }
    if (Nodes.isTrue(node, "training_mode", false)) {
      throw training(node);
    }
    Nodes.requireAll(node, "spatial", 1, 1);
    if (node.tensors().size() != 4) {
      throw Nodes.noVgg(node);
    }
    List<StoredTensor> tensors = node.tensors();
    chain.norm(
        node,
        new ForeignLayer.BatchNorm(
            tensors.get(0),
            tensors.get(1),
            tensors.get(2),
            tensors.get(3),
            Nodes.number(node, "epsilon", 1e-5)));
  }

  private static InputException training(TensorFile.Node node) {
    return new InputException(
        "its operation '%s' (%s) is in training mode: export the network for inference (model.eval())"
            .formatted(node.name(), node.type()));
  }

  /** A Clip is a ReLU if it cuts at zero and nowhere else. */
  private void clip(TensorFile.Node node) {
    Nodes.requireAll(node, "min", 0, Double.NEGATIVE_INFINITY);
    for (double most : node.attributes().getOrDefault("max", List.of())) {
      if (most < Float.MAX_VALUE) {
        throw new InputException(
            "its operation '%s' (Clip) cuts at %s, where a VGG network has a ReLU"
                .formatted(node.name(), most));
      }
    }
    chain.relu(node);
  }

  private void maxPool(TensorFile.Node node) {
    Nodes.requireAll(node, "kernel_shape", 2, 0);
    Nodes.requireAll(node, "strides", 2, 1);
    Nodes.requireAll(node, "pads", 0, 0);
    Nodes.requireAll(node, "dilations", 1, 1);
    if (channelsLast) {
      throw Nodes.noVgg(node);
    }
    // all maps of such an input have even sides, so nothing is rounded up or padded
    boolean even = side != 0 && side % STRIDE == 0;
    if (!even) {
      Nodes.requireAll(node, "ceil_mode", 0, 0);
    }
    Nodes.requireOneOf(
        node,
        "auto_pad",
        even ? List.of("NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER") : List.of("NOTSET", "VALID"));
    chain.pool(node);
  }

  private void reduce(TensorFile.Node node) {
    int row = channelsLast ? 1 : 2;
    Set<Double> allowed =
        Set.of((double) row, (double) row + 1, (double) row - 4, (double) row - 3);
    List<Double> axes = node.attributes().getOrDefault("axes", List.of());
    if (axes.size() != 2 || !allowed.containsAll(axes)) {
      throw Nodes.noVgg(node);
    }
    average(node);
    flat |= !Nodes.isTrue(node, "keepdims", true);
  }

  /** A mean over a map of one position, or the largest value in it, is that position. */
  private void average(TensorFile.Node node) {
    int positions = chain.mapSide(side / STRIDE);
    if (chain.inHead() && positions != 1 && MEANS.contains(node.type())) {
      chain.average(node);
      return;
    }
    if (!chain.inHead() || positions != 1) {
      throw new InputException(
          "its operation '%s' (%s) pools a map%s, where a VGG network takes all of its positions, or the mean of each channel"
              .formatted(
                  node.name(),
                  node.type(),
                  side == 0
                      ? " of a size that its input leaves open"
                      : " of %dx%d".formatted(positions, positions)));
    }
    meanOfOne = true;
  }

  private void transpose(TensorFile.Node node) {
    List<Double> axes = node.attributes().getOrDefault("perm", List.of());
    if (!flat && axes.equals(TO_CHANNELS_FIRST) && (channelsLast || chain.isEmpty())) {
      channelsLast = false;
    } else if (!flat && axes.equals(TO_CHANNELS_LAST) && !channelsLast) {
      channelsLast = true;
    } else if (!axes.equals(List.of(0.0, 1.0, 2.0, 3.0))) {
      throw new InputException(
          "its operation '%s' (Transpose) orders the axes as no VGG network does"
              .formatted(node.name()));
    }
  }
}
