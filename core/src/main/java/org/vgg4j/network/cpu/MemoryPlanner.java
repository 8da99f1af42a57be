package org.vgg4j.network.cpu;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.vgg4j.kernels.Bfloat16Weights;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.MapLayout;
import org.vgg4j.kernels.Pass;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Layer;
import org.vgg4j.network.Buffers;
import org.vgg4j.network.DenseInference;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.Inference;
import org.vgg4j.network.LearnerOptions;
import org.vgg4j.network.MemoryPlan;
import org.vgg4j.network.Taps;

/** Adds up the arrays of networks on the heap before they are made. */
final class MemoryPlanner {
  private static final long FLOAT = Float.BYTES;

  private MemoryPlanner() {}

  /**
   * Memory of {@link Inference} without taps.
   *
   * @param batch images at a time
   * @param threads number of threads
   * @param form how the weights of the fully connected layers are held
   */
  static MemoryPlan inference(
      Architecture network, Kernels kernels, int batch, int threads, FcWeights form) {
    Architecture architecture = network.withoutBatchNorm();
    List<TrainingStage> stages = stages(architecture, kernels);
    Map<String, Long> parts = new LinkedHashMap<>();
    parts.put(MemoryPlan.WEIGHTS, weightBytes(network, form));
    if (network.configuration().hasBatchNorm()) {
      long folded = weightBytes(architecture, form) - fcBytes(architecture, form);
      parts.put(MemoryPlan.FOLDED, folded);
    }
    parts.put(MemoryPlan.PREPARED, preparedBytes(stages));
    long even = batch * pingPongLength(stages, 0);
    long odd = batch * pingPongLength(stages, 1);
    parts.put("activations", FLOAT * (even + odd));
    addCommon(parts, Pass.INFERENCE, architecture, stages, batch, threads);
    return new MemoryPlan(parts, Math.max(even, odd));
  }

  /**
   * Memory of {@link DenseInference} for images of one size.
   *
   * @param batch images at a time
   * @param height of the images, in pixels
   * @param width of the images, in pixels
   * @param threads number of threads
   * @param form how the weights of the fully connected layers are held
   */
  static MemoryPlan dense(
      Architecture architecture,
      Kernels kernels,
      int batch,
      int height,
      int width,
      int threads,
      FcWeights form) {
    Taps scores = Taps.scores(architecture);
    return dense(architecture, kernels, scores, batch, height, width, threads, form);
  }

  /**
   * Memory of a pass over whole images of one size.
   *
   * @param taps the outputs that are wanted
   */
  static MemoryPlan dense(
      Architecture architecture,
      Kernels kernels,
      Taps taps,
      int batch,
      int height,
      int width,
      int threads,
      FcWeights form) {
    long pixels = (long) height * width;
    MapLayout lanes = new MapLayout(MapLayout.LANES, height, width);
    int channels = ((Layer.Convolution) architecture.layers().get(0)).outChannels();
    long first = (long) lanes.paddedHeight() * lanes.paddedWidth() * channels;
    if (first > Buffers.LONGEST) {
      // the stages cannot even be created: the size of the first two maps is enough to refuse it
      return new MemoryPlan(Map.of("activations", 2 * FLOAT * batch * first), batch * first);
    }
    DenseStages stages;
    try (Workers idle = new Workers(1)) {
      stages = new DenseStages(architecture, kernels, idle, taps, height, width, form);
    }
    Map<String, Long> parts = new LinkedHashMap<>();
    parts.put(MemoryPlan.WEIGHTS, weightBytes(architecture, form));
    parts.put(MemoryPlan.PREPARED, preparedBytes(stages.list()));
    long even = stages.pingPongLength(0, batch);
    long odd = stages.pingPongLength(1, batch);
    parts.put("activations", FLOAT * (even + odd));
    parts.put("input", FLOAT * batch * 3 * pixels);
    long last = stages.lastLength(batch);
    parts.put("scores", FLOAT * last);
    if (!taps.names().isEmpty()) {
      parts.put("copies", FLOAT * taps.length(batch, height, width));
    }
    StageMemory memory = stages.memory(batch, threads);
    parts.put("scratch of the threads", FLOAT * memory.scratch() * threads);
    parts.put("shared by the threads", FLOAT * memory.shared());
    return new MemoryPlan(parts, Math.max(last, Math.max(even, odd)));
  }

