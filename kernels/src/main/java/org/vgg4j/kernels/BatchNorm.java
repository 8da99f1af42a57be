package org.vgg4j.kernels;

import org.jspecify.annotations.Nullable;

/**
 * The kernels of a batch normalisation with ReLU over one map (Ioffe and Szegedy 2015,
 * arXiv:1502.03167): its sums over images and pixels, and its work on each value. What follows from
 * the sums, a few numbers per channel, the caller computes.
 *
 * <p>Arrays of channels have at least C floats. An instance holds no state and may be used by
 * several threads at once, each with its own {@link Workers}.
 */
public interface BatchNorm {
  /** Layout of the map that is normalised. */
  MapLayout map();

  /** Floats of scratch memory that one thread needs. */
  int scratchLength();

  /** Floats of memory shared by the threads, for that many images. */
  int sharedLength(int images);

  /**
   * Computes the mean and the (biased) variance of each channel.
   *
   * @param images number of images
   * @param input {@code [N][C/16][Hp][Wp][16]}
   * @param mean {@code [C]}, overwritten
   * @param variance {@code [C]}, overwritten; not negative
   */
  void moments(int images, float[] input, float[] mean, float[] variance, Workers workers);

  /**
   * Computes {@code relu(scale * x + shift)}.
   *
   * @param images number of images
   * @param input {@code [N][C/16][Hp][Wp][16]}
   * @param scale {@code [C]}
   * @param shift {@code [C]}
   * @param output laid out as the input, overwritten
   */
  void forward(
      int images, float[] input, float[] scale, float[] shift, float[] output, Workers workers);

  /**
   * Computes {@code maxpool(relu(scale * x + shift))} without storing the full map.
   *
   * @param images number of images
   * @param input {@code [N][C/16][Hp][Wp][16]}
   * @param scale {@code [C]}
   * @param shift {@code [C]}
   * @param pooled {@code [N][C/16][Hp'][Wp'][16]} of the halved map, overwritten
   * @param argmax as for {@link Convolution#forwardPooled}; null if not wanted
   */
  void forwardPooled(
      int images,
      float[] input,
      float[] scale,
      float[] shift,
      float[] pooled,
      byte @Nullable [] argmax,
      Workers workers);

  /**
   * The gradient g with respect to the sum before ReLU.
   *
   * @param values laid out as the input; behind a pool, the gradient with respect to the pooled
   *     map: {@code [N][C/16][Hp'][Wp'][16]} of the halved map
   * @param argmax of a pool, which pixel each of these values belongs to, as {@link #forwardPooled}
   *     wrote it: g is zero at all others; null without a pool
   */
  record OutputGradient(float[] values, byte @Nullable [] argmax) {}

  /**
   * Computes for each channel the sums of {@code g} and of {@code g * (x - mean)}.
   *
   * @param images number of images
   * @param input x, what the forward pass read
   * @param outputGradient g
   * @param mean {@code [C]}
   * @param sums {@code [C]}, overwritten
   * @param products {@code [C]}, overwritten
   */
  void sums(
      int images,
      float[] input,
      OutputGradient outputGradient,
      float[] mean,
      float[] sums,
      float[] products,
      Workers workers);

  /**
   * Computes {@code ofGradient * g + ofInput * (x - mean) + constant}, which is the gradient with
   * respect to the input if the factors are right.
   *
   * @param images number of images
   * @param input x, what the forward pass read
   * @param outputGradient g
   * @param mean {@code [C]}
   * @param ofGradient {@code [C]}
   * @param ofInput {@code [C]}
   * @param constant {@code [C]}
   * @param inputGradient laid out as the input, overwritten; may be the same array as the input
   */
  void backward(
      int images,
      float[] input,
      OutputGradient outputGradient,
      float[] mean,
      float[] ofGradient,
      float[] ofInput,
      float[] constant,
      float[] inputGradient,
      Workers workers);
}
