package org.vgg4j.network.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;
import org.vgg4j.kernels.Pass;

/**
 * The memory of a training pass, for batches of at most the capacity: allocated, or only counted.
 *
 * <p>A stage's backward pass writes the gradient with respect to its input over that input, which
 * is no longer needed, so there are no separate arrays for gradients between convolutions.
 */
final class TrainingMemory {
  /** The most floats of the first block's largest maps that are held at a time: 64 MiB. */
  static final int RECOMPUTED = 1 << 24;

  private static final String ACTIVATIONS = "activations";
  private static final String GRADIENTS = "activation gradients";

  /** An array for a number of images. */
  private record Need(int images, int length) {
    Need orLarger(Need other) {
      return (long) images * length >= (long) other.images * other.length ? this : other;
    }

    float[] allocate(Allocation allocation, String part, String name) {
      return allocation.floats(part, name, images, length);
    }
  }

  private final Allocation allocation;
  private final int capacity;

  /** Images of a group of the first block. */
  private final int group;

  private final List<TrainingStage> firstStages;
  private final List<TrainingStage> laterStages;
  private final Workspace workspace;
  private final List<Placed> later;
  private final RecomputedBlock.Memory firstBlock;

  /**
   * @param stages the stages of the whole network
   * @param imageLength floats of an image
   * @param recomputedFloats the most floats of the first block's largest maps that are held at a
   *     time, unless a single image needs more
   */
  TrainingMemory(
      List<TrainingStage> stages,
      int imageLength,
      int capacity,
      int recomputedFloats,
      Allocation allocation) {
    this.allocation = allocation;
    this.capacity = capacity;
    int first = RecomputedBlock.stages(stages);
    this.firstStages = stages.subList(0, first);
    this.laterStages = stages.subList(first, stages.size());
    this.group = group(recomputedFloats);
    this.later = placeLater();
    this.workspace = workspace(stages);
    this.firstBlock = placeFirst(imageLength);
  }

  private int group(int recomputedFloats) {
    if (largest(firstStages, stage -> stage.backwardNeeds().statistics()) > 0) {
      return capacity;
    }
    int largest =
        Math.max(
            largest(beforePool(), Stage::outputLength),
            largest(firstStages, stage -> stage.backwardNeeds().beforePool()));
    return Math.min(capacity, Math.max(1, recomputedFloats / largest));
  }

  private boolean inGroups() {
    return group < capacity;
  }

  private TrainingStage pool() {
    return firstStages.get(firstStages.size() - 1);
  }

  private List<TrainingStage> beforePool() {
    return firstStages.subList(0, firstStages.size() - 1);
  }

  /**
   * The first block's second map shares the array for gradients before pools, unless there are more
   * maps.
   */
  private List<TrainingStage> besideGradients() {
    return beforePool().size() == 2 ? beforePool().subList(1, 2) : List.of();
  }

  private Workspace workspace(List<TrainingStage> stages) {
    BackwardNeeds all = BackwardNeeds.largest(stages.stream());
    int prepared = Math.max(all.prepared(), largest(stages, TrainingMemory::preparedForward));
    Need beforePool =
        new Need(capacity, BackwardNeeds.largest(laterStages.stream()).beforePool())
            .orLarger(new Need(group, BackwardNeeds.largest(firstStages.stream()).beforePool()))
            .orLarger(new Need(group, largest(besideGradients(), Stage::outputLength)));
    return new Workspace(
        allocation.floats("prepared weights", "prepared weights", 1, prepared),
        beforePool.allocate(allocation, GRADIENTS, "gradients before pools"),
        allocation.floats(GRADIENTS, "gradients of features", capacity, all.features()),
        allocation.floats(GRADIENTS, "gradients of features", capacity, all.features()),
        ofLayer("gradients of weights", all.weightGradient()),
        ofLayer("gradients of biases", all.biasGradient()),
        allocation.bytes(ACTIVATIONS, "dropout", capacity, all.mask()));
  }

  private static int preparedForward(TrainingStage stage) {
    return stage.memory(Pass.TRAINING, 1, 1).prepared();
  }

  private float[] ofLayer(String name, int length) {
    return allocation.floats("gradients of a layer", name, 1, length);
  }

  private List<Placed> placeLater() {
    // with several groups, the first map shares its array with the map after the first pool, whose
    // life does not overlap its own; with one group it is kept
    Need next = new Need(capacity, laterStages.get(0).outputLength());
    Need first =
        new Need(group, largest(beforePool().stream().limit(1).toList(), Stage::outputLength));
    Need shared = inGroups() ? next.orLarger(first) : next;
    List<Placed> placed = new ArrayList<>();
    for (TrainingStage stage : laterStages) {
      Need need = placed.isEmpty() ? shared : new Need(capacity, stage.outputLength());
      float[] output = need.allocate(allocation, ACTIVATIONS, stage.tap());
      placed.add(new Placed(stage, output, saved(stage, capacity)));
    }
    return placed;
  }

  private RecomputedBlock.Memory placeFirst(int imageLength) {
    List<Placed> beforePool = new ArrayList<>();
    for (TrainingStage stage : beforePool()) {
      beforePool.add(new Placed(stage, firstMap(stage), saved(stage, group)));
    }
    TrainingStage pool = pool();
    float[] output = allocation.floats(ACTIVATIONS, pool.tap(), capacity, pool.outputLength());
    int part = inGroups() ? group : 0;
    float[] ofGroup =
        allocation.floats(GRADIENTS, "a group's " + pool.tap(), part, pool.outputLength());
    return new RecomputedBlock.Memory(
        group,
        imageLength,
        !inGroups(),
        beforePool,
        new Placed(pool, output, saved(pool, capacity)),
        allocation.floats(GRADIENTS, "a group of images", part, imageLength),
        new Placed(pool, ofGroup, saved(pool, part)));
  }

  private float[] firstMap(TrainingStage stage) {
    if (inGroups() && stage == firstStages.get(0)) {
      return later.get(0).output();
    }
    if (besideGradients().contains(stage)) {
      return workspace.beforePool();
    }
    return allocation.floats(ACTIVATIONS, stage.tap(), group, stage.outputLength());
  }

  private Saved saved(TrainingStage stage, int images) {
    BackwardNeeds needs = stage.backwardNeeds();
    return new Saved(
        allocation.bytes(ACTIVATIONS, stage.tap(), images, needs.argmax()),
        allocation.floats(ACTIVATIONS, stage.tap(), 1, needs.statistics()),
        allocation.floats(ACTIVATIONS, stage.tap(), 1, needs.statistics()));
  }

  private static int largest(List<TrainingStage> stages, ToIntFunction<TrainingStage> length) {
    return stages.stream().mapToInt(length).max().orElse(0);
  }

  /** The memory of the stages up to and including the first pool. */
  RecomputedBlock.Memory firstBlock() {
    return firstBlock;
  }

  /** The other stages. */
  List<Placed> later() {
    return later;
  }

  Workspace workspace() {
    return workspace;
  }
}
