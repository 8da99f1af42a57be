package org.vgg4j.network;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.vgg4j.kernels.Convolution;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.MapLayout;
import org.vgg4j.kernels.Pass;
import org.vgg4j.kernels.Workers;

/** A convolution with ReLU, and the pool that follows it if there is one. */
final class ConvolutionStage implements Stage {
  private final String layer;
  private final String tap;
  private final boolean pooled;
  private final Kernels kernels;
  private final Convolution convolution;
  private final MapLayout output;
  private final Workers workers;

  /**
   * @param layer name of the convolution
   * @param tap name of the output
   * @param pooled whether the pool is part of this stage
   */
  ConvolutionStage(
      String layer,
      String tap,
      boolean pooled,
      Kernels kernels,
      Convolution convolution,
      Workers workers) {
    this.layer = layer;
    this.tap = tap;
    this.pooled = pooled;
    this.kernels = kernels;
    this.convolution = convolution;
    this.output = pooled ? convolution.shape().pooled() : convolution.shape().output();
    this.workers = workers;
  }

  @Override
  public String tap() {
    return tap;
  }

  @Override
  public int outputLength() {
    return output.imageLength();
  }

  @Override
  public int scratchLength(Pass pass, int images) {
    return convolution.scratchLength(pass);
  }

  @Override
  public int sharedLength(Pass pass, int images, int threads) {
    return convolution.sharedLength(pass, images, threads);
  }

  @Override
  public float[] readOutput(int images, float[] values) {
    return MapStages.read(kernels, output, images, values, workers);
  }

  @Override
  public int beforePoolLength() {
    return pooled ? convolution.shape().output().imageLength() : 0;
  }

  @Override
  public boolean needsArgmax() {
    return pooled;
  }

  @Override
  public int preparedForwardLength() {
    return convolution.forwardWeightsLength();
  }

  @Override
  public int preparedBackwardLength() {
    return convolution.backwardWeightsLength();
  }

  @Override
  public void prepareForward(Parameters parameters, float[] prepared) {
    convolution.prepareForward(parameters.ofLayer(layer).weight(), prepared, workers);
  }

  @Override
  public void prepareBackward(Parameters parameters, float[] prepared) {
    convolution.prepareBackward(parameters.ofLayer(layer).weight(), prepared, workers);
  }

  @Override
  public void forward(
      int images,
      float[] input,
      Parameters parameters,
      float[] prepared,
      float[] values,
      byte @Nullable [] argmax) {
    float[] bias = parameters.ofLayer(layer).bias();
    if (pooled) {
      convolution.forwardPooled(images, input, prepared, bias, values, argmax, workers);
    } else {
      convolution.forward(images, input, prepared, bias, values, workers);
    }
  }

  @Override
  public float[] backwardPool(
      int images, float[] outputGradient, byte @Nullable [] argmax, float[] beforePool) {
    if (!pooled) {
      return outputGradient;
    }
    kernels.maxPoolBackward(
        convolution.shape().output(),
        images,
        outputGradient,
        Objects.requireNonNull(argmax),
        beforePool,
        workers);
    return beforePool;
  }

  @Override
  public void backwardWeights(int images, float[] input, float[] gradient, Parameters gradients) {
    Parameters.OfLayer sums = gradients.ofLayer(layer);
    convolution.backwardWeights(images, input, gradient, sums.weight(), sums.bias(), workers);
  }

  @Override
  public void backwardData(
      int images,
      float[] gradient,
      Parameters parameters,
      float[] prepared,
      float[] input,
      byte @Nullable [] argmax,
      float[] inputGradient) {
    convolution.backwardData(images, gradient, prepared, input, inputGradient, workers);
  }
}
