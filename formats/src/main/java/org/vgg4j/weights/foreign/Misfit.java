package org.vgg4j.weights.foreign;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.HeadLayers;

/** Says which layer keeps a network from being one of the family. */
final class Misfit {
  private static final int COLOURS = 3;
  private static final int MOST_CONNECTED = HeadLayers.MOST_HIDDEN + 1;

  private final ForeignNetwork network;
  private final List<ForeignLayer> layers;

  Misfit(ForeignNetwork network) {
    this.network = network;
    this.layers = network.layers();
  }

  /**
   * Checks what every network of the family has: images of three colours, fully connected layers
   * after the convolutions, at least two classes.
   *
   * @param mayBeHeadless whether the convolutions alone will do
   * @throws InputException if one is missing
   */
  void requireEnds(boolean mayBeHeadless) {
    requireHead(mayBeHeadless);
    ForeignLayer first = layers.get(0);
    int channels = first.weight().shape().get(1);
    ForeignLayer ofImages = network.dialect().equals("Keras") ? readsColours() : null;
    if (channels != COLOURS && ofImages != null) {
      throw new InputException(
          "its first convolution, %s, reads %d channels, and a later one, %s, the image: weights that were being trained are first in the file of a nested model, save the whole model (model.save), which states the order"
              .formatted(first.name(), channels, ofImages.name()));
    }
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
    if (!last.isConvolution() && last.out() < 2) {
      throw new InputException(
          "%s has one output, but a network needs at least two classes: put a row of zeros before its"
                  .formatted(last.name())
              + " weights, and a zero before its bias, so that the soft-max of the two equals the"
              + " sigmoid of the one");
    }
  }

  private @Nullable ForeignLayer readsColours() {
    return network.convolutions().stream()
        .filter(layer -> layer.weight().shape().get(1) == COLOURS)
        .findFirst()
        .orElse(null);
  }

  private void requireHead(boolean mayBeHeadless) {
    List<ForeignLayer> connected = network.connected();
    if (connected.isEmpty() && !mayBeHeadless) {
      throw new InputException(
          "it has no fully connected layers, without which it cannot classify: vgg finetune --model"
              + " takes weights of the convolutions alone (\"notop\", \"features\"), and makes a"
              + " new head");
    }
    if (connected.size() > MOST_CONNECTED) {
      throw new InputException(
          "it has %d fully connected layers (%s), but a network has at most four: import it as it was before its head was changed, and vgg finetune --head makes a new one"
              .formatted(
                  connected.size(),
                  connected.stream().map(Misfit::named).collect(Collectors.joining("; "))));
    }
    if (layers.size() == connected.size()
        || layers.subList(0, layers.size() - connected.size()).stream()
            .anyMatch(l -> !l.isConvolution())) {
      throw new InputException(
          "its fully connected layers do not follow its convolutions: it is not a VGG network");
    }
  }

  private static String named(ForeignLayer layer) {
    return layer.name() + ", " + layer.kind().replace("fc, ", "");
  }

  /**
   * The reason why no network fits.
   *
   * @param wanted the only network that was considered; null if all were
   */
  InputException reason(@Nullable Configuration wanted) {
    String sentence = wanted == null ? counted() : null;
    sentence = sentence != null ? sentence : broken();
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
            configuration ->
                known
                    .computeIfAbsent(configuration.convolutions(), key -> new ArrayList<>())
                    .add(configuration.label()));
    int count = network.convolutions().size();
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

  /** A layer that does not take what the layer before it gives. */
  private @Nullable String broken() {
    for (int i = 1; i < layers.size(); i++) {
      ForeignLayer before = layers.get(i - 1);
      ForeignLayer layer = layers.get(i);
      int takes = layer.isConvolution() ? layer.weight().shape().get(1) : layer.in();
      boolean ofMap = before.isConvolution() && !layer.isConvolution();
      if (ofMap ? takes % Math.max(1, before.out()) != 0 : takes != before.out()) {
        return "%s takes %d %s where %s before it gives %d"
            .formatted(
                layer.name(),
                takes,
                layer.isConvolution() ? "channels" : "values",
                before.name(),
                before.out());
      }
    }
    return null;
  }
}
