package org.vgg4j.weights.foreign;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.model.ChannelOrder;
import org.vgg4j.model.Rgb;
import org.vgg4j.weights.format.TensorFile;
import org.vgg4j.weights.tensor.StoredTensor;

/**
 * Caffe's layers, in the order of the file. Weights are [out][in][row][column], or [1][1][out][in]
 * in old files.
 */
final class CaffeChain {
  /** Layers that do not change what a trained network computes. */
  private static final Set<String> NEUTRAL = Set.of("Dropout", "Flatten", "Split");

  /** Layers that provide images and labels, or only measure. */
  private static final Set<String> ASIDE = Set.of("Data", "ImageData", "Input", "Accuracy");

  private static final int STRIDE = 32; // input pixels for each position of the last map

  /** Mean images of ImageNet, which are replaced by the mean colour of the authors' files. */
  private static final Pattern IMAGENET_MEAN = Pattern.compile("(?i).*(imagenet|ilsvrc).*");

  private final Chain chain = new Chain();
  private final Set<String> last = new HashSet<>();
  private final Set<String> earlier = new HashSet<>();
  private final List<TensorFile.Node> inputs = new ArrayList<>();

  /** For the outputs of layers before the first convolution, which output of an input they are. */
  private final Map<String, String> origins = new HashMap<>();

  /** The output of an input that the first convolution takes. */
  private @Nullable String taken;

  private boolean takesWholeMap;
  private int side;

  private CaffeChain() {}

  static ForeignNetwork read(TensorFile file) {
    CaffeChain reader = new CaffeChain();
    for (TensorFile.Node node : file.nodes()) {
      if (ASIDE.contains(node.type())) {
        reader.aside(node);
      } else if (reader.isOnTheWay(node)) {
        reader.add(node);
      }
    }
    String name = file.metadata().getOrDefault("name", "").toLowerCase(Locale.ROOT);
    boolean ofFaces = name.matches(".*vgg_?face.*");
    return new ForeignNetwork(
        "Caffe",
        reader.profile(ofFaces ? Profile.VGG_FACE : Profile.CAFFE),
        reader.chain.layers(),
        reader.chain.possible(),
        true,
        new ForeignNetwork.Stated(reader.inputSide(), reader.chain.averaged(), false, List.of()));
  }

  private void aside(TensorFile.Node node) {
    if (!node.tensors().isEmpty()) {
      throw Nodes.noVgg(node);
    }
    if (chain.isEmpty()) {
      last.addAll(blobs(node, "top"));
      earlier.addAll(blobs(node, "top"));
      shape(node);
      inputs.add(node);
    }
  }

  /**
   * How images are prepared by the layers that provide them, one for each phase; others provide
   * labels. Where names do not tell them apart, all of them count; where they differ, the user is
   * asked.
   *
   * @param usual what is meant where they do not say it
   * @return null if the user must say it
   */
  private @Nullable Profile profile(Profile usual) {
    List<TensorFile.Node> images =
        inputs.stream()
            .filter(node -> taken != null && blobs(node, "top").contains(taken))
            .toList();
    Profile common = null;
    for (TensorFile.Node node : images.isEmpty() ? inputs : images) {
      Profile profile = profile(node, usual);
      if (profile == null || (common != null && !common.equals(profile))) {
        return null;
      }
      common = profile;
    }
    return common == null ? usual : common;
  }

  /** The size of images that an input layer states, or a data layer by its crop. */
  private void shape(TensorFile.Node node) {
    List<Double> shape = node.attributes().getOrDefault("shape", List.of());
    if (shape.size() == 4) {
      Nodes.requireAll(node, "shape", List.of(shape.get(0), 3.0, shape.get(2), shape.get(2)));
      side = shape.get(2).intValue();
    }
    side = (int) Nodes.number(node, "transform.crop_size", side);
  }

  /**
   * Side of the images in pixels; 0 if the file does not say, or its head is convolutions and takes
   * any size.
   *
   * @throws InputException if the pools turn it into map sizes that no VGG network has
   */
  private int inputSide() {
    if (!takesWholeMap) {
      return 0;
    }
    if (side % STRIDE != 0) {
      throw new InputException(
          "it states images of %dx%d pixels, whose halves Caffe's pools round up where those of a VGG"
                  .formatted(side, side)
              + " network round down: only multiples of 32 are the same for both");
    }
    return side;
  }

  private static List<String> blobs(TensorFile.Node node, String side) {
    String names = node.words().getOrDefault(side, "");
    return names.isEmpty() ? List.of() : List.of(names.split("\n"));
  }

