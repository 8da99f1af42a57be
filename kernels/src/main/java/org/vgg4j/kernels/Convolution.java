package org.vgg4j.kernels;

import org.jspecify.annotations.Nullable;

/**
 * The kernels of one convolution layer: forward with bias, ReLU and, on request, the 2x2 max pool
 * that follows; both gradients.
 *
 * <p>Weights are first brought into a form of the implementation's choosing, held by the caller:
 * arrays of {@link #forwardWeightsLength()} and {@link #backwardWeightsLength()} floats. Training
 * may share one such array between layers, inference keeps one per layer.
 *
 * <p>An instance holds no state and may be used by several threads at once, each with its own
 * {@link Workers}.
 */
public interface Convolution {
  /** The shape that this was made for. */
  ConvolutionShape shape();

  /**
   * Floats of the weights in the form that {@link #forward} reads. The form may depend on the size
   * of the map; where the same filters have the same length for two sizes, they have the same form.
   */
  int forwardWeightsLength();

  /** Floats of the weights in the form that {@link #backwardData} reads. */
  int backwardWeightsLength();

  /** Floats of scratch memory that one thread needs in the kernels of a pass. */
  int scratchLength(Pass pass);

  /**
   * Floats of memory shared by the threads that the kernels of a pass need.
   *
   * @param pass which kernels
   * @param images the largest batch
   * @param threads number of threads
   */
  int sharedLength(Pass pass, int images, int threads);

  /**
   * Multiply-adds in the products of the forward pass, padding of tiles included; those of the
   * definition are in {@link ConvolutionShape}.
   */
  long multiplyAdds(int images);

  /**
   * Brings weights into the form that {@link #forward} reads.
   *
   * @param weights {@code [K][C][kernel][kernel]}
   * @param prepared overwritten
   */
  void prepareForward(float[] weights, float[] prepared, Workers workers);

  /**
   * Brings weights into the form that {@link #backwardData} reads.
   *
   * @param weights {@code [K][C][kernel][kernel]}
   * @param prepared overwritten
   */
  void prepareBackward(float[] weights, float[] prepared, Workers workers);

  /**
   * Computes {@code convolution + bias}, then ReLU if wanted.
   *
   * @param images number of images
   * @param input {@code [N][C/16][Hp][Wp][16]}, or {@code [N][3][H][W]} for an image
   * @param prepared from {@link #prepareForward}
   * @param bias {@code [K]}
   * @param relu whether ReLU follows; false where batch normalisation comes in between
   * @param output {@code [N][K/16][Hp][Wp][16]}, overwritten
   */
  void forward(
      int images,
      float[] input,
      float[] prepared,
      float[] bias,
      boolean relu,
      float[] output,
      Workers workers);

  /**
   * Computes {@code maxpool(relu(convolution + bias))} without storing the full map.
   *
   * @param images number of images
   * @param input as for {@link #forward}
   * @param prepared from {@link #prepareForward}
   * @param bias {@code [K]}
   * @param pooled {@code [N][K/16][Hp'][Wp'][16]} of {@link ConvolutionShape#pooled()}, overwritten
   * @param argmax at the index of each pooled value, which of the four pixels it came from: 2 * row
   *     + column, the first if several are equal; null if not wanted
   */
  void forwardPooled(
      int images,
      float[] input,
      float[] prepared,
      float[] bias,
      float[] pooled,
      byte @Nullable [] argmax,
      Workers workers);

  /**
   * Computes the gradient of the loss with respect to the input, zero where the input is zero (the
   * ReLU that made it was off). An image has no ReLU before it, and nothing is zeroed.
   *
   * @param images number of images
   * @param outputGradient gradient with respect to the sum before ReLU, {@code
   *     [N][K/16][Hp][Wp][16]}
   * @param prepared from {@link #prepareBackward}
   * @param input what the forward pass read
   * @param inputGradient laid out as the input, overwritten; may be the same array as the input
   */
  void backwardData(
      int images,
      float[] outputGradient,
      float[] prepared,
      float[] input,
      float[] inputGradient,
      Workers workers);

  /**
   * Adds the gradients of the loss with respect to weights and biases.
   *
   * @param images number of images
   * @param input what the forward pass read
   * @param outputGradient gradient with respect to the sum before ReLU, {@code
   *     [N][K/16][Hp][Wp][16]}
   * @param weightGradient {@code [K][C][kernel][kernel]}, added to
   * @param biasGradient {@code [K]}, added to
   */
  void backwardWeights(
      int images,
      float[] input,
      float[] outputGradient,
      float[] weightGradient,
      float[] biasGradient,
      Workers workers);
}
