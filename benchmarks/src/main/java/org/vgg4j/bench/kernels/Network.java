package org.vgg4j.bench.kernels;

import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.Layer;
import org.vgg4j.model.LayerShape;

/** The networks whose layers' shapes are measured. */
public enum Network {
  /** D at 224x224, one image. */
  D_224_BATCH_1(Configuration.D, 1, 224, 1000, 1),
  /** D at 224x224, sixteen images. */
  D_224_BATCH_16(Configuration.D, 1, 224, 1000, 16),
  /** D at a quarter of its width, 32x32, 256 images. */
  SMALL_D_32_BATCH_256(Configuration.D, 0.25, 32, 10, 256),
  /** A-LRN at 224x224, sixteen images: for LRN. */
  A_LRN_224_BATCH_16(Configuration.A_LRN, 1, 224, 1000, 16),
  /** As small as possible: to check that the benchmarks run. */
  SMOKE(Configuration.A_LRN, 1.0 / 16, 32, 10, 1);

  private final Architecture architecture;
  private final int batch;

  Network(Configuration configuration, double width, int crop, int classes, int batch) {
    this.architecture = new Architecture(configuration, width, crop, classes);
    this.batch = batch;
  }

  /** Images at a time. */
  int batch() {
    return batch;
  }

  /** Number of classes. */
  int classes() {
    return architecture.classes();
  }

  /**
   * The layer of that name.
   *
   * @throws IllegalArgumentException if the network has none
   */
  Layer layer(String name) {
    return shape(name).layer();
  }

  /** Side of the layer's output map. */
  int outputSide(String name) {
    return shape(name).height();
  }

  private LayerShape shape(String name) {
    return architecture.shapes().stream()
        .filter(shape -> shape.layer().name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(architecture + " has no layer " + name));
  }
}
