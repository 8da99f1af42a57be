package org.vgg4j.weights.foreign;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Configuration;
import org.vgg4j.weights.format.TensorFile;
import org.vgg4j.weights.tensor.StoredTensor;

/**
 * A network that is put together step by step, in the order of computation that its file states.
 */
final class Chain {
  /** What happens between layers with weights. */
  private enum Kind {
    CONVOLUTION("convolution"),
    CONNECTED("fully connected layer"),
    RELU("ReLU"),
    POOL("pool"),
    LRN("LRN"),
    SOFT_MAX("soft-max");

    private final String label;

    Kind(String label) {
      this.label = label;
    }

    boolean hasWeights() {
      return this == CONVOLUTION || this == CONNECTED;
    }
  }

  private record Step(Kind kind, String name) {
    @Override
    public String toString() {
      return kind.label + " '" + name + "'";
    }
  }

  static final int POOLS = 5;

  private final List<ForeignLayer> layers = new ArrayList<>();
  private final List<Step> steps = new ArrayList<>();
  private boolean averaged;

  // ------------------------------------------------------------------------------- building

  /**
   * Adds a convolution, or, after the last pool, a fully connected layer in the form of a
   * convolution.
   */
  void convolution(TensorFile.Node node, StoredTensor weight, @Nullable StoredTensor bias) {
    boolean connected = inHead();
    steps.add(new Step(connected ? Kind.CONNECTED : Kind.CONVOLUTION, node.name()));
    layers.add(new ForeignLayer(node.name(), !connected, weight, bias, null));
  }

  void connected(TensorFile.Node node, StoredTensor weight, @Nullable StoredTensor bias) {
    steps.add(new Step(Kind.CONNECTED, node.name()));
    layers.add(new ForeignLayer(node.name(), false, weight, bias, null));
  }

  /** Adds a ReLU; directly after another it changes nothing. */
  void relu(TensorFile.Node node) {
    if (last() != Kind.RELU) {
      steps.add(new Step(Kind.RELU, node.name()));
    }
  }

  void pool(TensorFile.Node node) {
    steps.add(new Step(Kind.POOL, node.name()));
  }

  void lrn(TensorFile.Node node) {
    steps.add(new Step(Kind.LRN, node.name()));
  }

  void softMax(TensorFile.Node node) {
    steps.add(new Step(Kind.SOFT_MAX, node.name()));
  }

  /**
   * Takes the mean of each channel of the last map.
   *
   * @throws InputException if a layer of the head is before it
   */
  void average(TensorFile.Node node) {
    requireBeforeHead(node, layers);
    averaged = true;
  }

  /** Refuses a mean that comes after a layer of the head, of whose outputs it would be. */
  static void requireBeforeHead(TensorFile.Node mean, List<ForeignLayer> layers) {
    ForeignLayer last = layers.isEmpty() ? null : layers.get(layers.size() - 1);
    if (last != null && !last.isConvolution()) {
      throw new InputException(
          "its '%s' takes the mean of a map after the fully connected layer '%s', where a VGG network takes that of its last map or none"
              .formatted(mean.name(), last.name()));
    }
  }

  /** Adds the addition that directly follows a convolution or a product as its bias. */
  void bias(TensorFile.Node node, StoredTensor bias) {
    ForeignLayer before = directlyBefore(node);
    if (before.bias() != null || before.norm() != null) {
      throw new InputException(
          "its operation '" + node.name() + "' adds something that is not a bias");
    }
    layers.set(
        layers.size() - 1,
        new ForeignLayer(before.name(), before.isConvolution(), before.weight(), bias, null));
  }

  /** Adds the batch norm that directly follows a convolution. */
  void norm(TensorFile.Node node, ForeignLayer.BatchNorm norm) {
    ForeignLayer before = directlyBefore(node);
    if (!before.isConvolution() || before.norm() != null) {
      throw new InputException(
          "its operation '" + node.name() + "' is not a normalisation after a convolution");
    }
    layers.set(layers.size() - 1, before.with(norm));
  }

  private ForeignLayer directlyBefore(TensorFile.Node node) {
    Kind last = last();
    if (last == null || !last.hasWeights()) {
      throw new InputException(
          "its operation '%s' (%s) does not directly follow a convolution or a product: it is not a VGG"
                  .formatted(node.name(), node.type())
              + " network");
    }
    return layers.get(layers.size() - 1);
  }

