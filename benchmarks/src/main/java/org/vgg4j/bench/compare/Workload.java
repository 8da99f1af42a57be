package org.vgg4j.bench.compare;

import java.util.List;
import java.util.Locale;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;

/**
 * What is measured: an operation on a batch of images with a network.
 *
 * @param name its name in options
 * @param kind the operation
 * @param arch name of the network
 * @param width factor on the network's channels
 * @param crop side of the images in pixels
 * @param classes number of classes
 * @param batch images at a time
 * @param comparedRate learning rate of the training steps that engines are compared by: two of them
 *     change the scores by about a tenth of the largest, much more than rounding; 0 for inference
 */
public record Workload(
    String name,
    Kind kind,
    String arch,
    double width,
    int crop,
    int classes,
    int batch,
    double comparedRate) {
  /** The operation on a batch. */
  public enum Kind {
    /** Class scores are computed. */
    INFERENCE,
    /** Forward and backward pass with dropout, and a step of SGD with momentum and decay. */
    TRAINING
  }

  /** The workloads of the command. */
  static final List<Workload> ALL =
      List.of(
          new Workload("inference-1", Kind.INFERENCE, "D", 1, 224, 1000, 1, 0),
          new Workload("inference-16", Kind.INFERENCE, "D", 1, 224, 1000, 16, 0),
          new Workload("training-16", Kind.TRAINING, "D", 1, 224, 1000, 16, 1e-4),
          new Workload("small-256", Kind.TRAINING, "D", 0.25, 32, 10, 256, 3e-3));

  /** The network. */
  Architecture architecture() {
    return new Architecture(Configuration.of(arch), width, crop, classes);
  }

  boolean trains() {
    return kind == Kind.TRAINING;
  }

  /** A description in one line. */
  String title() {
    return String.format(
        Locale.ROOT,
        "%s, network %s%s, %dx%d, batch %d",
        trains() ? "Training" : "Inference",
        arch,
        width == 1 ? "" : " at width " + width,
        crop,
        crop,
        batch);
  }
}
