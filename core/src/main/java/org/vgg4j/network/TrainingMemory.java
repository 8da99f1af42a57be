package org.vgg4j.network;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The memory of a training pass, for batches of at most the capacity: allocated, or only counted.
 *
 * <p>A stage's backward pass writes the gradient by its input over that input, which nothing needs
 * any more, so that there are no arrays for gradients between convolutions.
 */
final class TrainingMemory {
  /** Floats of the largest maps that the first block has at a time: 64 MiB. */
  static final int FIRST_BLOCK = 1 << 24;

  private static final String ACTIVATIONS = "activations";
  private static final String GRADIENTS = "activation gradients";

  /** Memory for some images. */
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
  private final List<Stage> firstStages = new ArrayList<>();
  private final List<Stage> laterStages = new ArrayList<>();
  private final List<float[]> outputs = new ArrayList<>();
  private final List<byte @Nullable []> argmaxes = new ArrayList<>();
  private final Workspace workspace;
  private final FirstBlock.Memory firstBlock;
  private final byte[] dropoutMask;

  /**
   * @param stages of the whole network
   * @param imageLength floats of an image
   * @param firstBlockFloats floats of the largest maps that the first block has at a time, unless
   *     one image's are larger
   */
  TrainingMemory(
      List<Stage> stages,
      int imageLength,
      int capacity,
      int firstBlockFloats,
      Allocation allocation) {
    this.allocation = allocation;
    this.capacity = capacity;
    for (Stage stage : stages) {
      boolean inFirst =
          firstStages.isEmpty() || !firstStages.get(firstStages.size() - 1).needsArgmax();
      (inFirst ? firstStages : laterStages).add(stage);
    }
    Stage pool = firstStages.get(firstStages.size() - 1);
    List<Stage> beforePool = firstStages.subList(0, firstStages.size() - 1);
    int largest = Math.max(largest(beforePool, Stage::outputLength), pool.beforePoolLength());
    boolean together = firstStages.stream().anyMatch(Stage::needsWholeBatch);
    int group = together ? capacity : Math.min(capacity, Math.max(1, firstBlockFloats / largest));
    // the first map: with one group it is kept, with several the map behind the first pool, which
    // is made later and dead earlier, has the same place
    Need next = new Need(capacity, laterStages.get(0).outputLength());
    Need first = new Need(group, beforePool.isEmpty() ? 0 : beforePool.get(0).outputLength());
    Need shared = group < capacity ? next.orLarger(first) : next;
    for (Stage stage : laterStages) {
      Need need = outputs.isEmpty() ? shared : new Need(capacity, stage.outputLength());
      outputs.add(need.allocate(allocation, ACTIVATIONS, stage.tap()));
      argmaxes.add(stage.needsArgmax() ? argmax(stage, capacity) : null);
    }
    // a second map of the first block lies where gradients before pools do, unless there are more
    List<Stage> second = beforePool.size() == 2 ? beforePool.subList(1, 2) : List.of();
    this.workspace = workspace(stages, group, second);
    List<float[]> maps = new ArrayList<>();
    for (Stage stage : beforePool) {
      if (maps.isEmpty() && group < capacity) {
        maps.add(outputs.get(0));
      } else if (second.contains(stage)) {
        maps.add(workspace.beforePool());
      } else {
        Need map = new Need(group, stage.outputLength());
        maps.add(map.allocate(allocation, ACTIVATIONS, stage.tap()));
      }
    }
    int part = group < capacity ? group : 0;
    this.firstBlock =
        new FirstBlock.Memory(
            group,
            imageLength,
            group == capacity,
            maps,
            allocation.floats(ACTIVATIONS, pool.tap(), capacity, pool.outputLength()),
            argmax(pool, capacity),
            allocation.floats(GRADIENTS, "a group of images", part, imageLength),
            allocation.floats(GRADIENTS, "a group's " + pool.tap(), part, pool.outputLength()),
            argmax(pool, part));
    this.dropoutMask =
        allocation.bytes(
            ACTIVATIONS,
            "dropout",
            capacity,
            largest(laterStages, stage -> stage.featuresLength() > 0 ? stage.outputLength() : 0));
  }

  private byte[] argmax(Stage stage, int images) {
    return allocation.bytes(ACTIVATIONS, stage.tap(), images, stage.outputLength());
  }

  private Workspace workspace(List<Stage> stages, int group, List<Stage> second) {
    int features = largest(stages, Stage::featuresLength);
    int prepared =
        Math.max(
            largest(stages, Stage::preparedForwardLength),
            largest(stages, Stage::preparedBackwardLength));
    Need beforePool =
        new Need(capacity, largest(laterStages, Stage::beforePoolLength))
            .orLarger(new Need(group, largest(firstStages, Stage::beforePoolLength)))
            .orLarger(new Need(group, largest(second, Stage::outputLength)));
    return new Workspace(
        allocation.floats("prepared weights", "prepared weights", 1, prepared),
        beforePool.allocate(allocation, GRADIENTS, "gradients before pools"),
        allocation.floats(GRADIENTS, "gradients of features", capacity, features),
        allocation.floats(GRADIENTS, "gradients of features", capacity, features),
        ofLayer("gradients by weights", largest(stages, Stage::weightGradientLength)),
        ofLayer("gradients by biases", largest(stages, Stage::biasGradientLength)),
        ofLayer("sums of a normalisation", largest(stages, Stage::normChannels)),
        ofLayer("products of a normalisation", largest(stages, Stage::normChannels)));
  }

  private float[] ofLayer(String name, int length) {
    return allocation.floats("gradients of a layer", name, 1, length);
  }

  private static int largest(List<Stage> stages, ToIntFunction<Stage> length) {
    return stages.stream().mapToInt(length).max().orElse(0);
  }

  /** The stages up to and including the first pool. */
  List<Stage> firstStages() {
    return firstStages;
  }

  /** What they work with. */
  FirstBlock.Memory firstBlock() {
    return firstBlock;
  }

  /** The other stages. */
  List<Stage> laterStages() {
    return laterStages;
  }

  /** The other stages' outputs. */
  List<float[]> outputs() {
    return outputs;
  }

  /** For each of the other stages which pixels its pool took, or null. */
  List<byte @Nullable []> argmaxes() {
    return argmaxes;
  }

  Workspace workspace() {
    return workspace;
  }

  /** Which features of a layer are dropped. */
  byte[] dropoutMask() {
    return dropoutMask;
  }
}
