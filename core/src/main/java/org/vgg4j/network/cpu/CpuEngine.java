package org.vgg4j.network.cpu;

import java.util.Locale;
import java.util.function.Supplier;
import org.vgg4j.base.Bytes;
import org.vgg4j.base.InputException;
import org.vgg4j.kernels.KernelLookup;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.model.Architecture;
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

/** The engine of the CPU: the kernels of this process on the host's threads. */
final class CpuEngine implements Engine {
  private final KernelLookup.Choice choice;
  private final HostThreads threads;
  private final CpuMemory memory;

  /**
   * @throws InputException if {@code -Dvgg.kernels} asks for kernels that cannot be used
   */
  CpuEngine(HostThreads threads) {
    try {
      this.choice = KernelLookup.get();
    } catch (IllegalStateException e) {
      throw new InputException(String.valueOf(e.getMessage()), e);
    }
    this.threads = threads;
    long heap = Runtime.getRuntime().maxMemory();
    this.memory = new CpuMemory(choice.kernels(), threads.count(), heap);
  }

  @Override
  public Device device() {
    return Device.CPU;
  }

  @Override
  public KernelSet kernels() {
    Kernels kernels = choice.kernels();
    return new KernelSet(
        kernels.name(), kernels.description(), choice.reason(), choice.compiler(), kernels.lanes());
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
    return new CpuProbe(choice.kernels().probe(), threads);
  }

  @Override
  public Network load(Parameters parameters, FcWeights form) {
    return new CpuNetwork(inForm(parameters, form), memory, threads);
  }

  private Parameters inForm(Parameters parameters, FcWeights form) {
    if (form == parameters.fcWeights()) {
      return parameters;
    }
    if (form == FcWeights.FP32) {
      throw new IllegalArgumentException("what rounding removed cannot be restored");
    }
    Architecture architecture = parameters.architecture();
    long both =
        Float.BYTES * architecture.valueCount() + MemoryPlanner.fcWeightBytes(architecture, form);
    if (both > memory.limit()) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "rounding the weights needs %s of heap for both forms of them, but there are %s: %s",
              Bytes.needed(both),
              Bytes.available(memory.limit()),
              memory.remedy()));
    }
    return parameters.rounded(threads.workers());
  }

  @Override
  public Learner learner(Parameters weights, LearnerOptions options, Exchange exchange) {
    if (weights.fcWeights() != FcWeights.FP32) {
      throw new IllegalArgumentException("rounded weights cannot be trained");
    }
    MemoryPlan plan = memory.training(weights.architecture(), options.size());
    return new CpuLearner(
        weights,
        options,
        exchange,
        memory.require("training", plan),
        choice.kernels(),
        threads.workers());
  }

  /** Runs the kernels on an otherwise idle processor, so that the JIT compiler sees them. */
  @Override
  public <T> T warmUpDuring(Supplier<T> work) {
    boolean worthwhile = WarmUp.isWorthwhile(choice.kernels(), threads.count());
    return worthwhile ? WarmUp.during(work, choice.kernels()) : work.get();
  }

  @Override
  public void close() {
    threads.close();
  }
}
