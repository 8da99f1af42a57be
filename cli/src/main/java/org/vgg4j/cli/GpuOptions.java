package org.vgg4j.cli;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.experiment.GpuCard;
import org.vgg4j.experiment.PeerExchange;
import picocli.CommandLine.Option;

/** The options of {@code vgg plan} that say which GPUs, and how many. */
final class GpuOptions {
  @Option(
      names = "--gpu",
      paramLabel = "NAME",
      description =
          "predict for a GPU that is not here: H100, H200 or RTX4090; nothing is measured, see"
              + " docs/scale.md")
  private @Nullable String gpu;

  @Option(
      names = "--gpus",
      paramLabel = "N,N",
      split = ",",
      description =
          "GPUs of one machine that share a batch, one or several numbers, in place of --machines"
              + " (default with --gpu: 1,4,8)")
  private @Nullable List<Integer> gpus;

  @Option(
      names = "--link",
      paramLabel = "NAME",
      description =
          "between these GPUs: nvlink (300 GB/s are assumed), pcie (25) or host (12, through the"
              + " host's memory) (default: that of --gpu, else pcie)")
  private @Nullable String link;

  /** How many GPUs are planned for where a card is named, and no number. */
  private static final List<Integer> NUMBERS = List.of(1, 4, 8);

  /**
   * The card; null if none is named.
   *
   * @throws InputException if it is not known
   */
  @Nullable GpuCard card() {
    return gpu == null ? null : GpuCard.of(gpu);
  }

  /**
   * Numbers of GPUs in one machine; null if machines are planned for.
   *
   * @param machinesTyped whether {@code --machines} is on the command line
   * @throws InputException if both are
   */
  @Nullable List<Integer> numbers(boolean machinesTyped) {
    if (gpus != null && machinesTyped) {
      throw new InputException(
          "options gpus and machines cannot both be given: several GPUs in each of several"
              + " machines do not train together");
    }
    List<Integer> numbers = gpus == null && gpu != null && !machinesTyped ? NUMBERS : gpus;
    if (numbers == null && link != null) {
      throw new InputException("option link is between GPUs of one machine: add --gpus");
    }
    return numbers;
  }

  /**
   * What is between GPUs.
   *
   * @throws InputException if the name is not known
   */
  PeerExchange.Link link() {
    GpuCard card = card();
    if (link == null) {
      return card == null ? PeerExchange.Link.PCIE : card.link();
    }
    for (PeerExchange.Link each : PeerExchange.Link.values()) {
      if (name(each).equals(link.strip().toLowerCase(Locale.ROOT))) {
        return each;
      }
    }
    throw new InputException("option link is '" + link + "' but must be nvlink, pcie or host");
  }

  /** The name of a link in options and files. */
  static String name(PeerExchange.Link link) {
    return link.name().toLowerCase(Locale.ROOT);
  }
}
