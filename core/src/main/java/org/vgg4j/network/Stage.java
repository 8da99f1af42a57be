package org.vgg4j.network;

import org.jspecify.annotations.Nullable;
import org.vgg4j.kernels.Pass;

/**
 * One step of execution: a layer, or a convolution and the pool that follows it in one kernel. It
 * knows the layouts; it holds no memory. All lengths are floats per image.
 */
interface Stage {
  /** Name of its output. */
  String tap();

  /** Length of the output. */
  int outputLength();

  /** Scratch memory that a thread needs in the pass, in floats for that many images. */
  int scratchLength(Pass pass, int images);

  /** Memory that the threads share in the pass, in floats for that many images. */
  default int sharedLength(Pass pass, int images, int threads) {
    return 0;
  }

  /** Copies the output as {@code [N][C][H][W]}, or {@code [N][features]}. */
  float[] readOutput(int images, float[] output);

  /** Length of the map before the pool in the same stage; 0 without one. */
  default int beforePoolLength() {
    return 0;
  }

  /** Whether the forward pass of training must record which pixels the pool took. */
  default boolean needsArgmax() {
    return false;
  }

  /** Floats of the weights as the forward kernel wants them; 0 if it takes them as they are. */
  default int preparedForwardLength() {
    return 0;
  }

  /** Floats of the weights as the backward kernel wants them; 0 if it takes them as they are. */
  default int preparedBackwardLength() {
    return 0;
  }

  /** Brings the weights into the form of the forward kernel. */
  default void prepareForward(Parameters parameters, float[] prepared) {}

  /** Brings the weights into the form of the backward kernel. */
  default void prepareBackward(Parameters parameters, float[] prepared) {}

  /**
   * Computes the output.
   *
   * @param prepared from {@link #prepareForward}
   * @param argmax where to record which pixels a pool took; null outside training
   */
  void forward(
      int images,
      float[] input,
      Parameters parameters,
      float[] prepared,
      float[] output,
      byte @Nullable [] argmax);

  /**
   * Returns the gradient by what comes before the pool of this stage: written into the given memory
   * if there is a pool, else the output's gradient itself.
   */
  default float[] backwardPool(
      int images, float[] outputGradient, byte @Nullable [] argmax, float[] beforePool) {
    return outputGradient;
  }

  /** Adds the gradients by the parameters, given the gradient before the pool. */
  default void backwardWeights(int images, float[] input, float[] gradient, Parameters gradients) {}

  /** Computes the gradient by the input, given the gradient before the pool. */
  void backwardData(
      int images,
      float[] gradient,
      Parameters parameters,
      float[] prepared,
      float[] input,
      byte @Nullable [] argmax,
      float[] inputGradient);
}
