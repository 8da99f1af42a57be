package org.vgg4j.cuda.engine;

import java.util.List;
import org.vgg4j.base.InputException;
import org.vgg4j.cuda.driver.CudaStream;
import org.vgg4j.cuda.kernels.BoxComparison;
import org.vgg4j.cuda.kernels.Dropout;
import org.vgg4j.cuda.kernels.Halves;
import org.vgg4j.cuda.kernels.Loss;
import org.vgg4j.cuda.kernels.Planes;
import org.vgg4j.kernels.ClassTargets;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.BoxTarget;
import org.vgg4j.model.Target;
import org.vgg4j.model.Task;
import org.vgg4j.network.BoxLoss;
import org.vgg4j.network.ClassLoss;
import org.vgg4j.network.DropoutKeys;
import org.vgg4j.network.LearnerOptions;

/**
 * What a network's outputs are compared with in training, and how: the ints that come with images
 * to the GPU, and the loss that is made of them there. Immutable.
 */
final class Objective {
  private final Architecture architecture;
  private final Loss ofClasses;
  private final BoxComparison ofBoxes;
  private final ClassLoss classLoss;

  /** Address of what the targets of all images have in common; 0: nothing. */
  private final long common;

  /**
   * @param options how outputs are compared
   * @param memory of the learner, part of which is filled
   */
  Objective(Gpu gpu, Architecture architecture, LearnerOptions options, TrainingMemory memory) {
    if (architecture.task().isLabels()) {
      throw new InputException(
          "several labels an image (option multi-label) are learnt on the CPU only: set option"
              + " device to cpu");
    }
    this.architecture = architecture;
    this.classLoss = options.classLoss();
    this.common = architecture.task().isBoxes() ? 0 : common(architecture, options, memory);
    this.ofClasses = new Loss(gpu.library(), architecture.classes());
    this.ofBoxes =
        new BoxComparison(gpu.library(), architecture.outputs(), options.boxLoss() == BoxLoss.GIOU);
  }

  private static long common(
      Architecture architecture, LearnerOptions options, TrainingMemory memory) {
    ClassTargets ofNoImage = options.classLoss().targets(List.of(), architecture.classes());
    if (ofNoImage.common().length == 0) {
      return 0;
    }
    memory
        .allocation()
        .memory(memory.commonTargets())
        .upload(Loss.common(ofNoImage.common(), ofNoImage.sumOfCommon()));
    return memory.commonTargets();
  }

  /**
   * A micro-batch's ints: for each image its label, or two, and its sample; dropout's key; the
   * boxes, or the labels' shares.
   */
  private record Places(Task task, int images) {
    static int labels(Task task) {
      return task.isBoxes() ? 1 : 2;
    }

    static int last(Task task) {
      return task.isBoxes() ? BoxComparison.INTS : 2 * labels(task);
    }

    int samples() {
      return labels(task) * images;
    }

    int key() {
      return samples() + images;
    }

    int boxes() {
      return key() + Dropout.KEY;
    }

    int shares() {
      return boxes();
    }
  }

  /** Bytes that come with so many images of a task. */
  static long bytes(Task task, int images) {
    long ofImage = Places.labels(task) + 1 + Places.last(task);
    return Integer.BYTES * (ofImage * images + Dropout.KEY);
  }

  /**
   * Returns what comes with a micro-batch.
   *
   * @throws IllegalArgumentException if a target is of another kind, or out of the network's range
   */
  int[] ints(List<Target> targets, DropoutKeys keys) {
    int count = targets.size();
    Places places = new Places(architecture.task(), count);
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
      ClassTargets compared = classLoss.targets(targets, architecture.classes());
      System.arraycopy(compared.labels(), 0, ints, 0, 2 * count);
      Halves.put(ints, places.shares(), compared.shares());
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
  static long samples(Task task, long ints, int images) {
    return at(ints, new Places(task, images).samples());
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
    Places places = new Places(architecture.task(), images);
    if (architecture.task().isBoxes()) {
      long boxes = at(ints, places.boxes());
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
          at(ints, places.shares()),
          common,
          scale,
          gradient,
          memory.totals(),
          false,
          memory.lossWorkspace());
    }
  }
}
