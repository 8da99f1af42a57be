package org.vgg4j.kernels;

import java.util.List;

/**
 * The kernels of one fully connected layer. Weights are read as {@code [out][in]} or, in the
 * forward pass, rounded to bfloat16.
 *
 * <p>An instance holds no state and may be used by several threads at once, each with its own
 * {@link Workers}.
 */
public interface FullyConnected {
  /** Inputs per image. */
  int inFeatures();

  /** Outputs per image. */
  int outFeatures();

  /**
   * Floats of scratch memory that one thread needs in the kernels of a pass.
   *
   * @param pass which kernels
   * @param images the largest batch
   */
  int scratchLength(Pass pass, int images);

  /**
   * Computes {@code weights * input + bias}, then ReLU if wanted.
   *
   * @param images number of images
   * @param input {@code [N][in]}
   * @param weights {@code [out][in]}
   * @param bias {@code [out]}
   * @param relu whether ReLU follows
   * @param output {@code [N][out]}, overwritten
   */
  void forward(
      int images,
      float[] input,
      float[] weights,
      float[] bias,
      boolean relu,
      float[] output,
      Workers workers);

  /**
   * Computes the same with weights that were rounded to bfloat16, multiplied and summed as 32-bit
   * floats.
   *
   * @param images number of images
   * @param input {@code [N][in]}
   * @param weights of this layer
   * @param bias {@code [out]}
   * @param relu whether ReLU follows
   * @param output {@code [N][out]}, overwritten
   */
  void forward(
      int images,
      float[] input,
      Bfloat16Weights weights,
      float[] bias,
      boolean relu,
      float[] output,
      Workers workers);

  /**
   * Computes the same for many windows, which makes it a convolution over larger maps. A window's
   * outputs do not depend on the other windows, but differ in the last bits from those of the other
   * methods, which add products in another order.
   *
   * @param layout of the windows
   * @param input {@code [W/64][in][64]}
   * @param weights {@code [out][in]}
   * @param bias {@code [out]}
   * @param relu whether ReLU follows
   * @param output {@code [W/64][out][64]}, overwritten
   */
  void forwardWindows(
      WindowLayout layout,
      float[] input,
      float[] weights,
      float[] bias,
      boolean relu,
      float[] output,
      Workers workers);

  /**
   * Computes the gradient of the loss with respect to the input: zero where the input is zero (its
   * ReLU was off, or dropout removed it), elsewhere scaled as dropout scaled the input.
   *
   * @param images number of images
   * @param outputGradient gradient with respect to the sum before ReLU, {@code [N][out]}
   * @param weights {@code [out][in]}
   * @param input what the forward pass read, {@code [N][in]}
   * @param inputScale factor of the dropout that made the input; 1 if there was none
   * @param inputGradient {@code [N][in]}, overwritten
   */
  void backwardData(
      int images,
      float[] outputGradient,
      float[] weights,
      float[] input,
      float inputScale,
      float[] inputGradient,
      Workers workers);

  /**
   * Adds the gradients of the loss with respect to weights and biases of some outputs; which other
   * outputs are asked for changes nothing. The sum over all images is formed first, in the order of
   * the micro-batches, and then added.
   *
   * @param parts the micro-batches
   * @param first the first output
   * @param count number of outputs
   * @param weightGradient {@code [count][in]}, added to
   * @param biasGradient {@code [count]}, added to
   */
  void backwardWeights(
      List<Factors> parts,
      int first,
      int count,
      float[] weightGradient,
      float[] biasGradient,
      Workers workers);
}
