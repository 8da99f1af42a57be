package org.vgg4j.kernels;

import org.jspecify.annotations.Nullable;

/**
 * The numerical work of a VGG network, as coarse, fused operations on the network's own layouts
 * (see the package's conventions). Stateless and thread-safe; each call uses the {@link Workers} it
 * is given.
 */
public interface Kernels {
  /** Short name, as {@code -Dvgg.kernels} takes it. */
  String name();

  /** One phrase for people: what the kernels use, and how wide. */
  String description();

  /** Floats in a vector of the kernels; 1 for scalar kernels. */
  int lanes();

  /** Returns loops that measure the machine. */
  Probe probe();

  /** Returns the kernels of a convolution layer. */
  Convolution convolution(ConvolutionShape shape);

  /**
   * Returns the kernels of a fully connected layer.
   *
   * @param inFeatures a multiple of 16, as maps and hidden layers have
   * @param outFeatures any number
   */
  FullyConnected fullyConnected(int inFeatures, int outFeatures);

  /** Returns the kernels of a batch normalisation with ReLU over maps of that layout. */
  BatchNorm batchNorm(MapLayout map);

  /** Floats of scratch memory that one thread needs for LRN. */
  int lrnScratchLength(LrnShape shape);

  /**
   * Computes local response normalisation.
   *
   * @param images number of images
   * @param input {@code [N][C/16][Hp][Wp][16]}
   * @param output laid out as the input, overwritten
   */
  void lrn(LrnShape shape, int images, float[] input, float[] output, Workers workers);

  /**
   * Computes the gradient of the loss with respect to the input of LRN, zero where the input is
   * zero (its ReLU was off).
   *
   * @param images number of images
   * @param input what the forward pass read
   * @param outputGradient gradient with respect to the output; ignored where the output is zero
   * @param inputGradient laid out as the input, overwritten; may be the same array as the
   *     outputGradient
   */
  void lrnBackward(
      LrnShape shape,
      int images,
      float[] input,
      float[] outputGradient,
      float[] inputGradient,
      Workers workers);

  /**
   * Max pooling over 2x2 windows of stride 2; an odd last row or column is dropped.
   *
   * @param map layout of the input
   * @param images number of images
   * @param input {@code [N][C/16][Hp][Wp][16]}
   * @param pooled {@code [N][C/16][Hp'][Wp'][16]} of the halved map, overwritten
   * @param argmax as for {@link Convolution#forwardPooled}; null if not wanted
   */
  void maxPool(
      MapLayout map,
      int images,
      float[] input,
      float[] pooled,
      byte @Nullable [] argmax,
      Workers workers);

  /**
   * Routes each gradient to the pixel that its value came from.
   *
   * @param map layout of the pool's input
   * @param images number of images
   * @param pooledGradient gradient with respect to the pooled map
   * @param argmax from the forward pass
   * @param inputGradient {@code [N][C/16][Hp][Wp][16]}, overwritten
   */
  void maxPoolBackward(
      MapLayout map,
      int images,
      float[] pooledGradient,
      byte[] argmax,
      float[] inputGradient,
      Workers workers);

  /**
   * Lays maps out in the order channel, row, column, without halo.
   *
   * @param maps {@code [N][C/16][Hp][Wp][16]}
   * @param features {@code [N][C*H*W]}, overwritten
   */
  void flatten(MapLayout map, int images, float[] maps, float[] features, Workers workers);

  /**
   * The reverse of {@link #flatten}.
   *
   * @param features {@code [N][C*H*W]}
   * @param maps {@code [N][C/16][Hp][Wp][16]}, overwritten
   */
  void unflatten(MapLayout map, int images, float[] features, float[] maps, Workers workers);

  /**
   * Dropout in place: multiplies by the scale where the mask is not zero, by zero elsewhere.
   *
   * @param length number of values
   * @param values overwritten
   * @param mask a byte per value
   * @param scale factor of the values that stay, 1 / (1 - rate)
   */
  void dropout(int length, float[] values, byte[] mask, float scale, Workers workers);

  /**
   * Soft-max: scores to posteriors.
   *
   * @param images number of images
   * @param classes number of classes
   * @param scores {@code [N][classes]}
   * @param posteriors {@code [N][classes]}, overwritten; each row sums to 1
   */
  void softmax(int images, int classes, float[] scores, float[] posteriors);

  /**
   * Computes the cross-entropy loss after soft-max of each image, {@code -sum of t[k] ln p[k]} of
   * its targets t and posteriors p, and its gradient with respect to the scores, {@code p[k] sum of
   * t - t[k]}.
   *
   * @param images number of images
   * @param classes number of classes
   * @param scores {@code [N][classes]}
   * @param targets of these images
   * @param gradientScale factor of the gradient, 1 / (size of the batch) for a mean
   * @param gradient {@code [N][classes]}, overwritten
   * @param losses {@code [N]}, overwritten, in nats
   */
  void softmaxCrossEntropy(
      int images,
      int classes,
      float[] scores,
      ClassTargets targets,
      float gradientScale,
      float[] gradient,
      double[] losses);

  /**
   * One step of SGD with momentum and L2 decay (Krizhevsky et al. 2012, section 5) for some
   * contiguous weights: {@code v = momentum * v - rate * (gradient + decay * w); w = w + v}. The
   * gradient is zeroed for the next sum.
   *
   * @param first index of the first weight and its velocity
   * @param count number of weights
   * @param weights overwritten
   * @param velocity overwritten; as long as the weights
   * @param gradient {@code [count]}, zeroed; may be longer
   */
  void sgd(
      int first,
      int count,
      float[] weights,
      float[] velocity,
      float[] gradient,
      float rate,
      float momentum,
      float decay,
      Workers workers);

  /**
   * The dot product of a row with weights, added in double precision.
   *
   * @param length number of values
   * @param row holds the values
   * @param at index of the first value
   * @param weights holds as many weights
   * @param from index of the first weight
   */
  double dot(int length, float[] row, int at, double[] weights, int from);

  /**
   * Adds a multiple of a row to sums: {@code sums = sums + factor * row}, in double precision.
   *
   * @param length number of values
   * @param factor what each value is multiplied by
   * @param row holds the values
   * @param at index of the first value
   * @param sums holds as many sums, overwritten
   * @param from index of the first sum
   */
  void addScaled(int length, double factor, float[] row, int at, double[] sums, int from);

  /**
   * The dot products of rows of small integers with a query: {@code products[r] = sum of query[i] *
   * codes[r][i]}. Sums are in single precision, in an order that the kernels choose.
   *
   * @param rows number of rows
   * @param length of each, a multiple of 16
   * @param codes {@code [rows][length]}, signed, and at least 16 bytes more, which are not looked
   *     at
   * @param query {@code [length]}
   * @param products {@code [rows]}, overwritten
   */
  void productsOfCodes(int rows, int length, byte[] codes, float[] query, float[] products);
}
