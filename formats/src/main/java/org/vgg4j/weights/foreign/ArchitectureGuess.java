package org.vgg4j.weights.foreign;

import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.HeadLayers;
import org.vgg4j.model.Layer;
import org.vgg4j.model.Task;

/** Finds the network of the family that has a file's layers. */
final class ArchitectureGuess {
  private static final int STRIDE = 32; // input pixels for each position of the last map
  private static final int USUAL_CROP = 224;
  private static final int CHANNEL_MULTIPLE = 16;

  /** One at which all layers have 16 channels. */
  private static final double SMALLEST_WIDTH = 0.02;

  /** What stands for the classes of weights without a head. */
  private static final int NO_CLASSES = 2;

  private final ForeignNetwork network;
  private final @Nullable Configuration wanted;
  private final int wantedCrop;
  private final boolean averaged;

  /**
   * @param wanted the only network to consider; null: all
   * @param wantedCrop side of the input window in pixels; 0: the usual one for the last map
   * @param wantedAverage whether the last map is averaged, where the file does not say; null: not
   *     asked for
   * @throws InputException if the file says otherwise
   */
  ArchitectureGuess(
      ForeignNetwork network,
      @Nullable Configuration wanted,
      int wantedCrop,
      @Nullable Boolean wantedAverage) {
    this.network = network;
    this.wanted = wanted;
    this.wantedCrop = wantedCrop;
    this.averaged = averaged(network.stated().averaged(), wantedAverage);
  }

  private static boolean averaged(@Nullable Boolean stated, @Nullable Boolean asked) {
    if (stated != null && asked != null && !stated.equals(asked)) {
      throw new InputException(
          "its first fully connected layer takes %s: leave out the pooling (vgg import --pooling)"
              .formatted(
                  stated
                      ? "the mean of each channel of its last map"
                      : "its last map without a mean"));
    }
    return stated != null ? stated : asked != null && asked;
  }

  /**
   * The network. Of the convolutions alone, one whose last map is averaged for an output layer of
   * two classes, which stands for the missing head.
   *
   * @param mayBeHeadless whether the convolutions alone will do
   * @throws InputException if there is none, or more than one; the message does not name the file
   */
  Architecture architecture(boolean mayBeHeadless) {
    Misfit misfit = new Misfit(network);
    misfit.requireEnds(mayBeHeadless);
    requireNorms();
    int crop = crop();
    Set<Architecture> found = new LinkedHashSet<>();
    Set<Architecture> impossible = new LinkedHashSet<>();
    for (boolean exactly : new boolean[] {true, false}) {
      for (Configuration configuration : Configuration.values()) {
        boolean isWanted = wanted == configuration || wanted == configuration.withoutBatchNorm();
        if ((wanted != null && !isWanted)
            || configuration.hasBatchNorm() != network.norms() > 0
            || configuration.convolutions() != network.convolutions().size()) {
          continue;
        }
        for (double width : exactly ? widths() : roomyWidths(configuration)) {
          Architecture candidate = candidate(configuration, width, crop);
          if (fits(candidate, exactly)) {
            (network.possible().test(configuration) ? found : impossible).add(candidate);
            break;
          }
        }
      }
      if (!found.isEmpty() || !impossible.isEmpty()) {
        return only(found, impossible);
      }
    }
    throw misfit.reason(wanted);
  }

  private Architecture candidate(Configuration configuration, double width, int crop) {
    List<ForeignLayer> connected = network.connected();
    if (connected.isEmpty()) {
      return new Architecture(
          configuration,
          width,
          crop,
          NO_CLASSES,
          Task.CLASSIFICATION,
          new HeadLayers(true, List.of()));
    }
    List<Integer> hidden =
        connected.subList(0, connected.size() - 1).stream().map(ForeignLayer::out).toList();
    int classes = connected.get(connected.size() - 1).out();
    HeadLayers head = new HeadLayers(averaged, hidden);
    return new Architecture(configuration, width, crop, classes, Task.CLASSIFICATION, head);
  }

  private Architecture only(Set<Architecture> found, Set<Architecture> impossible) {
    if (found.isEmpty()) {
      throw new InputException(
          "its layers have the shapes of network %s, but its pools, or an LRN, are elsewhere"
              .formatted(impossible.iterator().next().configuration().label()));
    }
    if (found.size() > 1) {
      throw new InputException(
          "it may be network %s: choose one (vgg import --arch)"
              .formatted(
                  found.stream()
                      .map(architecture -> architecture.configuration().label())
                      .collect(Collectors.joining(" or "))));
    }
    Architecture architecture = found.iterator().next();
    if (architecture.configuration().hasLrn() && wanted == null && !network.saysLrn()) {
      throw new InputException(
          "its layers are where A-LRN has them, but files of this kind do not say what is between"
              + " them: import it as A-LRN (vgg import --arch A-LRN) if it has the paper's LRN");
    }
    return architecture;
  }

