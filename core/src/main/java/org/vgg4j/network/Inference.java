package org.vgg4j.network;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.vgg4j.base.InputException;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.Pass;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Layer;

/**
 * The forward pass: class scores of a batch of crops, and what lies between on request. All memory
 * is allocated at construction, or when the largest batch is changed. Not thread-safe.
 */
public final class Inference implements ForwardPass {
  private final Parameters original;
  private final Kernels kernels;
  private final Head head;
  private final Workers workers;
  private final List<TrainingStage> stages;
  private final List<float[]> prepared = new ArrayList<>();
  private final Set<String> taps;
  private final Map<String, float[]> tapped = new HashMap<>();
  private final StageClock clock = new StageClock();
  private Parameters parameters;
  private int capacity;
  // a stage reads one and writes the other
  private float[] even = {};
  private float[] odd = {};
  private float[] scores = {};

  /**
   * @param parameters the network's weights; call {@link #weightsChanged()} after changing them
   * @param capacity the largest batch
   * @param taps outputs to keep: {@code relu1_1}, {@code lrn1}, {@code pool5}, {@code fc7} (after
   *     ReLU), {@code fc8} (the class scores), …
   * @throws InputException if there is no such tap
   */
  public Inference(
      Parameters parameters, Kernels kernels, Workers workers, int capacity, Set<String> taps) {
    requireTaps(parameters.architecture().withoutBatchNorm(), taps);
    this.original = parameters;
    this.parameters = parameters.withoutBatchNorm();
    this.kernels = kernels;
    this.head = Head.of(architecture(), kernels);
    this.workers = workers;
    this.taps = Set.copyOf(taps);
    this.stages = Stages.of(architecture(), kernels, workers, taps, 0);
    enlarge(capacity);
    for (Stage stage : stages) {
      prepared.add(new float[stage.memory(Pass.INFERENCE, capacity, 1).prepared()]);
    }
    prepare();
  }

  /**
   * Takes batches of so many images from now on; what smaller ones needed is let go.
   *
   * @throws InputException if the heap is smaller than what that needs
   */
  public void enlarge(int newCapacity) {
    int threads = workers.threads();
    CpuMemory memory = new CpuMemory(kernels, threads, Runtime.getRuntime().maxMemory());
    MemoryPlan unused =
        memory.require(
            "inference", memory.inference(architecture(), newCapacity, parameters.fcWeights()));
    Stages.reserve(stages, Pass.INFERENCE, newCapacity, workers);
    int evenLength = 0;
    int oddLength = 0;
    for (int i = 0; i < stages.size(); i++) {
      if (i % 2 == 0) {
        evenLength = Math.max(evenLength, stages.get(i).outputLength());
      } else {
        oddLength = Math.max(oddLength, stages.get(i).outputLength());
      }
    }
    even = new float[0]; // before more is asked for
    odd = new float[0];
    even = Buffers.floats("activations", newCapacity, evenLength);
    odd = Buffers.floats("activations", newCapacity, oddLength);
    scores = new float[newCapacity * architecture().classes()];
    capacity = newCapacity;
  }

  private static void requireTaps(Architecture architecture, Set<String> taps) {
    Set<String> known =
        architecture.layers().stream()
            .map(Layer::tap)
            .collect(Collectors.toCollection(TreeSet::new));
    for (String tap : taps) {
      if (!known.contains(tap)) {
        throw new InputException(
            String.format(
                Locale.ROOT,
                "network %s has no output '%s': choose from %s",
                architecture,
                tap,
                String.join(", ", known)));
      }
    }
  }

  /** Brings the weights into the kernels' form again, after they were changed. */
  public void weightsChanged() {
    parameters = original.withoutBatchNorm();
    prepare();
  }

  private void prepare() {
    for (int i = 0; i < stages.size(); i++) {
      stages.get(i).prepare(parameters, prepared.get(i));
    }
  }

  @Override
  public int capacity() {
    return capacity;
  }

  /** The network, without batch normalisation, which is folded away. */
  public Architecture architecture() {
    return parameters.architecture();
  }

  /** How the weights of the fully connected layers are held. */
  FcWeights fcWeights() {
    return parameters.fcWeights();
  }

  /**
   * Computes class scores (before soft-max).
   *
   * @param images {@code [N][3][crop][crop]}, preprocessed as the weights want it
   * @param count N, at most the capacity
   * @return {@code [N][classes]}; overwritten by the next call
   */
  public float[] scores(float[] images, int count) {
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
      if (taps.contains(stage.tap())) {
        tapped.put(stage.tap(), stage.read(count, output));
      }
      input = output;
    }
    return scores;
  }

  @Override
  public float[] posteriors(float[] images, int count) {
    return head.answers(count, scores(images, count));
  }

  /**
   * How long each stage of the last forward pass took, in nanoseconds, by the name of its output.
   */
  public Map<String, Long> stageNanos() {
    return clock.times();
  }

  /**
   * What a stage cannot do without.
   *
   * @param multiplyAdds of its products, as the kernels make them
   * @param bytes of its input, its weights and its output, each moved once
   */
  public record Work(long multiplyAdds, long bytes) {}

  /**
   * What each stage has to do for that many images, by the name of its output. An input that the
   * caches still hold does not come from memory; nor need a small output go there.
   */
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

  /**
   * What the last call left at a tap.
   *
   * @return {@code [N][C][H][W]} or {@code [N][features]}, a copy
   * @throws IllegalArgumentException if it was not asked for at construction, or nothing ran yet
   */
  public float[] tap(String name) {
    float[] values = tapped.get(name);
    if (values == null) {
      throw new IllegalArgumentException("nothing was kept of " + name);
    }
    return Arrays.copyOf(values, values.length);
  }
}