  private @Nullable Kind last() {
    return steps.isEmpty() ? null : steps.get(steps.size() - 1).kind;
  }

  // ---------------------------------------------------------------------------------- asking

  /** Whether nothing was added yet. */
  boolean isEmpty() {
    return steps.isEmpty();
  }

  /** Whether all five pools have been added. */
  boolean inHead() {
    return steps.stream().filter(step -> step.kind == Kind.POOL).count() == POOLS;
  }

  /** Whether the next layer with weights is the first that takes the whole last map. */
  boolean beforeFirstConnected() {
    return layers.isEmpty() || layers.get(layers.size() - 1).isConvolution();
  }

  /** Whether the mean of each channel of the last map is taken. */
  boolean averaged() {
    return averaged;
  }

  /**
   * Side of the map that the next step takes.
   *
   * @param lastMap side of the last map; 0 if the file does not say
   * @return the side; 0 if that is unknown
   */
  int mapSide(int lastMap) {
    if (averaged || lastMap == 0 || beforeFirstConnected()) {
      return averaged ? 1 : lastMap;
    }
    ForeignLayer first =
        layers.stream().filter(layer -> !layer.isConvolution()).findFirst().orElseThrow();
    List<Integer> shape = first.weight().shape();
    return shape.size() == 4 ? Math.max(0, lastMap - shape.get(2) + 1) : 1;
  }

  /** Channels of the last map; 0 if there is none. */
  int channels() {
    return layers.isEmpty() ? 0 : layers.get(layers.size() - 1).out();
  }

  List<ForeignLayer> layers() {
    return layers;
  }

  // -------------------------------------------------------------------------------- checking

  /**
   * Returns which networks of the family take these steps in this order.
   *
   * @throws InputException if none can, whatever its layers are
   */
  Predicate<Configuration> possible() {
    requireSteps();
    return configuration -> hasPoolsOf(configuration) && hasLrnOf(configuration);
  }

  private void requireSteps() {
    long weights = steps.stream().filter(step -> step.kind.hasWeights()).count();
    boolean headless = layers.stream().allMatch(ForeignLayer::isConvolution);
    int seen = 0;
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      Step next = i + 1 < steps.size() ? steps.get(i + 1) : null;
      seen += step.kind.hasWeights() ? 1 : 0;
      boolean rectified = seen < weights || headless;
      if (step.kind.hasWeights() && rectified && (next == null || next.kind != Kind.RELU)) {
        throw new InputException(
            "after its %s comes %s, where a VGG network has a ReLU"
                .formatted(step, next == null ? "nothing" : "the " + next));
      }
      if (!rectified && seen > 0 && step.kind != Kind.SOFT_MAX && !step.kind.hasWeights()) {
        throw new InputException(
            "after its last layer with weights comes the %s, where a VGG network has a soft-max or nothing"
                .formatted(step));
      }
      if (step.kind == Kind.SOFT_MAX && next != null) {
        throw new InputException("its %s is not at its end".formatted(step));
      }
      if (step.kind == Kind.RELU && (i == 0 || !steps.get(i - 1).kind.hasWeights())) {
        throw new InputException("its %s does not follow a layer with weights".formatted(step));
      }
    }
    long pools = steps.stream().filter(step -> step.kind == Kind.POOL).count();
    if (pools != POOLS) {
      throw new InputException("it has %d pools, but a VGG network has five".formatted(pools));
    }
  }

  private boolean hasPoolsOf(Configuration configuration) {
    List<Kind> expected = new ArrayList<>();
    configuration
        .blocks()
        .forEach(
            block -> {
              block.forEach(layer -> expected.add(Kind.CONVOLUTION));
              expected.add(Kind.POOL);
            });
    List<Kind> found =
        steps.stream()
            .map(Step::kind)
            .filter(kind -> kind == Kind.CONVOLUTION || kind == Kind.POOL)
            .toList();
    return found.equals(expected);
  }

  private boolean hasLrnOf(Configuration configuration) {
    List<Integer> places = new ArrayList<>();
    for (int i = 0; i < steps.size(); i++) {
      if (steps.get(i).kind == Kind.LRN) {
        places.add(i);
      }
    }
    // after the first convolution and its ReLU
    return places.equals(configuration.hasLrn() ? List.of(2) : List.of());
  }
}
