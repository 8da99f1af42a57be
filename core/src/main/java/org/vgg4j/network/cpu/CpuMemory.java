package org.vgg4j.network.cpu;

import java.util.Locale;
import org.vgg4j.base.Bytes;
import org.vgg4j.base.ScarceMemoryException;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.LearnerOptions;
import org.vgg4j.network.MemoryOracle;
import org.vgg4j.network.MemoryPlan;

/**
 * The heap, which holds networks on the CPU.
 *
 * @param kernels the kernels that compute
 * @param threads number of threads, each of which has memory of its own
 * @param limit largest size of the heap, in bytes
 */
record CpuMemory(Kernels kernels, int threads, long limit) implements MemoryOracle {
  @Override
  public String name() {
    return "a heap";
  }

  @Override
  public String remedy() {
    return "give Java more (-Xmx...)";
  }

  @Override
  public MemoryPlan inference(Architecture architecture, int batch, FcWeights form) {
    return MemoryPlanner.inference(architecture, kernels, batch, threads, form);
  }

  @Override
  public MemoryPlan training(Architecture architecture, LearnerOptions.Size size) {
    return MemoryPlanner.training(architecture, kernels, size, threads);
  }

  @Override
  public CpuMemory withThreads(int count) {
    return new CpuMemory(kernels, count, limit);
  }

  @Override
  public CpuMemory withLimit(long bytes) {
    return new CpuMemory(kernels, threads, bytes);
  }

  /**
   * Requires that a plan fits the whole heap.
   *
   * @param what needs it, for the message
   * @throws ScarceMemoryException if it does not
   */
  MemoryPlan require(String what, MemoryPlan plan) {
    if (plan.total() > limit) {
      throw new ScarceMemoryException(
          String.format(
              Locale.ROOT,
              "%s needs %s of heap, but there are %s: take a smaller batch, or %s",
              what,
              Bytes.needed(plan.total()),
              Bytes.available(limit),
              remedy()));
    }
    return plan;
  }
}
