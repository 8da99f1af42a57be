package org.vgg4j.network;

import java.util.Map;
import java.util.Set;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Architecture;

/** A network on the host's processors, whose weights are arrays on the heap. */
final class CpuNetwork implements Network {
  /** Of the heap; the rest is for images, drawings and the file that the weights came from. */
  private static final double SHARE = 0.75;

  private final Architecture original;
  private final Parameters parameters;
  private final CpuMemory memory;
  private final Workers workers;

  /**
   * @param parameters with the fully connected layers as they are to be held
   */
  CpuNetwork(Parameters parameters, CpuMemory memory, Workers workers) {
    this.original = parameters.architecture();
    this.parameters = parameters.withoutBatchNorm();
    this.memory = memory;
    this.workers = workers;
  }

  @Override
  public Architecture architecture() {
    return parameters.architecture();
  }

  @Override
  public FcWeights fcWeights() {
    return parameters.fcWeights();
  }

  @Override
  public Map<String, Double> roundingErrors() {
    return parameters.roundingErrors();
  }

  @Override
  public Inference inference(int capacity, Set<String> taps) {
    MemoryPlan unused =
        memory.require("inference", memory.inference(original, capacity, fcWeights()));
    return new Inference(parameters, memory.kernels(), workers, capacity, taps);
  }

  @Override
  public int capacity(int wanted) {
    int count = wanted;
    while (count > 1
        && memory.inference(original, count, fcWeights()).total() > SHARE * memory.limit()) {
      count /= 2;
    }
    return count;
  }

  @Override
  public DenseInference dense() {
    return new DenseInference(parameters, memory.kernels(), workers, memory.limit());
  }

  @Override
  public void close() {}
}
