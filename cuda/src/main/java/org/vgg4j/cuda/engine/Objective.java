package org.vgg4j.cuda.engine;

import java.util.List;
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

  /**
   * Address of what the targets of all images have in common, of labels the weights; 0: nothing.
   */
  private final long common;

  /**
   * @param options how outputs are compared
   * @param memory of the learner, part of which is filled
   */
  Objective(Gpu gpu, Architecture architecture, LearnerOptions options, TrainingMemory memory) {
    this.architecture = architecture;
    this.classLoss = options.classLoss();
    this.common = architecture.task().isBoxes() ? 0 : common(architecture, options, memory);
    this.ofClasses = new Loss(gpu.library(), architecture.classes());
    this.ofBoxes =
        new BoxComparison(gpu.library(), architecture.outputs(), options.boxLoss() == BoxLoss.GIOU);
  }

  private static long common(
      Architecture architecture, LearnerOptions options, TrainingMemory memory) {
    if (architecture.task().isLabels()) {
      return weights(options.classLoss().weights(), memory);
    }
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

  private static long weights(List<Double> weights, TrainingMemory memory) {
    if (weights.isEmpty()) {
      return 0;
    }
    double[] ofClasses = weights.stream().mapToDouble(Double::doubleValue).toArray();
    memory.allocation().memory(memory.commonTargets()).upload(Loss.common(ofClasses, 0));
    return memory.commonTargets();
  }

  /**
   * A micro-batch's ints: for each image its label, or two, or none where it may have several, and
   * its sample; dropout's key; the boxes, or the labels' shares, or the targets of all labels.
   */
  private record Places(Architecture architecture, int images) {
    static int labels(Task task) {
      return switch (task) {
        case CLASSIFICATION -> 2;
        case LABELS -> 0;
        case SINGLE_BOX, BOX_PER_CLASS -> 1;
      };
    }

    static int last(Architecture architecture) {
      return switch (architecture.task()) {
        case CLASSIFICATION -> 4; // two shares, doubles
        case LABELS -> architecture.classes();
        case SINGLE_BOX, BOX_PER_CLASS -> BoxComparison.INTS;
      };
    }

    int samples() {
      return labels(architecture.task()) * images;
    }

    int key() {
      return samples() + images;
    }

    /** Of the boxes, shares or targets. */
    int last() {
      return key() + Dropout.KEY;
    }
  }

  /** Bytes that come with so many images for a network. */
  static long bytes(Architecture architecture, int images) {
    long ofImage = Places.labels(architecture.task()) + 1L + Places.last(architecture);
    return Integer.BYTES * (ofImage * images + Dropout.KEY);
  }

  /**
   * Returns what comes with a micro-batch.
   *
   * @throws IllegalArgumentException if a target is of another kind, or out of the network's range
   */
  int[] ints(List<Target> targets, DropoutKeys keys) {
    int count = targets.size();
    Places places = new Places(architecture, count);
    int[] ints = new int[Math.toIntExact(bytes(architecture, count) / Integer.BYTES)];
    if (architecture.task().isLabels()) {
      float[] wanted = classLoss.labelTargets(targets, architecture.classes());
      for (int i = 0; i < wanted.length; i++) {
        ints[places.last() + i] = Float.floatToRawIntBits(wanted[i]);
      }
    } else if (architecture.task().isBoxes()) {
      List<BoxTarget> boxes = BoxTarget.listOf(targets, architecture.classes());
      for (int i = 0; i < count; i++) {
        BoxTarget box = boxes.get(i);
        ints[i] = box.label();
        int at = places.last() + BoxComparison.INTS * i;
        BoxComparison.box(box.centerX(), box.centerY(), box.width(), box.height(), ints, at);
      }
    } else {
      ClassTargets compared = classLoss.targets(targets, architecture.classes());
      System.arraycopy(compared.labels(), 0, ints, 0, 2 * count);
      Halves.put(ints, places.last(), compared.shares());
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
  static long samples(Architecture architecture, long ints, int images) {
    return at(ints, new Places(architecture, images).samples());
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
    long last = at(ints, new Places(architecture, images).last());
    if (architecture.task().isLabels()) {
      ofClasses.labelCrossEntropy(
          stream,
          images,
          outputs,
          last,
          common,
          scale,
          gradient,
          memory.totals(),
          false,
          memory.lossWorkspace());
    } else if (architecture.task().isBoxes()) {
      ofBoxes.compare(
          stream,
          images,
          outputs,
          ints,
          last,
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
          last,
          common,
          scale,
          gradient,
          memory.totals(),
          false,
          memory.lossWorkspace());
    }
  }
}
