package org.vgg4j.kernels;

import java.util.List;

/**
 * The kernels of one fully connected layer. Weights are read as they are, {@code [out][in]}, or, in
 * the forward pass, rounded to bfloat16.
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
   * Computes the same for many windows, as a convolution over larger maps wants it. Each window's
   * outputs are the same whatever the others, but not in all bits those of the other methods, since
   * the products of an output are added in another order.
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
   * Computes the gradient of the loss by the input: zero where the input is (its ReLU was off, or
   * dropout removed it), elsewhere times the factor that dropout gave the input.
   *
   * @param images number of images
   * @param outputGradient gradient by the sum before ReLU, {@code [N][out]}
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
   * Adds the gradients of the loss by weights and biases of some outputs. Those of an output do not
   * depend on the others that are asked for. The sum over all images is formed on its own, in the
   * order of the parts, and then added.
   *
   * @param parts of the batch
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
