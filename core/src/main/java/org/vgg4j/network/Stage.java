package org.vgg4j.network;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vgg4j.kernels.Pass;
import org.vgg4j.model.ParameterShape;

/**
 * One step of execution: a layer, or a convolution and the pool that follows it in one kernel. It
 * knows the layouts; it holds no memory that grows with images. All lengths are floats per image.
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

  /** Multiply-adds that the forward kernel makes for that many images, in products only. */
  default long multiplyAdds(int images) {
    return 0;
  }

  /** Bytes of the weights as the forward kernel reads them. */
  default long weightBytes(Parameters parameters) {
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

  /** Whether what becomes of an image depends on the others of its batch. */
  default boolean needsWholeBatch() {
    return false;
  }

  /** Channels whose sums {@link #backward} has at a time; 0 if it has none. */
  default int normChannels() {
    return 0;
  }

  /** Floats of the weights as the forward kernel wants them; 0 if it takes them as they are. */
  default int preparedForwardLength() {
    return 0;
  }

  /** Floats of the weights as the backward kernel wants them; 0 if it takes them as they are. */
  default int preparedBackwardLength() {
    return 0;
  }

  /** Length of the longer of input and output of a fully connected layer; 0 for other stages. */
  default int featuresLength() {
    return 0;
  }

  /** Floats of gradients by weights that {@link #backward} has at a time. */
  default int weightGradientLength() {
    return 0;
  }

  /** Floats of gradients by biases that {@link #backward} has at a time. */
  default int biasGradientLength() {
    return 0;
  }

  /** Weight and bias, if it has any. */
  default List<ParameterShape> parameterShapes() {
    return List.of();
  }

  /** Whether {@link #backward} reads the input. */
  default boolean backwardReadsInput() {
    return true;
  }

  /** Brings the weights into the form of the forward kernel. */
  default void prepareForward(Parameters parameters, float[] prepared) {}

  /**
   * Computes the output.
   *
   * @param prepared from {@link #prepareForward}
   * @param argmax where to record which pixels a pool took; null if that is not wanted
   */
  void forward(
      int images,
      float[] input,
      Parameters parameters,
      float[] prepared,
      float[] output,
      byte @Nullable [] argmax);

  /**
   * Computes the gradients: hands those by the parameters over, and returns that by the input. All
   * that is read of the parameters is read before their gradients are handed over.
   *
   * @param input what the forward pass read; overwritten, unless it is an image
   * @param outputGradient gradient by the output; overwritten
   * @param argmax what the forward pass recorded
   * @param parameters what the forward pass read
   * @return the array that now holds the gradient by the input: most often the input itself; null
   *     if the input is an image, by which nothing in training wants a gradient
   */
  float @Nullable [] backward(
      int images,
      float[] input,
      float[] outputGradient,
      byte @Nullable [] argmax,
      Parameters parameters,
      Workspace workspace,
      GradientSink sink);
}
