package org.vgg4j.experiment;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.MemoryOracle;

/**
 * GPUs whose speed can be predicted without having one. Peaks are those of the makers' data sheets:
 * dense products of bf16 with sums of fp32, and memory bandwidth. Images come from the host at 31
 * GB/s, measured on an H200 (2.5 ms for 77 MB, besides what kernels take); half of that is assumed
 * for PCIe 4.0.
 */
public enum GpuCard {
  /** NVIDIA H100 SXM: the H200's multiprocessors with slower memory. */
  H100("NVIDIA H100 SXM", GpuKernels.HOPPER, 989.4, 3350, 80, 700, 31, PeerExchange.Link.NVLINK),
  /** NVIDIA H200: what was measured, see docs/gpu.md. */
  H200("NVIDIA H200", GpuKernels.HOPPER, 989.4, 4800, 141, 700, 31, PeerExchange.Link.NVLINK),
  /**
   * NVIDIA GeForce RTX 4090, which multiplies twice as fast where sums are fp16, but ours are not.
   * Its driver lets no GPU copy from another directly.
   */
  RTX4090(
      "NVIDIA GeForce RTX 4090",
      GpuKernels.AMPERE,
      165.2,
      1008,
      24,
      450,
      15,
      PeerExchange.Link.HOST);

  /**
   * What part of its bandwidth a GPU's memory gives. Measured on the H200: 3,850 GB/s of 4,800, by
   * copies, bias gradients and SGD alike.
   */
  private static final double REACHED = 0.80;

  private final String title;
  private final GpuKernels kernels;
  private final double teraflops;
  private final double gigabytes;
  private final double capacity;
  private final double watts;
  private final double host;
  private final PeerExchange.Link link;

  GpuCard(
      String title,
      GpuKernels kernels,
      double teraflops,
      double gigabytes,
      double capacity,
      double watts,
      double host,
      PeerExchange.Link link) {
    this.title = title;
    this.kernels = kernels;
    this.teraflops = teraflops;
    this.gigabytes = gigabytes;
    this.capacity = capacity;
    this.watts = watts;
    this.host = host;
    this.link = link;
  }

  /**
   * The card of a name.
   *
   * @param name in any case, with or without blanks
   * @throws InputException if it is not known
   */
  public static GpuCard of(String name) {
    String wanted = name.replaceAll("[ _-]", "").toUpperCase(Locale.ROOT);
    return Arrays.stream(values())
        .filter(card -> card.name().equals(wanted))
        .findFirst()
        .orElseThrow(
            () ->
                new InputException(
                    "option gpu is '%s' but must be one of %s: any other GPU is measured where it is, by --device cuda"
                        .formatted(
                            name,
                            Arrays.stream(values())
                                .map(Enum::name)
                                .collect(Collectors.joining(", ")))));
  }

  /** The name in full. */
  public String title() {
    return title;
  }

  private GpuTime time(boolean exact) {
    return new GpuTime(kernels, teraflops * 1e12, memory(), host * 1e9, exact);
  }

  /**
   * Seconds of a training step on one GPU.
   *
   * @param exact whether it computes in fp32, not bf16
   * @param images of the step
   * @param microBatch of these at a time; if it is less, gradients are added up first
   */
  public double step(Architecture network, boolean exact, int images, int microBatch) {
    return time(exact).step(network, images, microBatch);
  }

  /**
   * Seconds of the class scores of whole images of one size, floats on the host.
   *
   * @param exact whether it computes in fp32, not bf16
   * @param height of an image, in pixels, at least the crop
   * @param width of an image, in pixels, at least the crop
   */
  public double pass(Architecture network, boolean exact, int images, int height, int width) {
    return time(exact).pass(network, images, height, width);
  }

  /** Bytes of its memory that are read or written per second. */
  public double memory() {
    return REACHED * gigabytes * 1e9;
  }

  /**
   * The bytes of its memory that training takes, about.
   *
   * @param exact whether it computes in fp32, not bf16
   * @param microBatch images at a time
   * @param collected whether gradients of a batch are added up before the step, as those of several
   *     micro-batches or GPUs are
   */
  public double bytes(Architecture network, boolean exact, int microBatch, boolean collected) {
    return time(exact).bytes(network, microBatch, collected);
  }

  /** Whether so many bytes leave enough of its memory for what is not planned. */
  public boolean fits(double bytes) {
    return bytes <= MemoryOracle.USABLE * capacity * 1e9;
  }

  /** Its power at most, without the machine around it. */
  public double watts() {
    return watts;
  }

  /** How several in one machine reach each other. */
  public PeerExchange.Link link() {
    return link;
  }
}
