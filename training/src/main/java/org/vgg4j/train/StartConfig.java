package org.vgg4j.train;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Layer;
import org.vgg4j.model.ParameterShape;

/**
 * The initial weights of a run, and which of them are frozen.
 *
 * @param from a model whose weights are copied, see {@link InitialWeights}; null: all are drawn
 * @param rest how the other weights are drawn
 * @param freeze names of layers, such as conv1_1 or fc6, whose parameters are frozen; {@code
 *     features} are all convolutions, {@code all-but-head} all layers but the last
 */
public record StartConfig(@Nullable Path from, Initialisation rest, List<String> freeze) {
  /** What {@code --init} says before the path of a model. */
  private static final String FROM = "from:";

  private static final String FEATURES = "features";
  private static final String ALL_BUT_HEAD = "all-but-head";

  /** Copies the list. */
  public StartConfig {
    freeze = List.copyOf(freeze);
  }

  /**
   * Parses options.
   *
   * @param init glorot, gaussian, he, dirac, or {@code from:} and the path of a model
   * @param rest how the weights that {@code from:} does not give are drawn
   * @param freeze names separated by commas; may be empty
   * @throws InputException if an option cannot be parsed
   */
  public static StartConfig of(String init, String rest, String freeze) {
    List<String> names =
        List.of(freeze.strip().split("[,\\s]+")).stream().filter(name -> !name.isEmpty()).toList();
    if (!init.startsWith(FROM)) {
      return new StartConfig(null, Initialisation.of(init), names);
    }
    try {
      return new StartConfig(
          Path.of(init.substring(FROM.length())), Initialisation.of(rest), names);
    } catch (InvalidPathException e) {
      throw new InputException("option init is " + init + " but must name a file after from:", e);
    }
  }

  /** What {@code --init} says. */
  String initText() {
    return from == null ? rest.label() : FROM + from;
  }

  String freezeText() {
    return String.join(",", freeze);
  }

  /**
   * Returns the names of the frozen layers.
   *
   * @throws InputException if a name is not a layer of the network, or all layers are frozen
   */
  Set<String> frozenLayers(Architecture architecture) {
    List<String> trainable =
        architecture.parameters().stream().map(ParameterShape::layer).distinct().toList();
    List<String> convolutions =
        architecture.layers().stream()
            .filter(layer -> layer instanceof Layer.Convolution || layer instanceof Layer.BatchNorm)
            .map(Layer::name)
            .toList();
    Set<String> frozen = new LinkedHashSet<>();
    for (String name : freeze) {
      switch (name.toLowerCase(Locale.ROOT)) {
        case FEATURES -> frozen.addAll(convolutions);
        case ALL_BUT_HEAD -> frozen.addAll(trainable.subList(0, trainable.size() - 1));
        default -> {
          Require.option(
              trainable.contains(name),
              "freeze",
              name,
              "features, all-but-head or layers of " + String.join(", ", trainable));
          frozen.add(name);
        }
      }
    }
    Require.option(
        frozen.size() < trainable.size(), "freeze", freezeText(), "less than the whole network");
    return frozen;
  }
}
