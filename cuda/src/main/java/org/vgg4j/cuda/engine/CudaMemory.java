package org.vgg4j.cuda.engine;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.vgg4j.base.Bytes;
import org.vgg4j.base.ScarceMemoryException;
import org.vgg4j.cuda.kernels.MapShape;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.LearnerOptions;
import org.vgg4j.network.MemoryOracle;
import org.vgg4j.network.MemoryPlan;

/**
 * The memory of a GPU, or that of each of several.
 *
 * @param gpu whose it is: that of the GPU that has the least
 * @param devices number of GPUs
 * @param sharers processes that use it, with this one
 * @param limit bytes that may be taken of it: what was free when the engine was opened, and of
 *     several processes no more than an equal part of all
 */
record CudaMemory(Gpu gpu, int devices, int sharers, long limit) implements MemoryOracle {
  /** More than any GPU has: maps of more values than kernels count. */
  private static final MemoryPlan TOO_MUCH =
      new MemoryPlan(Map.of("activations", Long.MAX_VALUE / 2), 0);

  /**
   * That of GPUs, as much as is free now.
   *
   * @param sharers processes that use these, with this one
   */
  static CudaMemory of(List<Gpu> gpus, int sharers) {
    Gpu tightest = gpus.get(0);
    long least = tightest.context().freeMemory();
    for (Gpu gpu : gpus) {
      long free = gpu.context().freeMemory();
      if (free < least) {
        tightest = gpu;
        least = free;
      }
    }
    long part = tightest.context().device().memory() / sharers;
    return new CudaMemory(tightest, gpus.size(), sharers, Math.min(least, part));
  }

  @Override
  public String name() {
    return sharers == 1
        ? "the free memory of " + gpu.context().device()
        : "a process's part of the memory of " + gpu.context().device();
  }

  @Override
  public String remedy() {
    return sharers == 1
        ? "end other programs on this GPU (nvidia-smi lists them)"
        : "start fewer processes (%d share this GPU)".formatted(sharers);
  }

  @Override
  public MemoryPlan inference(Architecture network, int batch, FcWeights form) {
    Architecture architecture = network.withoutBatchNorm();
    return crops(architecture, batch, Set.of());
  }

  /**
   * What a pass over crops takes, with the weights.
   *
   * @param architecture without batch normalisation
   * @param batch the most crops at a time
   * @param taps outputs that are copied to the host
   */
  MemoryPlan crops(Architecture architecture, int batch, Set<String> taps) {
    int crop = architecture.crop();
    if (isTooMuch(architecture, batch, crop, crop)) {
      return TOO_MUCH;
    }
    try (Allocation allocation = Allocation.planned()) {
      Map<String, LayerWeights> weights = NetworkWeights.lay(gpu, architecture, allocation);
      return plan(
          architecture,
          ForwardMemory.Sizes.upTo(gpu, architecture, weights, batch, taps),
          allocation);
    }
  }

  private static MemoryPlan plan(
      Architecture architecture, ForwardMemory.Sizes sizes, Allocation allocation) {
    ForwardMemory unused = sizes.in(allocation);
    MemoryPlan plan = allocation.plan();
    return withLoading(new MemoryPlan(plan.parts(), sizes.longestCopy()), architecture);
  }

  /** Whether kernels cannot count a map's values, or images cannot be copied at once. */
  private static boolean isTooMuch(Architecture architecture, int batch, int height, int width) {
    long copied = ImageFeed.bytes(batch, height, width, 0) + Objective.bytes(architecture, batch);
    return !MapShape.fits(batch, height, width, largestChannels(architecture))
        || copied > Integer.MAX_VALUE;
  }

  /** Channels of the widest map that is as large as the images. */
  private static int largestChannels(Architecture architecture) {
    return Math.max(
        MapShape.padded(architecture.shapes().get(0).channels()),
        Patches.of(architecture, 1, 1, 1).channels());
  }

  /** The output with which a whole pass ends: the class scores. */
  static String lastTap(Architecture architecture) {
    return architecture.layers().get(architecture.layers().size() - 1).tap();
  }

  /**
   * What a pass takes, with the weights.
   *
   * @param architecture without batch normalisation
   * @param taps outputs that are copied to the host
   * @param last the output with which it ends
   */
  MemoryPlan pass(
      Architecture architecture, int batch, int height, int width, Set<String> taps, String last) {
    if (isTooMuch(architecture, batch, height, width)) {
      return TOO_MUCH;
    }
    try (Allocation allocation = Allocation.planned()) {
      Map<String, LayerWeights> weights = NetworkWeights.lay(gpu, architecture, allocation);
      MapShape images = Patches.of(architecture, batch, height, width);
      List<Step> steps = Steps.of(gpu, architecture, weights, images, taps, last);
      return plan(
          architecture, ForwardMemory.Sizes.of(gpu, images, steps, taps::contains), allocation);
    }
  }

  /** Loading takes memory before the pass does: the plan must have room for either. */
  private static MemoryPlan withLoading(MemoryPlan plan, Architecture architecture) {
    long more = NetworkWeights.loadingBytes(architecture) - plan.ofPass();
    if (more <= 0) {
      return plan;
    }
    Map<String, Long> parts = new LinkedHashMap<>(plan.parts());
    parts.merge(MemoryPlan.PREPARED, more, Long::sum);
    return new MemoryPlan(parts, plan.longestArray());
  }

  @Override
  public MemoryPlan training(Architecture architecture, LearnerOptions.Size size) {
    int crop = architecture.crop();
    if (isTooMuch(architecture, size.microBatch(), crop, crop)) {
      return TOO_MUCH;
    }
    return TrainingMemory.plan(gpu, architecture, size, devices);
  }

  @Override
  public MemoryOracle withThreads(int threads) {
    return this;
  }

  @Override
  public MemoryOracle withLimit(long bytes) {
    return new CudaMemory(gpu, devices, sharers, bytes);
  }

  /**
   * Requires that a plan fits.
   *
   * @param what needs it, for the message
   * @throws ScarceMemoryException if it does not
   */
  MemoryPlan require(String what, MemoryPlan plan) {
    if (plan.total() > limit) {
      throw new ScarceMemoryException(
          String.format(
              Locale.ROOT,
              "%s needs %s, but only %s are free%s on %s: take a smaller batch, use --device cpu,"
                  + " or %s",
              what,
              Bytes.needed(plan.total()),
              Bytes.available(limit),
              sharers == 1 ? "" : " for each process",
              gpu.context().device(),
              remedy()));
    }
    return plan;
  }
}
