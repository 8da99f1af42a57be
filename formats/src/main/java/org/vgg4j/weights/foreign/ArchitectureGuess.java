package org.vgg4j.weights.foreign;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.ParameterShape;

/** Finds the network of the family that has a file's layers. */
final class ArchitectureGuess {
  private static final int STRIDE = 32; // input pixels for each position of the last map
  private static final int HIDDEN_LAYERS_AND_HEAD = 3;

  private final ForeignNetwork network;
  private final @Nullable Configuration wanted;
  private final int wantedCrop;

  /**
   * @param wanted the only network to consider; null: all
   * @param wantedCrop side of the input window in pixels; 0: the usual one for the last map
   */
  ArchitectureGuess(ForeignNetwork network, @Nullable Configuration wanted, int wantedCrop) {
    this.network = network;
    this.wanted = wanted;
    this.wantedCrop = wantedCrop;
  }

  /**
   * The network.
   *
   * @throws InputException if there is none, or more than one; the message does not name the file
   */
  Architecture architecture() {
    Misfit misfit = new Misfit(network.layers());
    misfit.requireEnds();
    requireNorms();
    int crop = crop();
    int classes = network.layers().get(network.layers().size() - 1).out();
    Set<Architecture> asLong = new LinkedHashSet<>();
    Set<Architecture> found = new LinkedHashSet<>();
    Set<Architecture> impossible = new LinkedHashSet<>();
    for (Configuration configuration : Configuration.values()) {
      boolean isWanted = wanted == configuration || wanted == configuration.withoutBatchNorm();
      if ((wanted != null && !isWanted)
          || configuration.hasBatchNorm() != network.norms() > 0
          || configuration.weightLayers() != network.layers().size()) {
        continue;
      }
      for (double width : widths()) {
        Architecture candidate = new Architecture(configuration, width, crop, classes);
        asLong.add(candidate);
        if (fits(network.layers(), candidate, network.layers().size())) {
          (network.possible().test(configuration) ? found : impossible).add(candidate);
        }
      }
    }
    if (found.size() == 1) {
      Architecture architecture = found.iterator().next();
      if (architecture.configuration().hasLrn() && wanted == null && !network.saysLrn()) {
        throw new InputException(
            "its layers are where A-LRN has them, but files of this kind do not say what is between"
                + " them: import it as A-LRN (vgg import --arch A-LRN) if it has the paper's LRN");
      }
      return architecture;
    }
    if (found.isEmpty() && !impossible.isEmpty()) {
      throw new InputException(
          "its layers have the shapes of network %s, but its pools, or an LRN, are elsewhere"
              .formatted(impossible.iterator().next().configuration().label()));
    }
    if (found.isEmpty()) {
      throw misfit.reason(asLong, wanted);
    }
    throw new InputException(
        "it may be network %s: choose one (vgg import --arch)"
            .formatted(
                found.stream()
                    .map(architecture -> architecture.configuration().label())
                    .collect(Collectors.joining(" or "))));
  }

  private void requireNorms() {
    long convolutions = network.layers().stream().filter(ForeignLayer::isConvolution).count();
    if (network.norms() > 0 && network.norms() < convolutions) {
      throw new InputException(
          "batch normalisation follows %d of its %d convolutions: VGG networks have all or none"
              .formatted(network.norms(), convolutions));
    }
  }

  private ForeignLayer lastConvolution() {
    return network.layers().get(network.layers().size() - HIDDEN_LAYERS_AND_HEAD - 1);
  }

  private ForeignLayer fc6() {
    return network.layers().get(network.layers().size() - HIDDEN_LAYERS_AND_HEAD);
  }

  private int crop() {
    int channels = Math.max(1, lastConvolution().out());
    int side = (int) Math.round(Math.sqrt((double) fc6().in() / channels));
    if (side < 1 || (long) side * side * channels != fc6().in()) {
      throw new InputException(
          "its first fully connected layer takes %d values, which is not a square map of %d channels"
              .formatted(fc6().in(), channels));
    }
    int smallest = side * STRIDE;
    int stated = network.stated().side();
    if (stated != 0 && stated / STRIDE != side) {
      throw new InputException(
          "it states images of %dx%d pixels, but its first fully connected layer takes a map of %dx%d,"
                  .formatted(stated, stated, side, side)
              + " which images from %d to %d pixels give"
                  .formatted(smallest, smallest + STRIDE - 1));
    }
    if (wantedCrop != 0 && wantedCrop / STRIDE != side) {
      throw new InputException(
          "option crop is %d, but its first fully connected layer takes a map of %dx%d: crops from %d"
                  .formatted(wantedCrop, side, side, smallest)
              + " to %d give that".formatted(smallest + STRIDE - 1));
    }
    return wantedCrop != 0 ? wantedCrop : Math.max(smallest, stated);
  }

  /** Widths that would explain the channels of at least one layer. */
  private Set<Double> widths() {
    Set<Double> widths = new LinkedHashSet<>();
    double first = network.layers().get(0).out();
    List<Integer> channels = Configuration.BLOCK_CHANNELS;
    for (double width :
        new double[] {
          first / channels.get(0),
          (double) lastConvolution().out() / channels.get(channels.size() - 1),
          (double) fc6().out() / Configuration.HIDDEN_FEATURES
        }) {
      if (width > 0 && width <= 8) {
        widths.add(width);
      }
    }
    return widths;
  }

  static List<ParameterShape> weights(Architecture network) {
    return network.parameters().stream().filter(ParameterShape::isWeight).toList();
  }

  /** Whether the first {@code count} layers match those of a network with as many layers. */
  static boolean fits(List<ForeignLayer> layers, Architecture candidate, int count) {
    List<ParameterShape> weights = weights(candidate);
    for (int i = 0; i < count; i++) {
      ForeignLayer layer = layers.get(i);
      List<Integer> expected = weights.get(i).dimensions();
      boolean same =
          layer.isConvolution()
              ? layer.weight().shape().equals(expected)
              : expected.size() == 2 && expected.equals(List.of(layer.out(), layer.in()));
      if (!same) {
        return false;
      }
    }
    return true;
  }
}
