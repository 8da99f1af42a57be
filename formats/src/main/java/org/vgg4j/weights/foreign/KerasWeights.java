package org.vgg4j.weights.foreign;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Configuration;
import org.vgg4j.weights.format.TensorFile;
import org.vgg4j.weights.tensor.StoredTensor;

/**
 * Keras's files with weights only: what is between the weights can be inferred from the names of
 * layers, if at all.
 */
final class KerasWeights {
  /** Names that Keras gives to layers without weights in a VGG network. */
  private static final Pattern NEUTRAL =
      Pattern.compile(
          "(input|.*pool|max_pool|flatten|dropout|activation|re_lu|relu|softmax|reshape|zero_padding"
              + "|zeropadding|random_|gaussian_noise|spatial_dropout).*");

  /** Keras's own name of the layer. */
  private static final Pattern GLOBAL_AVERAGE =
      Pattern.compile("global_average_pooling2d(_\\d+)?|global_avg_pool2d(_\\d+)?");

  private static final Pattern NOT_MAX_POOL = Pattern.compile(".*(global|average|avg).*");

  /** Names of layers in VGG-Face for Keras, whose images need their own preprocessing. */
  private static final Pattern VGG_FACE = Pattern.compile("fc[678]/(relu|softmax)");

  private final List<ForeignLayer> layers = new ArrayList<>();
  private final List<Integer> blocks = new ArrayList<>(); // convolutions before each pool
  private int channels;
  private int pools;
  private boolean averaged;

  private KerasWeights() {}

  static ForeignNetwork read(TensorFile file) {
    KerasWeights reader = new KerasWeights();
    file.nodes().forEach(reader::add);
    boolean nested = file.nodes().stream().anyMatch(node -> node.type().equals("nested layer"));
    boolean named = file.nodes().stream().anyMatch(node -> node.tensors().isEmpty());
    if (named && !nested && reader.pools != Chain.POOLS) {
      throw new InputException(
          "it has %d pools, but a VGG network has five".formatted(reader.pools));
    }
    boolean saysPools = named && !nested;
    return new ForeignNetwork(
        "Keras",
        profile(file),
        reader.layers,
        configuration -> !saysPools || reader.hasPoolsOf(configuration),
        true,
        new ForeignNetwork.Stated(
            0, saysPools ? Boolean.valueOf(reader.averaged) : null, false, List.of(), null));
  }

  private boolean hasPoolsOf(Configuration configuration) {
    int convolutions = 0;
    List<Integer> expected = new ArrayList<>();
    for (List<?> block : configuration.blocks()) {
      convolutions += block.size();
      expected.add(convolutions);
    }
    return blocks.equals(expected);
  }

  /** Keras's files come from the authors' files, except for VGG-Face. */
  static Profile profile(TensorFile file) {
    boolean face = file.nodes().stream().anyMatch(node -> VGG_FACE.matcher(node.name()).matches());
    return face ? Profile.VGG_FACE : Profile.KERAS;
  }

  private void add(TensorFile.Node node) {
    if (node.tensors().isEmpty()) {
      String name = node.name().substring(node.name().lastIndexOf('/') + 1);
      if (GLOBAL_AVERAGE.matcher(name).matches() && pools == Chain.POOLS) {
        Chain.requireBeforeHead(node, layers);
        averaged = true;
        return;
      }
      if (!NEUTRAL.matcher(name).matches() || NOT_MAX_POOL.matcher(name).matches()) {
        throw new InputException(
            "its layer '%s' has no weights, and its file does not say what it does: a VGG network has no layer of"
                    .formatted(node.name())
                + " that name");
      }
      if (name.contains("pool")) {
        pools++;
        blocks.add(layers.size());
      }
      return;
    }
    StoredTensor weight = Nodes.weight(node);
    StoredTensor bias = Nodes.bias(node, 1);
    if (node.tensors().size() > 2) {
      throw new InputException(
          "its layer '%s' has %d weight arrays, but layers of a VGG network have two%s"
              .formatted(
                  node.name(),
                  node.tensors().size(),
                  node.tensors().size() == 4
                      ? "; batch normalisation is read from whole models only, which say where it"
                          + " is"
                      : ""));
    }
    if (weight.shape().size() == 4) {
      boolean connected =
          pools == Chain.POOLS; // a fully connected layer in the form of a convolution
      channels = weight.shape().get(3);
      layers.add(
          new ForeignLayer(node.name(), !connected, weight.permuted(3, 2, 0, 1), bias, null));
    } else if (weight.shape().size() == 2) {
      boolean first = layers.isEmpty() || layers.get(layers.size() - 1).isConvolution();
      StoredTensor ours = first ? Nodes.overMap(weight, channels) : weight.permuted(1, 0);
      layers.add(new ForeignLayer(node.name(), false, ours, bias, null));
    } else {
      throw Nodes.noVgg(node);
    }
  }
}
