package org.vgg4j.network;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.vgg4j.kernels.Bfloat16Weights;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.Pass;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Layer;

/**
 * The heap that a network takes, known before it runs.
 *
 * @param parts bytes of each part, in the order in which they are best read
 */
public record MemoryPlan(Map<String, Long> parts) {
  private static final long FLOAT = Float.BYTES;

  /** The sum of the parts, in bytes. */
  public long total() {
    return parts.values().stream().mapToLong(Long::longValue).sum();
  }

  /**
   * Memory of {@link Inference} without taps, with weights as they are.
   *
   * @param batch images at a time
   * @param threads number of threads
   */
  public static MemoryPlan inference(
      Architecture architecture, Kernels kernels, int batch, int threads) {
    return inference(architecture, kernels, batch, threads, FcWeights.FP32);
  }

  /**
   * Memory of {@link Inference} without taps.
   *
   * @param batch images at a time
   * @param threads number of threads
   * @param form how the weights of the fully connected layers are held
   */
  public static MemoryPlan inference(
      Architecture architecture, Kernels kernels, int batch, int threads, FcWeights form) {
    List<Stage> stages = stages(architecture, kernels);
    Map<String, Long> parts = new LinkedHashMap<>();
    parts.put(
        "weights",
        FLOAT * architecture.parameterCount()
            - fcWeightBytes(architecture, FcWeights.FP32)
            + fcWeightBytes(architecture, form));
    parts.put("prepared weights", preparedBytes(stages));
    parts.put("activations", pingPongBytes(stages, batch));
    addCommon(parts, Pass.INFERENCE, architecture, stages, batch, threads);
    return new MemoryPlan(parts);
  }

  /**
   * Memory of {@link Training} with SGD's velocities, and of an {@link Inference} of the same batch
   * for validation.
   *
   * @param microBatch images at a time
   * @param threads number of threads
   */
  public static MemoryPlan training(
      Architecture architecture, Kernels kernels, int microBatch, int threads) {
    List<Stage> stages = stages(architecture, kernels);
    TrainingMemory memory = TrainingMemory.of(stages);
    Map<String, Long> parts = new LinkedHashMap<>();
    long parameters = FLOAT * architecture.parameterCount();
    parts.put("weights", parameters);
    parts.put("gradients", parameters);
    parts.put("momentum", parameters);
    parts.put(
        "prepared weights", FLOAT * (memory.preparedForward() + (long) memory.preparedBackward()));
    long activations = 0;
    long argmax = 0;
    for (Stage stage : stages) {
      activations += stage.outputLength();
      argmax += stage.needsArgmax() ? stage.outputLength() : 0;
    }
    parts.put("activations", microBatch * (FLOAT * activations + argmax));
    parts.put(
        "activation gradients",
        FLOAT * microBatch * (2L * memory.gradient() + memory.beforePool()));
    parts.put(
        "validation",
        preparedBytes(stages)
            + pingPongBytes(stages, microBatch)
            + inputBytes(architecture, microBatch));
    addCommon(parts, Pass.TRAINING, architecture, stages, microBatch, threads);
    return new MemoryPlan(parts);
  }

  /** Bytes of the weights of the fully connected layers. */
  static long fcWeightBytes(Architecture architecture, FcWeights form) {
    long bytes = 0;
    for (Layer layer : architecture.layers()) {
      if (layer instanceof Layer.FullyConnected connected) {
        int in = connected.inFeatures();
        int out = connected.outFeatures();
        bytes +=
            switch (form) {
              case FP32 -> FLOAT * in * out;
              case BF16 -> (long) Integer.BYTES * Bfloat16Weights.length(in, out);
            };
      }
    }
    return bytes;
  }

  private static long preparedBytes(List<Stage> stages) {
    return FLOAT * stages.stream().mapToLong(Stage::preparedForwardLength).sum();
  }

  /** Stages write in turn to one of two arrays. */
  private static long pingPongBytes(List<Stage> stages, int batch) {
    long even = 0;
    long odd = 0;
    for (int i = 0; i < stages.size(); i++) {
      if (i % 2 == 0) {
        even = Math.max(even, stages.get(i).outputLength());
      } else {
        odd = Math.max(odd, stages.get(i).outputLength());
      }
    }
    return FLOAT * batch * (even + odd);
  }

  private static long inputBytes(Architecture architecture, int batch) {
    return FLOAT * batch * 3 * architecture.crop() * architecture.crop();
  }

  private static void addCommon(
      Map<String, Long> parts,
      Pass pass,
      Architecture architecture,
      List<Stage> stages,
      int batch,
      int threads) {
    long scratch = stages.stream().mapToLong(s -> s.scratchLength(pass, batch)).max().orElse(0);
    long shared =
        stages.stream().mapToLong(s -> s.sharedLength(pass, batch, threads)).max().orElse(0);
    parts.put("input", inputBytes(architecture, batch));
    parts.put("scratch of the threads", FLOAT * scratch * threads);
    parts.put("shared by the threads", FLOAT * shared);
  }

  private static List<Stage> stages(Architecture architecture, Kernels kernels) {
    // only lengths are asked for, nothing runs
    try (Workers idle = new Workers(1)) {
      return Stages.of(architecture, kernels, idle, Set.of(), 1f);
    }
  }
}
