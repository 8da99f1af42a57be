package org.vgg4j.model;

import static org.vgg4j.model.Configuration.Normalisation.BATCH;
import static org.vgg4j.model.Configuration.Normalisation.LOCAL_RESPONSE;
import static org.vgg4j.model.Configuration.Normalisation.NONE;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.vgg4j.base.InputException;

/**
 * The family: the paper's Table 1, the control network with 5x5 filters of its section 4.1, and
 * four of them with batch normalisation, which came later: torchvision's {@code vgg11_bn} to {@code
 * vgg19_bn}.
 *
 * <p>Each of the five blocks is written as the filter sizes of its convolutions; the channels of
 * the blocks are the same in all networks, {@link #BLOCK_CHANNELS}.
 */
public enum Configuration {
  /** 11 weight layers. */
  A("A", NONE, "3", "3", "3 3", "3 3", "3 3"),
  /** A with local response normalisation after the first convolution. */
  A_LRN("A-LRN", LOCAL_RESPONSE, "3", "3", "3 3", "3 3", "3 3"),
  /** 13 weight layers. */
  B("B", NONE, "3 3", "3 3", "3 3", "3 3", "3 3"),
  /** B with one 5x5 convolution in place of each pair of 3x3 ones (section 4.1). */
  B_5X5("B-5x5", NONE, "5", "5", "5", "5", "5"),
  /** 16 weight layers, three of them 1x1. */
  C("C", NONE, "3 3", "3 3", "3 3 1", "3 3 1", "3 3 1"),
  /** 16 weight layers: "VGG-16". */
  D("D", NONE, "3 3", "3 3", "3 3 3", "3 3 3", "3 3 3"),
  /** 19 weight layers: "VGG-19". */
  E("E", NONE, "3 3", "3 3", "3 3 3 3", "3 3 3 3", "3 3 3 3"),
  /** A with batch normalisation after each convolution. */
  A_BN("A-BN", BATCH, "3", "3", "3 3", "3 3", "3 3"),
  /** B with batch normalisation after each convolution. */
  B_BN("B-BN", BATCH, "3 3", "3 3", "3 3", "3 3", "3 3"),
  /** D with batch normalisation after each convolution. */
  D_BN("D-BN", BATCH, "3 3", "3 3", "3 3 3", "3 3 3", "3 3 3"),
  /** E with batch normalisation after each convolution. */
  E_BN("E-BN", BATCH, "3 3", "3 3", "3 3 3 3", "3 3 3 3", "3 3 3 3");

  /** Which normalisation a network has, and where. */
  enum Normalisation {
    NONE,
    /** Across channels, after the first convolution. */
    LOCAL_RESPONSE,
    /** Across images and pixels, between each convolution and its ReLU. */
    BATCH
  }

  /** Channels of the five blocks at width 1. */
  public static final List<Integer> BLOCK_CHANNELS = List.of(64, 128, 256, 512, 512);

  /** Features of fc6 and fc7 at width 1. */
  public static final int HIDDEN_FEATURES = 4096;

  /** Names by the number of layers with weights, as most libraries have them. */
  private static final Map<String, Configuration> OTHERS =
      Map.of(
          "vgg11", A, "vgg13", B, "vgg16", D, "vgg19", E, "vgg11bn", A_BN, "vgg13bn", B_BN,
          "vgg16bn", D_BN, "vgg19bn", E_BN);

  private final String label;
  private final Normalisation normalisation;
  private final List<List<Integer>> blocks;

  Configuration(String label, Normalisation normalisation, String... blocks) {
    this.label = label;
    this.normalisation = normalisation;
    this.blocks =
        Arrays.stream(blocks)
            .map(block -> Arrays.stream(block.split(" ")).map(Integer::valueOf).toList())
            .toList();
  }

  /**
   * The paper's name: A, A-LRN, B, B-5x5, C, D, E; with -BN where batch normalisation was added.
   */
  public String label() {
    return label;
  }

  /** Whether local response normalisation follows the first convolution. */
  public boolean hasLrn() {
    return normalisation == LOCAL_RESPONSE;
  }

  /** Whether batch normalisation follows each convolution. */
  public boolean hasBatchNorm() {
    return normalisation == BATCH;
  }

  /** The same network without batch normalisation; this one if it has none. */
  public Configuration withoutBatchNorm() {
    return switch (this) {
      case A_BN -> A;
      case B_BN -> B;
      case D_BN -> D;
      case E_BN -> E;
      default -> this;
    };
  }

  /** The paper's networks, in the order of its Table 1; B-5x5 after B. */
  public static List<Configuration> ofThePaper() {
    return Arrays.stream(values()).filter(configuration -> !configuration.hasBatchNorm()).toList();
  }

  /** The filter sizes of each of the five blocks. */
  public List<List<Integer>> blocks() {
    return blocks;
  }

  /** Number of convolutions. */
  public int convolutions() {
    return blocks.stream().mapToInt(List::size).sum();
  }

  /** Layers with weights: convolutions and the paper's three fully connected ones. */
  public int weightLayers() {
    return convolutions() + 3;
  }

  /**
   * Returns the configuration of that name, ignoring case; also accepts names that count the weight
   * layers, such as {@code vgg16} or {@code VGG19_bn}.
   *
   * @throws InputException if there is none, with the list of names
   */
  public static Configuration of(String label) {
    for (Configuration configuration : values()) {
      if (configuration.label.equalsIgnoreCase(label.trim())) {
        return configuration;
      }
    }
    Configuration other = OTHERS.get(label.toLowerCase(Locale.ROOT).replaceAll("[\\s_-]", ""));
    if (other != null) {
      return other;
    }
    throw new InputException(
        String.format(
            Locale.ROOT, "there is no architecture '%s': choose one of %s", label, labels()));
  }

  /** All names, separated by commas. */
  public static String labels() {
    return Arrays.stream(values()).map(Configuration::label).collect(Collectors.joining(", "));
  }

  @Override
  public String toString() {
    return label;
  }
}