  private void requireNorms() {
    long convolutions = network.convolutions().size();
    if (network.norms() > 0 && network.norms() < convolutions) {
      throw new InputException(
          "batch normalisation follows %d of its %d convolutions: VGG networks have all or none"
              .formatted(network.norms(), convolutions));
    }
  }

  private ForeignLayer lastConvolution() {
    return network.convolutions().get(network.convolutions().size() - 1);
  }

  private int crop() {
    int stated = network.stated().side();
    if (network.connected().isEmpty()) {
      return wantedCrop != 0 ? wantedCrop : stated != 0 ? stated : USUAL_CROP;
    }
    ForeignLayer first = network.connected().get(0);
    int channels = Math.max(1, lastConvolution().out());
    if (averaged) {
      if (first.in() != channels) {
        throw new InputException(
            "its first fully connected layer takes %d values, but the mean of its last map has %d%s"
                .formatted(
                    first.in(),
                    channels,
                    network.stated().averaged() != null
                        ? ": it is not a VGG network"
                        : ": leave out the pooling (vgg import --pooling)"));
      }
      return wantedCrop != 0 ? wantedCrop : stated != 0 ? stated : USUAL_CROP;
    }
    return cropOfMap(first, channels, stated);
  }

  private int cropOfMap(ForeignLayer first, int channels, int stated) {
    int side = (int) Math.round(Math.sqrt((double) first.in() / channels));
    if (side < 1 || (long) side * side * channels != first.in()) {
      throw new InputException(
          "its first fully connected layer takes %d values, which is not a square map of %d channels"
              .formatted(first.in(), channels));
    }
    int smallest = side * STRIDE;
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
              + " to %d give that".formatted(smallest + STRIDE - 1)
              + (side == 1
                  ? "; if it takes the mean of a larger map, say so (vgg import --pooling average)"
                  : ""));
    }
    return wantedCrop != 0 ? wantedCrop : Math.max(smallest, stated);
  }

  /** Widths that would explain the channels of the first layer, or of the last. */
  private Set<Double> widths() {
    Set<Double> widths = new LinkedHashSet<>();
    List<Integer> channels = Configuration.BLOCK_CHANNELS;
    for (double width :
        new double[] {
          (double) network.layers().get(0).out() / channels.get(0),
          (double) lastConvolution().out() / channels.get(channels.size() - 1)
        }) {
      if (width > 0 && width <= 8) {
        widths.add(width);
      }
    }
    return widths;
  }

  /**
   * Widths whose layers have room for the file's, of pruned networks and of others whose channels
   * are no multiples of 16: the smallest of them, after those that explain some layer.
   */
  private Set<Double> roomyWidths(Configuration configuration) {
    Set<Double> widths = new LinkedHashSet<>();
    double smallest = 0;
    Iterator<ForeignLayer> convolutions = network.convolutions().iterator();
    for (int block = 0; block < configuration.blocks().size(); block++) {
      for (int i = 0; i < configuration.blocks().get(block).size(); i++) {
        int multiples = (convolutions.next().out() + CHANNEL_MULTIPLE - 1) / CHANNEL_MULTIPLE;
        // is rounded up; one multiple is the least that there is
        double least = multiples == 1 ? 0 : (multiples - 0.5) * CHANNEL_MULTIPLE;
        smallest = Math.max(smallest, least / Configuration.BLOCK_CHANNELS.get(block));
      }
    }
    for (double width : widths()) {
      if (width >= smallest && width < smallest * 1.2) {
        widths.add(width);
      }
    }
    if (smallest <= 8) {
      widths.add(Math.max(smallest, SMALLEST_WIDTH));
    }
    return widths;
  }

  /**
   * Whether the layers match those of a network with as many layers.
   *
   * @param exactly whether they must have as many channels, or may have fewer
   */
  private boolean fits(Architecture candidate, boolean exactly) {
    Iterator<ForeignLayer> layers = network.convolutions().iterator();
    int channels = 3;
    for (Layer layer : candidate.layers()) {
      if (layer instanceof Layer.Convolution convolution) {
        ForeignLayer own = layers.next();
        List<Integer> shape = own.weight().shape();
        int kernel = convolution.kernel();
        boolean enough =
            exactly
                ? own.out() == convolution.outChannels()
                : own.out() > 0 && own.out() <= convolution.outChannels();
        if (!enough || !shape.equals(List.of(own.out(), channels, kernel, kernel))) {
          return false;
        }
        channels = own.out();
      }
    }
    List<ForeignLayer> connected = network.connected();
    for (int i = 1; i < connected.size(); i++) {
      if (connected.get(i).in() != connected.get(i - 1).out()) {
        return false;
      }
    }
    return true;
  }
}
