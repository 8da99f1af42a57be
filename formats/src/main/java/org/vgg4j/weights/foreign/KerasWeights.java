package org.vgg4j.weights.foreign;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
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
              + "|zeropadding|random_|gaussian_noise|spatial_dropout|gaussian_dropout|alpha_dropout"
              + "|activity_regularization).*");

  /** Keras's own name of the layer. */
  private static final Pattern GLOBAL_AVERAGE =
      Pattern.compile("global_average_pooling2d(_\\d+)?|global_avg_pool2d(_\\d+)?");

  private static final Pattern NOT_MAX_POOL = Pattern.compile(".*(global|average|avg).*");

  private static final Pattern FLAT = Pattern.compile("(flatten|reshape).*");

  /** Names of layers in VGG-Face for Keras, whose images need their own preprocessing. */
  private static final Pattern VGG_FACE = Pattern.compile("fc[678]/(relu|softmax)");

  private final List<ForeignLayer> layers = new ArrayList<>();
  private final List<Integer> blocks = new ArrayList<>(); // convolutions before each pool
  private final boolean sorted; // by kind, so that nothing follows from the order
  private int channels;
  private int pools;
  private boolean nested; // a model whose layers without weights are not listed
  private boolean flat;
  private boolean averaged;

  private KerasWeights(boolean sorted) {
    this.sorted = sorted;
  }

  static ForeignNetwork read(TensorFile file) {
    KerasWeights reader = new KerasWeights(file.metadata().containsKey("kinds"));
    file.nodes().forEach(reader::add);
    // Keras 3 lists all layers, or, in later releases, those with weights
    boolean named = file.nodes().stream().anyMatch(node -> node.tensors().isEmpty());
    boolean all = named && !reader.nested;
    if (all && reader.pools != Chain.POOLS) {
      throw new InputException(
          "it has %d pools, but a VGG network has five".formatted(reader.pools));
    }
    boolean saysPools = all && !reader.sorted;
    return new ForeignNetwork(
        "Keras",
        profile(file),
        reader.layers,
        configuration -> !saysPools || reader.hasPoolsOf(configuration),
        true,
        new ForeignNetwork.Stated(0, reader.averaged(all), false, List.of()));
  }

  /**
   * Whether the last map is averaged; null if that remains open.
   *
   * @param all whether all layers are listed
   */
  private @Nullable Boolean averaged(boolean all) {
    if (averaged) {
      return true;
    }
    // operations are no layers in Keras 3, and may average, too, unless something else flattens
    return all && (flat || !sorted) ? Boolean.FALSE : null;
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
      boolean mayFollow = sorted || nested || pools == Chain.POOLS;
      if (GLOBAL_AVERAGE.matcher(name).matches() && mayFollow) {
        if (!sorted) {
          Chain.requireBeforeHead(node, layers);
        }
        averaged = true;
        return;
      }
      if (!NEUTRAL.matcher(name).matches() || NOT_MAX_POOL.matcher(name).matches()) {
        throw new InputException(
            "its layer '%s' has no weights, and its file does not say what it does: a VGG network has no layer of"
                    .formatted(node.name())
                + " that name; save the whole model (model.save), which says it");
      }
      flat |= FLAT.matcher(name).matches();
      if (name.contains("pool")) {
        pools++;
        blocks.add(layers.size());
      }
      return;
    }
    nested |= !sorted && node.type().equals("nested layer");
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
      // a fully connected layer in the form of a convolution
      boolean connected = !sorted && pools == Chain.POOLS;
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
