package org.vgg4j.network.cpu;

import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.vgg4j.base.InputException;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.Pass;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.Buffers;
import org.vgg4j.network.Inference;
import org.vgg4j.network.MemoryPlan;
import org.vgg4j.network.Network;
import org.vgg4j.network.Parameters;
import org.vgg4j.network.Taps;

/** A forward pass over crops on the CPU. */
final class CpuInference implements Inference {
  private final PreparedWeights weights;
  private final Parameters parameters;
  private final CpuMemory memory;
  private final Head head;
  private final Workers workers;
  private final List<TrainingStage> stages;
  private final List<float[]> prepared;
  private Set<String> kept;
  private final Map<String, float[]> tapped = new HashMap<>();
  private final StageClock clock = new StageClock();
  private int capacity;
  // each stage reads one and writes the other
  private float[] even = {};
  private float[] odd = {};
  private float[] scores = {};

  /**
   * @param weights shared with other passes
   * @param memory for as many threads as the workers are
   * @param capacity the largest batch
   * @param taps outputs to keep, see {@link Network#inference}
   * @throws InputException if there is no such tap, or the heap is too small
   */
  CpuInference(
      PreparedWeights weights, CpuMemory memory, Workers workers, int capacity, Set<String> taps) {
    this.weights = weights;
    this.parameters = weights.parameters();
    this.memory = memory;
    this.head = Head.of(architecture(), memory.kernels());
    this.workers = workers;
    this.kept = Set.copyOf(taps);
    Taps.requireKnown(architecture(), taps);
    this.stages = Stages.of(architecture(), memory.kernels(), workers, taps, 0);
    reserve(capacity);
    this.prepared = weights.of(stages);
  }

  /** A pass with weights of its own, and the whole heap. */
  CpuInference(
      Parameters parameters, Kernels kernels, Workers workers, int capacity, Set<String> taps) {
    this(
        new PreparedWeights(parameters),
        new CpuMemory(kernels, workers.threads(), Runtime.getRuntime().maxMemory()),
        workers,
        capacity,
        taps);
  }

  @Override
  public void enlarge(int newCapacity) {
    reserve(newCapacity);
  }

  private void reserve(int newCapacity) {
    MemoryPlan unused =
        memory.require(
            "inference", memory.inference(weights.loaded(), newCapacity, parameters.fcWeights()));
    Stages.reserve(stages, Pass.INFERENCE, newCapacity, workers);
    capacity = 0; // as long as not all is there
    int evenLength = 0;
    int oddLength = 0;
    for (int i = 0; i < stages.size(); i++) {
      if (i % 2 == 0) {
        evenLength = Math.max(evenLength, stages.get(i).outputLength());
      } else {
        oddLength = Math.max(oddLength, stages.get(i).outputLength());
      }
    }
    even = new float[0]; // garbage before more memory is allocated
    odd = new float[0];
    even = Buffers.floats("activations", newCapacity, evenLength);
    odd = Buffers.floats("activations", newCapacity, oddLength);
    scores = new float[newCapacity * architecture().outputs()];
    capacity = newCapacity;
  }

  @Override
  public int capacity() {
    return capacity;
  }

  @Override
  public Architecture architecture() {
    return parameters.architecture();
  }

  @Override
  public float[] outputs(float[] images, int count) {
    if (count < 1 || count > capacity) {
      throw new IllegalArgumentException(count + " images, but the capacity is " + capacity);
    }
    float[] input = images;
    for (int i = 0; i < stages.size(); i++) {
      Stage stage = stages.get(i);
      float[] output = i == stages.size() - 1 ? scores : i % 2 == 0 ? even : odd;
      clock.start();
      stage.forward(count, input, parameters, prepared.get(i), output);
      clock.stop(stage);
      if (kept.contains(stage.tap())) {
        tapped.remove(stage.tap()); // garbage before more memory is allocated
        tapped.put(stage.tap(), stage.read(count, output));
      }
      input = output;
    }
    return scores;
  }

  @Override
  public float[] posteriors(float[] images, int count) {
    return head.posteriors(count, outputs(images, count));
  }

  @Override
  public Map<String, Long> stageNanos() {
    return clock.times();
  }

  @Override
  public Map<String, Work> work(int count) {
    Map<String, Work> work = new LinkedHashMap<>();
    int crop = architecture().crop();
    long length = 3L * crop * crop;
    for (Stage stage : stages) {
      long maps = (long) Float.BYTES * count * (length + stage.outputLength());
      StageCost cost = stage.cost(count, parameters);
      work.put(stage.tap(), new Work(cost.multiplyAdds(), maps + cost.weightBytes()));
      length = stage.outputLength();
    }
    return work;
  }

  @Override
  public void keep(Set<String> taps) {
    kept = Set.copyOf(taps);
    tapped.keySet().retainAll(kept);
  }

  @Override
  public float[] tap(String name) {
    float[] values = tapped.get(name);
    if (values == null) {
      throw new IllegalArgumentException("nothing was kept of " + name);
    }
    return Arrays.copyOf(values, values.length);
  }
}