  /**
   * Memory of {@link Training} with SGD's velocities; validation in between uses the same.
   *
   * @param size of the learner: if it collects gradients, {@link BatchGradients} are included (with
   *     several processes, equal shares may mean the factors of a few more images)
   * @param threads number of threads
   */
  static MemoryPlan training(
      Architecture architecture, Kernels kernels, LearnerOptions.Size size, int threads) {
    int microBatch = size.microBatch();
    List<TrainingStage> stages = stages(architecture, kernels);
    Allocation allocation = Allocation.planned();
    TrainingMemory unused =
        new TrainingMemory(
            stages,
            3 * architecture.crop() * architecture.crop(),
            microBatch,
            TrainingMemory.RECOMPUTED,
            allocation);
    Map<String, Long> parts = new LinkedHashMap<>();
    long parameters = FLOAT * architecture.valueCount();
    parts.put(MemoryPlan.WEIGHTS, parameters);
    parts.put("momentum", parameters);
    if (size.averaged()) {
      parts.put(MemoryPlan.AVERAGES, parameters);
    }
    if (size.collects()) {
      int batch = size.batch();
      parts.put("sums of gradients", FLOAT * BatchGradients.sumsLength(architecture, batch));
      parts.put("factors of gradients", FLOAT * BatchGradients.factorsLength(architecture, batch));
    }
    parts.putAll(allocation.parts());
    addCommon(parts, Pass.TRAINING, architecture, stages, microBatch, threads);
    // two for training, one being loaded and one trained on, and one for validation
    parts.merge("input", 2 * inputBytes(architecture, microBatch), Long::sum);
    return new MemoryPlan(parts, allocation.longest());
  }

  /** Memory of the weights of the fully connected layers, in bytes. */
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

  /** Number of weights and biases of the fully connected layers. */
  private static long fcBytes(Architecture architecture, FcWeights form) {
    long biases = 0;
    for (Layer layer : architecture.layers()) {
      if (layer instanceof Layer.FullyConnected connected) {
        biases += FLOAT * connected.outFeatures();
      }
    }
    return fcWeightBytes(architecture, form) + biases;
  }

  private static long weightBytes(Architecture architecture, FcWeights form) {
    return FLOAT * architecture.valueCount()
        - fcWeightBytes(architecture, FcWeights.FP32)
        + fcWeightBytes(architecture, form);
  }

  private static long preparedBytes(List<? extends Stage> stages) {
    return FLOAT
        * stages.stream().mapToLong(stage -> stage.memory(Pass.INFERENCE, 1, 1).prepared()).sum();
  }

  /** Length, for one image, of each of the two arrays that stages write to in turn. */
  private static long pingPongLength(List<? extends Stage> stages, int which) {
    long longest = 0;
    for (int i = which; i < stages.size(); i += 2) {
      longest = Math.max(longest, stages.get(i).outputLength());
    }
    return longest;
  }

  private static long inputBytes(Architecture architecture, int batch) {
    return FLOAT * batch * 3 * architecture.crop() * architecture.crop();
  }

  private static void addCommon(
      Map<String, Long> parts,
      Pass pass,
      Architecture architecture,
      List<? extends Stage> stages,
      int batch,
      int threads) {
    StageMemory memory = Stages.memory(stages, pass, batch, threads);
    parts.put("input", inputBytes(architecture, batch));
    parts.put("scratch of the threads", FLOAT * memory.scratch() * threads);
    parts.put("shared by the threads", FLOAT * memory.shared());
  }

  private static List<TrainingStage> stages(Architecture architecture, Kernels kernels) {
    // only asked for lengths; nothing runs
    try (Workers idle = new Workers(1)) {
      return Stages.of(architecture, kernels, idle, Set.of(), 0);
    }
  }
}
