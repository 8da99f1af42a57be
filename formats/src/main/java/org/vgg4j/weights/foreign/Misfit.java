package org.vgg4j.weights.foreign;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.ParameterShape;

/** Says which layer keeps a network from being one of the family. */
final class Misfit {
  private static final int COLOURS = 3;
  private static final int MULTIPLE = 16;
  private static final int HEAD = 3;

  private final List<ForeignLayer> layers;

  Misfit(List<ForeignLayer> layers) {
    this.layers = layers;
  }

  /**
   * Checks what every network of the family has: images of three colours, fully connected layers
   * after the convolutions, at least two classes.
   *
   * @throws InputException if one is missing
   */
  void requireEnds() {
    requireHead();
    ForeignLayer first = layers.get(0);
    int channels = first.weight().shape().get(1);
    if (channels != COLOURS) {
      throw new InputException(
          "%s reads %d channel%s, but images have three (red, green, blue)%s"
              .formatted(
                  first.name(),
                  channels,
                  channels == 1 ? "" : "s",
                  channels == 1
                      ? ": repeat its weights over three channels, divided by 3, which computes the"
                          + " same for a grey image"
                      : ": networks with other channels are not supported"));
    }
    ForeignLayer last = layers.get(layers.size() - 1);
    if (last.out() < 2) {
      throw new InputException(
          "%s has one output, but a network needs at least two classes: put a row of zeros before its"
                  .formatted(last.name())
              + " weights, and a zero before its bias, so that the soft-max of the two equals the"
              + " sigmoid of the one");
    }
  }

  private void requireHead() {
    List<ForeignLayer> connected = layers.stream().filter(l -> !l.isConvolution()).toList();
    if (connected.isEmpty()) {
      throw new InputException(
          "it has no fully connected layers, but a VGG network has three: weights of the"
              + " convolutions alone (\"notop\", \"features\") cannot classify");
    }
    if (connected.size() != HEAD) {
      throw new InputException(
          "it has %s (%s), but a network of the family has three: other heads are not supported; import"
                  .formatted(
                      connected.size() == 1
                          ? "one fully connected layer"
                          : connected.size() + " fully connected layers",
                      connected.stream().map(Misfit::named).collect(Collectors.joining("; ")))
              + " the network as it was before its head was changed, and vgg finetune makes a new"
              + " last layer");
    }
    if (layers.size() <= HEAD
        || layers.subList(0, layers.size() - HEAD).stream().anyMatch(l -> !l.isConvolution())) {
      throw new InputException(
          "its fully connected layers do not follow its convolutions: it is not a VGG network");
    }
  }

  private static String named(ForeignLayer layer) {
    return layer.name() + ", " + layer.kind().replace("fc, ", "");
  }

  /**
   * The reason why none of these fits.
   *
   * @param candidates the networks with as many layers
   * @param wanted the only network that was considered; null if all were
   */
  InputException reason(Set<Architecture> candidates, @Nullable Configuration wanted) {
    String sentence = wanted == null ? counted() : null;
    sentence = sentence != null ? sentence : odd();
    for (Architecture candidate : candidates) {
      sentence = sentence != null ? sentence : headOf(candidate);
    }
    return new InputException(
        sentence != null
            ? sentence
            : "its layers are not those of any network of the family%s: %s"
                .formatted(
                    wanted == null ? " (" + Configuration.labels() + ")" : " called " + wanted,
                    layers.stream().map(ForeignLayer::kind).collect(Collectors.joining("; "))));
  }

  /** A number of convolutions that no network has. */
  private @Nullable String counted() {
    Map<Integer, List<String>> known = new TreeMap<>();
    Arrays.stream(Configuration.values())
        .forEach(
            network ->
                known
                    .computeIfAbsent(network.weightLayers() - HEAD, key -> new ArrayList<>())
                    .add(network.label()));
    int count = layers.size() - HEAD;
    return known.containsKey(count)
        ? null
        : "it has %d convolutions, but the networks of the family have %s"
            .formatted(
                count,
                known.entrySet().stream()
                    .map(
                        entry ->
                            "%d (%s)"
                                .formatted(entry.getKey(), String.join(", ", entry.getValue())))
                    .collect(Collectors.joining(", ")));
  }

  /** A layer with a number of filters that no network has, as in pruned networks. */
  private @Nullable String odd() {
    for (ForeignLayer layer : layers.subList(0, layers.size() - 1)) {
      if (layer.out() % MULTIPLE != 0) {
        return "%s has %d %s, which is not a multiple of 16: networks whose layers were pruned"
                .formatted(
                    layer.name(), layer.out(), layer.isConvolution() ? "filters" : "features")
            + " individually are not supported; import the network as it was before";
      }
    }
    return null;
  }

  /** A network with the same convolutions, but different other layers. */
  private @Nullable String headOf(Architecture candidate) {
    int convolutions = layers.size() - HEAD;
    List<ParameterShape> expected = ArchitectureGuess.weights(candidate);
    if (ArchitectureGuess.fits(layers, candidate, convolutions)) {
      for (int i = convolutions; i < layers.size() - 1; i++) {
        ForeignLayer layer = layers.get(i);
        int features = expected.get(i).dimensions().get(0);
        if (layer.out() != features) {
          return "%s has %d features where network %s has %d: fc6 and fc7 of other sizes than 4096 times"
                  .formatted(layer.name(), layer.out(), candidate.configuration(), features)
              + " the width (here %s) are not supported".formatted(candidate.width());
        }
      }
    }
    return null;
  }
}
