package org.vgg4j.network.cpu;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.DenseFeatures;
import org.vgg4j.network.DenseInference;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.HostThreads;
import org.vgg4j.network.Inference;
import org.vgg4j.network.MemoryPlan;
import org.vgg4j.network.Network;
import org.vgg4j.network.Parameters;

/** A network on the CPU, whose weights are arrays on the heap. */
final class CpuNetwork implements Network {
  /**
   * The fraction of the heap that may be used; the rest is for images, drawings and the file that
   * the weights came from.
   */
  private static final double SHARE = 0.75;

  private final PreparedWeights weights;
  private final CpuMemory memory;
  private final HostThreads threads;

  /**
   * @param parameters the parameters, with the fully connected layers in the form to hold them in
   */
  CpuNetwork(Parameters parameters, CpuMemory memory, HostThreads threads) {
    this.weights = new PreparedWeights(parameters);
    this.memory = memory;
    this.threads = threads;
  }

  @Override
  public Architecture architecture() {
    return weights.parameters().architecture();
  }

  @Override
  public FcWeights fcWeights() {
    return weights.parameters().fcWeights();
  }

  @Override
  public Map<String, Double> roundingErrors() {
    return weights.parameters().roundingErrors();
  }

  @Override
  public Inference inference(int capacity, Set<String> taps) {
    return inference(threads, capacity, taps);
  }

  @Override
  public Inference inference(HostThreads own, int capacity, Set<String> taps) {
    CpuMemory ofPass = memory.withThreads(own.count());
    return new CpuInference(weights, ofPass, own.workers(), capacity, taps);
  }

  @Override
  public int capacity(int wanted) {
    int count = wanted;
    while (count > 1 && !fits(memory.inference(weights.loaded(), count, fcWeights()))) {
      count /= 2;
    }
    return count;
  }

  private boolean fits(MemoryPlan plan) {
    return plan.total() <= SHARE * memory.limit() && !plan.hasTooLongArray();
  }

  @Override
  public DenseInference dense() {
    return new CpuDenseInference(weights, memory, threads.workers());
  }

  @Override
  public DenseFeatures features(Set<String> taps) {
    return features(threads, taps);
  }

  @Override
  public DenseFeatures features(HostThreads own, Set<String> taps) {
    CpuMemory ofPass = memory.withThreads(own.count());
    return new CpuDenseFeatures(weights, ofPass, own.workers(), taps);
  }

  @Override
  public Optional<Parameters> parameters() {
    return Optional.of(weights.parameters());
  }

  @Override
  public void close() {}
}
