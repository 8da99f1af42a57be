package org.vgg4j.cuda.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.vgg4j.cuda.driver.Context;
import org.vgg4j.cuda.driver.DeviceGroup;
import org.vgg4j.cuda.kernels.Family;
import org.vgg4j.cuda.kernels.KernelLibrary;
import org.vgg4j.cuda.kernels.Precision;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Exchange;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.HostThreads;
import org.vgg4j.network.Learner;
import org.vgg4j.network.LearnerOptions;
import org.vgg4j.network.MachineProbe;
import org.vgg4j.network.MemoryOracle;
import org.vgg4j.network.MemoryPlan;
import org.vgg4j.network.Network;
import org.vgg4j.network.Parameters;

/** A GPU, or several of the same kind, on which networks learn; all else is done by the first. */
final class CudaEngine implements Engine {
  private static final int WARP = 32;

  private final Device device;
  private final List<Gpu> gpus;
  private final CudaMemory memory;
  private final CudaMemory memoryOfFirst; // whose networks infer
  private final HostThreads threads;
  private final AtomicBoolean closed = new AtomicBoolean();

  private CudaEngine(Device device, List<Gpu> gpus, int sharers, HostThreads threads) {
    this.device = device;
    this.gpus = gpus;
    this.memory = CudaMemory.of(gpus, sharers);
    this.memoryOfFirst = CudaMemory.of(gpus.subList(0, 1), sharers);
    this.threads = threads;
  }

  /**
   * Begins to use GPUs.
   *
   * @param found at least one, all different
   * @param sharers processes that use these GPUs, with this one
   */
  static CudaEngine open(
      Device device, List<org.vgg4j.cuda.driver.Device> found, int sharers, HostThreads threads) {
    Precision precision =
        device.precision() == org.vgg4j.network.Precision.FP32 ? Precision.FP32 : Precision.BF16;
    List<Gpu> gpus = new ArrayList<>();
    try {
      for (org.vgg4j.cuda.driver.Device each : found) {
        Family family = Family.of(each); // fails before there is anything to close
        Context context = Context.open(each);
        gpus.add(new Gpu(context, new KernelLibrary(context, family), precision));
      }
      for (Gpu gpu : gpus) {
        for (Gpu peer : gpus) {
          if (!peer.equals(gpu)) {
            // where it is not possible the driver copies through the host's memory
            boolean unused = gpu.context().enablePeerAccess(peer.context());
          }
        }
      }
      return new CudaEngine(device, List.copyOf(gpus), sharers, threads);
    } catch (RuntimeException | Error e) {
      gpus.forEach(gpu -> gpu.context().close());
      throw e;
    }
  }

  /** The GPUs. */
  List<Gpu> gpus() {
    return gpus;
  }

  private Gpu first() {
    return gpus.get(0);
  }

  @Override
  public Device device() {
    return device;
  }

  @Override
  public KernelSet kernels() {
    boolean exact = first().precision() == Precision.FP32;
    // how many GPUs there are is not in the name, since it does not change how they round
    return new KernelSet(
        "cuda-%s-%s-cc%d"
            .formatted(
                first().library().family().target(),
                exact ? "fp32" : "bf16",
                first().context().device().capability()),
        DeviceGroup.text(gpus.stream().map(gpu -> gpu.context().device()).toList())
            + (exact
                ? ", fp32 as three products of bf16, sums of fp32"
                : ", products of bf16, sums of fp32"),
        first().library().family().reason(),
        "is not involved: the driver assembles them",
        WARP);
  }

  @Override
  public HostThreads hostThreads() {
    return threads;
  }

  @Override
  public MemoryOracle memory() {
    return memory;
  }

  @Override
  public MachineProbe probe() {
    return new CudaProbe(first());
  }

  @Override
  public Network load(Parameters parameters, FcWeights form) {
    if (form == parameters.fcWeights()) {
      return new CudaNetwork(first(), threads, parameters, memoryOfFirst);
    }
    if (form == FcWeights.FP32) {
      throw new IllegalArgumentException(
          "weights that were rounded to bf16 cannot be restored to fp32");
    }
    return new CudaNetwork(first(), threads, parameters.rounded(threads.workers()), memoryOfFirst);
  }

  @Override
  public Learner learner(Parameters weights, LearnerOptions options, Exchange exchange) {
    if (weights.fcWeights() != FcWeights.FP32) {
      throw new IllegalArgumentException("rounded weights cannot be trained");
    }
    MemoryPlan plan = memory.training(weights.architecture(), options.size());
    MemoryPlan fitting = memory.require("training", plan);
    if (gpus.size() == 1) {
      return new CudaLearner(first(), threads, weights, options, exchange, fitting);
    }
    requireOneDeviceEach(exchange.ranks());
    return new CudaGroupLearner(gpus, threads, weights, options, fitting);
  }

  /** {@inheritDoc} Meanwhile the driver assembles kernels, which takes seconds where it is new. */
  @Override
  public <T> T warmUpDuring(Supplier<T> work) {
    CompletableFuture<Void> assembled =
        CompletableFuture.runAsync(
            () -> first().library().assembleForInference(first().precision()));
    try {
      return work.get();
    } finally {
      assembled.exceptionally(e -> null).join(); // who uses a kernel gets the same error
    }
  }

  /** Bytes of GPU memory held by everything that this engine made, on all GPUs. */
  long allocatedBytes() {
    return gpus.stream().mapToLong(gpu -> gpu.context().allocatedBytes()).sum();
  }

  /** {@inheritDoc} Closing again does nothing. */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    List<Runnable> steps = new ArrayList<>();
    for (Gpu gpu : gpus) {
      // kernels must not be unloaded while they run, nor memory freed that another GPU reads
      steps.add(gpu.context()::synchronize);
    }
    for (Gpu gpu : gpus) {
      steps.add(gpu.library()::close);
      steps.add(gpu.context()::close);
    }
    steps.add(threads::close);
    Closing.all(steps);
  }
}