  /**
   * What a data layer does to its images; null if it has a mean file of its own, whose numbers are
   * not in the network's file.
   */
  private static @Nullable Profile profile(TensorFile.Node node, Profile usual) {
    double scale = Nodes.number(node, "transform.scale", 1);
    List<Double> means = node.attributes().getOrDefault("transform.mean_value", List.of());
    String file = node.words().get("transform.mean_file");
    if (means.isEmpty() && (file != null || scale == 1)) {
      boolean isUsual =
          file == null
              || usual.equals(Profile.VGG_FACE)
              || (scale == 1 && IMAGENET_MEAN.matcher(file).matches());
      return isUsual ? usual : null;
    }
    if ((!means.isEmpty() && means.size() != 1 && means.size() != 3) || !(scale > 0)) {
      throw new InputException(
          "its layer '%s' prepares images of other than three colours".formatted(node.name()));
    }
    float[] bgr = new float[3];
    for (int i = 0; i < 3 && !means.isEmpty(); i++) {
      bgr[i] = means.get(means.size() == 1 ? 0 : i).floatValue();
    }
    float std = (float) (1 / scale);
    return Profile.of(
        ChannelOrder.BGR, 255, new Rgb(bgr[2], bgr[1], bgr[0]), new Rgb(std, std, std));
  }

  /** Whether a layer continues the chain, which for example the split of labels does not. */
  private boolean isOnTheWay(TensorFile.Node node) {
    List<String> bottom = blobs(node, "bottom");
    List<String> top = blobs(node, "top");
    trace(node, bottom, top);
    boolean isSplit = node.type().equals("Split");
    // a name that no layer outputs is an input of the network, or was made up
    boolean elsewhere =
        !bottom.isEmpty() && earlier.contains(bottom.get(0)) && !last.contains(bottom.get(0));
    if (elsewhere && isSplit) {
      return false;
    }
    if (elsewhere) {
      throw new InputException(
          "its layer '%s' takes '%s', not the output of the layer before: a VGG network has only one path"
              .formatted(node.name(), bottom.get(0)));
    }
    if (!top.isEmpty()) {
      if (!isSplit) {
        last.clear(); // what a split takes may be the labels beside the images
      }
      last.addAll(top);
      earlier.addAll(top);
    }
    return true;
  }

  /** Follows images up to the first convolution. */
  private void trace(TensorFile.Node node, List<String> bottom, List<String> top) {
    if (taken != null || bottom.isEmpty()) {
      return;
    }
    String origin = origins.getOrDefault(bottom.get(0), bottom.get(0));
    top.forEach(name -> origins.put(name, origin));
    taken = node.type().equals("Convolution") ? origin : null;
  }

  private void add(TensorFile.Node node) {
    switch (node.type()) {
      case "Convolution" -> {
        StoredTensor weight = Nodes.weight(node);
        int pad = chain.inHead() ? 0 : Nodes.side(node, weight, 2) / 2;
        Nodes.requireAll(node, "pad", pad, 0);
        Nodes.requireAll(node, "stride", 1, 1);
        Nodes.requireAll(node, "group", 1, 1);
        Nodes.requireAll(node, "dilation", 1, 1);
        chain.convolution(node, weight, Nodes.bias(node, 1));
      }
      case "InnerProduct" -> {
        Nodes.requireAll(node, "transpose", 0, 0);
        Nodes.requireAll(node, "axis", 1, 1);
        takesWholeMap |= chain.beforeFirstConnected();
        StoredTensor weight = Nodes.weight(node);
        List<Integer> shape = weight.shape();
        int in = shape.get(shape.size() - 1);
        int out = in == 0 ? 0 : weight.length() / in;
        chain.connected(node, weight.reshaped(out, in), Nodes.bias(node, 1));
      }
      case "Pooling" -> {
        if (chain.inHead() && Nodes.isTrue(node, "global_pooling", false)) {
          Nodes.requireAll(node, "pool", 1, 0); // the mean
          chain.average(node);
          return;
        }
        Nodes.requireAll(node, "pool", 0, 0); // the largest value
        Nodes.requireAll(node, "global_pooling", 0, 0);
        Nodes.requireAll(node, "kernel_size", 2, 0);
        Nodes.requireAll(node, "stride", 2, 1);
        Nodes.requireAll(node, "pad", 0, 0);
        chain.pool(node);
      }
      case "ReLU" -> {
        Nodes.requireAll(node, "negative_slope", 0, 0);
        chain.relu(node);
      }
      case "LRN" -> {
        // Krizhevsky's constants; Caffe divides alpha by the size
        Nodes.requireAll(node, "norm_region", 0, 0);
        Nodes.requireAll(node, "local_size", 5, 5);
        Nodes.requireAll(node, "alpha", 5e-4, 1);
        Nodes.requireAll(node, "beta", 0.75, 0.75);
        Nodes.requireAll(node, "k", 2, 1);
        chain.lrn(node);
      }
      case "Softmax", "SoftmaxWithLoss" -> chain.softMax(node);
      default -> {
        if (!NEUTRAL.contains(node.type()) || !node.tensors().isEmpty()) {
          throw Nodes.noVgg(node);
        }
      }
    }
  }
}
