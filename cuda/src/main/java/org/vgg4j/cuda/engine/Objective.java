package org.vgg4j.cuda.engine;

import java.util.List;
import org.vgg4j.cuda.driver.CudaStream;
import org.vgg4j.cuda.kernels.BoxComparison;
import org.vgg4j.cuda.kernels.Dropout;
import org.vgg4j.cuda.kernels.Loss;
import org.vgg4j.cuda.kernels.Planes;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.BoxTarget;
import org.vgg4j.model.Label;
import org.vgg4j.model.Target;
import org.vgg4j.model.Task;
import org.vgg4j.network.BoxLoss;
import org.vgg4j.network.DropoutKeys;

/**
 * What a network's outputs are compared with in training, and how: the ints that come with images
 * to the GPU, and the loss that is made of them there. Immutable.
 */
final class Objective {
  private final Architecture architecture;
  private final Loss ofClasses;
  private final BoxComparison ofBoxes;

  /**
   * @param boxLoss how boxes are compared, if the network finds some
   */
  Objective(Gpu gpu, Architecture architecture, BoxLoss boxLoss) {
    this.architecture = architecture;
    this.ofClasses = new Loss(gpu.library(), architecture.classes());
    this.ofBoxes =
        new BoxComparison(gpu.library(), architecture.outputs(), boxLoss == BoxLoss.GIOU);
  }

  /** A micro-batch's ints: for each image its label and its sample; dropout's key; the boxes. */
  private record Places(int images) {
    int samples() {
      return images;
    }

    int key() {
      return 2 * images;
    }

    int boxes() {
      return key() + Dropout.KEY;
    }
  }

  /** Bytes that come with so many images of a task. */
  static long bytes(Task task, int images) {
    long ofImage = 2 + (task.isBoxes() ? BoxComparison.INTS : 0);
    return Integer.BYTES * (ofImage * images + Dropout.KEY);
  }

  /**
   * Returns what comes with a micro-batch.
   *
   * @throws IllegalArgumentException if a target is of another kind, or out of the network's range
   */
  int[] ints(List<Target> targets, DropoutKeys keys) {
    int count = targets.size();
    Places places = new Places(count);
    int[] ints = new int[Math.toIntExact(bytes(architecture.task(), count) / Integer.BYTES)];
    if (architecture.task().isBoxes()) {
      List<BoxTarget> boxes = BoxTarget.listOf(targets, architecture.classes());
      for (int i = 0; i < count; i++) {
        BoxTarget box = boxes.get(i);
        ints[i] = box.label();
        int at = places.boxes() + BoxComparison.INTS * i;
        BoxComparison.box(box.centerX(), box.centerY(), box.width(), box.height(), ints, at);
      }
    } else {
      int[] labels = Label.indices(targets, architecture.classes());
      System.arraycopy(labels, 0, ints, 0, count);
    }
    System.arraycopy(keys.samples(), 0, ints, places.samples(), count);
    int[] key = Dropout.key(keys.seed(), keys.epoch());
    System.arraycopy(key, 0, ints, places.key(), key.length);
    return ints;
  }

  /**
   * Address of the index of each image's sample, and dropout's key.
   *
   * @param ints address of what came with the images
   */
  static long samples(long ints, int images) {
    return at(ints, new Places(images).samples());
  }

  private static long at(long ints, int index) {
    return ints + (long) Integer.BYTES * index;
  }

  /**
   * Enqueues the loss and its gradient.
   *
   * @param ints address of what came with the images
   * @param batch images of the whole batch
   */
  void compare(
      CudaStream stream, int images, int batch, long ints, TrainingMemory memory, Gpu gpu) {
    long outputs = memory.network().scores();
    float scale = 1f / batch;
    Planes gradient = memory.scoreGradient(gpu, images);
    if (architecture.task().isBoxes()) {
      long boxes = at(ints, new Places(images).boxes());
      ofBoxes.compare(
          stream,
          images,
          outputs,
          ints,
          boxes,
          scale,
          gradient,
          memory.totals(),
          false,
          memory.lossWorkspace());
    } else {
      ofClasses.crossEntropy(
          stream,
          images,
          outputs,
          ints,
          scale,
          gradient,
          memory.totals(),
          false,
          memory.lossWorkspace());
    }
  }
}
