package org.vgg4j.network.cpu;

import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.vgg4j.kernels.Workers;
import org.vgg4j.network.Parameters;

/**
 * The stages up to and including the first pool, with activation recomputation (gradient
 * checkpointing: Chen et al. 2016, arXiv:1604.06174). Their maps are by far the largest of a
 * network, so a batch goes through in groups of images, and only the pooled map is kept: where
 * there are several groups, the backward pass computes the earlier maps again, bit for bit the
 * same.
 *
 * <p>With batch norms, which need the statistics of the whole batch, there is only one group. How a
 * batch is divided depends on its size and on shapes only. Gradients with respect to parameters are
 * summed in the order of the groups.
 */
final class RecomputedBlock {
  private final Memory memory;
  private final GradientSums sums;

  /**
   * Its memory.
   *
   * @param group the most images in a group
   * @param imageLength floats of an image
   * @param keepsMaps whether the maps between the stages are still there in the backward pass
   * @param beforePool all stages but the last, with the maps of a group
   * @param pool the last stage, with the pooled map of the whole batch
   * @param groupImages the images of one group, if there may be several
   * @param groupPool the last stage, with the pooled map of one group, if there may be several
   */
  record Memory(
      int group,
      int imageLength,
      boolean keepsMaps,
      List<Placed> beforePool,
      Placed pool,
      float[] groupImages,
      Placed groupPool) {}

  RecomputedBlock(Memory memory, Workers workers) {
    this.memory = memory;
    // gradients of several groups
    this.sums =
        new GradientSums(
            memory.keepsMaps()
                ? List.of()
                : Stream.concat(memory.beforePool().stream(), Stream.of(memory.pool()))
                    .flatMap(placed -> placed.stage().parameters().stream())
                    .toList(),
            workers);
  }

  /** How many of a network's stages belong to it. */
  static int stages(List<TrainingStage> stages) {
    int pool = 0;
    while (stages.get(pool).backwardNeeds().argmax() == 0) {
      pool++;
    }
    return pool + 1;
  }

  /** Size of each group but the last: as few groups as possible, of equal size. */
  static int groupSize(int images, int most) {
    int groups = (images + most - 1) / most;
    return (images + groups - 1) / groups;
  }

  /** The pooled map, where the forward pass leaves it. */
  float[] output() {
    return memory.pool().output();
  }

  /** Whether the backward pass finds all maps where the forward pass left them. */
  boolean keepsMaps() {
    return memory.keepsMaps();
  }

  /** Whether all of its layers are frozen. */
  boolean isFrozen(TrainingPass pass) {
    return pass.isFrozen(memory.pool().stage())
        && memory.beforePool().stream().allMatch(placed -> pass.isFrozen(placed.stage()));
  }

  /** Computes the pooled map as in inference. */
  void forward(int count, float[] images, Parameters parameters, Workspace workspace) {
    inGroups(
        count,
        images,
        group -> {
          group.forward(parameters, workspace);
          group.keepOutput();
        });
  }

  /** Computes the pooled map for training. */
  void forwardTraining(TrainingPass pass, float[] images) {
    inGroups(
        pass.images(),
        images,
        group -> {
          TrainingPass ofGroup = pass.ofGroup(group.count);
          group.forwardBeforePool(ofGroup, memory.beforePool().size());
          group.pool.forwardTraining(ofGroup, group.input(memory.beforePool().size()));
          group.keepOutput();
        });
  }

  /**
   * Computes the gradients with respect to the parameters, and hands them over. @param
   * outputGradient gradient with respect to the pooled map; overwritten
   */
  void backward(TrainingPass pass, float[] images, float[] outputGradient, GradientSink sink) {
    boolean several = groupSize(pass.images(), memory.group()) < pass.images();
    inGroups(
        pass.images(),
        images,
        group -> group.backward(pass.ofGroup(group.count), outputGradient, several ? sums : sink));
    if (several) {
      sums.passTo(sink);
    }
  }

  private void inGroups(int count, float[] images, Consumer<Group> work) {
    int size = groupSize(count, memory.group());
    for (int first = 0; first < count; first += size) {
      work.accept(new Group(first, Math.min(size, count - first), count, images));
    }
  }

  /** Some images of a batch. */
  private final class Group {
    private final int first;
    private final int count;
    private final boolean whole;
    private final float[] images;
    private final Placed pool;

    /** Kernels begin at the start of an array, so a part of a batch is copied there. */
    Group(int first, int count, int batch, float[] images) {
      this.first = first;
      this.count = count;
      this.whole = count == batch;
      this.images = whole ? images : memory.groupImages();
      this.pool = whole ? memory.pool() : memory.groupPool();
      if (!whole) {
        int length = memory.imageLength();
        System.arraycopy(images, first * length, this.images, 0, count * length);
      }
    }

    void keepOutput() {
      if (!whole) {
        int length = pool.stage().outputLength();
        int at = first * length;
        System.arraycopy(pool.output(), 0, output(), at, count * length);
        byte[] argmax = memory.pool().saved().argmax();
        System.arraycopy(pool.saved().argmax(), 0, argmax, at, count * length);
      }
    }

    private float[] gradient(float[] outputGradient) {
      if (whole) {
        return outputGradient;
      }
      int length = pool.stage().outputLength();
      int at = first * length;
      System.arraycopy(outputGradient, at, pool.output(), 0, count * length);
      byte[] argmax = memory.pool().saved().argmax();
      System.arraycopy(argmax, at, pool.saved().argmax(), 0, count * length);
      return pool.output();
    }

    private float[] input(int stage) {
      return stage == 0 ? images : memory.beforePool().get(stage - 1).output();
    }

    void forward(Parameters parameters, Workspace workspace) {
      int before = memory.beforePool().size();
      for (int i = 0; i < before; i++) {
        memory.beforePool().get(i).forward(count, input(i), parameters, workspace);
      }
      pool.forward(count, input(before), parameters, workspace);
    }

    void forwardBeforePool(TrainingPass pass, int stages) {
      for (int i = 0; i < stages; i++) {
        memory.beforePool().get(i).forwardTraining(pass, input(i));
      }
    }

    void backward(TrainingPass pass, float[] outputGradient, GradientSink sink) {
      int before = memory.beforePool().size();
      if (!memory.keepsMaps()) {
        // the last map only if the pool reads it
        boolean all = before == 0 || pool.stage().backwardNeeds().input();
        forwardBeforePool(pass, all ? before : before - 1);
      }
      float[] gradient = pool.backward(pass, input(before), gradient(outputGradient), sink);
      for (int i = before - 1; i >= 0; i--) {
        gradient = memory.beforePool().get(i).backward(pass, input(i), gradient, sink);
      }
    }
  }
}
