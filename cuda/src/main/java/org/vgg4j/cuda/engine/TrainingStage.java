package org.vgg4j.cuda.engine;

import java.util.Set;
import org.vgg4j.cuda.driver.CudaStream;
import org.vgg4j.cuda.kernels.MapShape;
import org.vgg4j.cuda.kernels.Planes;

/**
 * A part of a network in training: the forward pass leaves in its own memory what the backward pass
 * needs. The backward pass overwrites each map with the gradient with respect to it, which is
 * already masked: it is with respect to the sum before the ReLU.
 */
interface TrainingStage {
  /**
   * What a pass works with.
   *
   * @param images number of images
   * @param training whether statistics of the batch and dropout are used
   * @param share of the micro-batch in the whole batch
   * @param frozen names of layers that do not learn
   * @param samples address of the index of each image's sample, and dropout's key
   * @param workspace address
   * @param scratch address of a map that lies nowhere else
   */
  record Pass(
      CudaStream stream,
      int images,
      boolean training,
      float share,
      Set<String> frozen,
      long samples,
      long workspace,
      long scratch) {}

  /** Whether nothing of it learns. */
  boolean isFrozen(Set<String> frozen);

  /** Shape of what it writes. */
  MapShape outputShape(int images);

  /** Where it writes it. */
  Planes output(int images);

  /** Bytes of the workspace that it needs. */
  default long workspace(int images) {
    return 0;
  }

  /** Bytes of the {@link GradientRoom} that its largest gradient takes. */
  default long gradient(int images) {
    return 0;
  }

  /** Bytes of the map that it needs beside its own. */
  default long scratch(int images) {
    return 0;
  }

  /** Computes the output. */
  void forward(Pass pass, Planes x);

  /**
   * Hands gradients with respect to its parameters over, unless they are frozen.
   *
   * @param x what the forward pass read; overwritten
   * @param g gradient with respect to the output; overwritten
   * @param further whether the gradient with respect to x is wanted
   * @param room for gradients with respect to parameters
   * @return where that is
   */
  Planes backward(Pass pass, Planes x, Planes g, boolean further, GradientRoom room);
}
