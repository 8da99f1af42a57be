package org.vgg4j.cuda.engine;

import org.vgg4j.cuda.driver.Context;
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

/** A GPU. */
final class CudaEngine implements Engine {
  private static final int WARP = 32;

  private final Device device;
  private final Gpu gpu;
  private final CudaMemory memory;
  private final HostThreads threads;

  private CudaEngine(Device device, Gpu gpu, CudaMemory memory, HostThreads threads) {
    this.device = device;
    this.gpu = gpu;
    this.memory = memory;
    this.threads = threads;
  }

  /** Begins to use a GPU. */
  static CudaEngine open(Device device, org.vgg4j.cuda.driver.Device found, HostThreads threads) {
    Context context = Context.open(found);
    Precision precision =
        device.precision() == org.vgg4j.network.Precision.FP32 ? Precision.FP32 : Precision.BF16;
    Gpu gpu = new Gpu(context, new KernelLibrary(context), precision);
    return new CudaEngine(device, gpu, new CudaMemory(gpu, context.freeMemory()), threads);
  }

  @Override
  public Device device() {
    return device;
  }

  @Override
  public KernelSet kernels() {
    boolean exact = gpu.precision() == Precision.FP32;
    return new KernelSet(
        "cuda-%s-%s-cc%d"
            .formatted(
                gpu.library().family().target(),
                exact ? "fp32" : "bf16",
                gpu.context().device().capability()),
        gpu.context().device()
            + (exact
                ? ", fp32 as three products of bf16, sums of fp32"
                : ", products of bf16, sums of fp32"),
        "every GPU from Ampere on runs them",
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
    return new CudaProbe(gpu);
  }

  @Override
  public Network load(Parameters parameters, FcWeights form) {
    if (form == parameters.fcWeights()) {
      return new CudaNetwork(gpu, threads, parameters, memory);
    }
    if (form == FcWeights.FP32) {
      throw new IllegalArgumentException(
          "weights that were rounded to bf16 cannot be restored to fp32");
    }
    return new CudaNetwork(gpu, threads, parameters.rounded(threads.workers()), memory);
  }

  @Override
  public Learner learner(Parameters weights, LearnerOptions options, Exchange exchange) {
    if (weights.fcWeights() != FcWeights.FP32) {
      throw new IllegalArgumentException("rounded weights cannot be trained");
    }
    MemoryPlan plan =
        memory.training(weights.architecture(), options.microBatch(), options.batch());
    return new CudaLearner(
        gpu, threads, weights, options, exchange, memory.require("training", plan));
  }

  /** Bytes of GPU memory held by everything that this engine made. */
  long allocatedBytes() {
    return gpu.context().allocatedBytes();
  }

  @Override
  public void close() {
    try (HostThreads ofHost = threads;
        Context context = gpu.context()) {
      context.synchronize(); // kernels must not be unloaded while they run
      gpu.library().close();
    }
  }
}
