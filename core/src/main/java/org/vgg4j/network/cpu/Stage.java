package org.vgg4j.network.cpu;

import org.vgg4j.kernels.Pass;
import org.vgg4j.network.Parameters;

/**
 * One step of a forward pass: a layer, or a layer and the pool that follows it in one kernel. It
 * knows the layouts; it has no state and no memory that grows with the number of images, so passes
 * may share it.
 */
interface Stage {
  /** Name of the output. */
  String tap();

  /** Floats of the output, for one image. */
  int outputLength();

  /** Floats of the output, for that many images. */
  default long outputLength(int images) {
    return (long) images * outputLength();
  }

  /**
   * The memory that its kernels need.
   *
   * @param pass the pass whose kernels run
   * @param images the largest batch
   * @param threads number of threads
   */
  StageMemory memory(Pass pass, int images, int threads);

  /** The work of the forward kernel for that many images. */
  default StageCost cost(int images, Parameters parameters) {
    return StageCost.NONE;
  }

  /** Converts the weights to the form that the forward kernel reads, if that is a different one. */
  default void prepare(Parameters parameters, float[] prepared) {}

  /**
   * Computes the output as in inference: with the running statistics of batch norms, without
   * dropout.
   *
   * @param prepared the weights from {@link #prepare}
   */
  void forward(int images, float[] input, Parameters parameters, float[] prepared, float[] output);

  /** Copies the output as {@code [N][C][H][W]}, or {@code [N][features]}. */
  float[] read(int images, float[] output);
}
