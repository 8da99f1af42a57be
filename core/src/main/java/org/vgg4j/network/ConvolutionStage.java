package org.vgg4j.network;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.vgg4j.kernels.Convolution;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.MapLayout;
import org.vgg4j.kernels.Pass;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.ParameterShape;

/**
 * A convolution with ReLU, and the pool that follows it if there is one; or one without both, where
 * a normalisation follows.
 */
final class ConvolutionStage implements Stage {
  private final LayerParameters layer;
  private final String tap;
  private final boolean relu;
  private final boolean pooled;
  private final Kernels kernels;
  private final Convolution convolution;
  private final MapLayout output;
  private final Workers workers;

  /**
   * @param layer what is trained
   * @param tap name of the output
   * @param relu whether it is rectified
   * @param pooled whether the pool is part of this stage; only if it is rectified
   */
  ConvolutionStage(
      LayerParameters layer,
      String tap,
      boolean relu,
      boolean pooled,
      Kernels kernels,
      Convolution convolution,
      Workers workers) {
    this.layer = layer;
    this.tap = tap;
    this.relu = relu;
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
  public long multiplyAdds(int images) {
    return convolution.multiplyAdds(images);
  }

  @Override
  public long weightBytes(Parameters parameters) {
    return (long) Float.BYTES * convolution.forwardWeightsLength();
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
  public int weightGradientLength() {
    return layer.weight().length();
  }

  @Override
  public int biasGradientLength() {
    return layer.bias().length();
  }

  @Override
  public List<ParameterShape> parameterShapes() {
    return layer.shapes();
  }

  @Override
  public void prepareForward(Parameters parameters, float[] prepared) {
    convolution.prepareForward(parameters.ofLayer(layer.name()).weight(), prepared, workers);
  }

  @Override
  public void forward(
      int images,
      float[] input,
      Parameters parameters,
      float[] prepared,
      float[] values,
      byte @Nullable [] argmax) {
    float[] bias = parameters.ofLayer(layer.name()).bias();
    if (pooled) {
      convolution.forwardPooled(images, input, prepared, bias, values, argmax, workers);
    } else {
      convolution.forward(images, input, prepared, bias, relu, values, workers);
    }
  }

  @Override
  public float @Nullable [] backward(
      int images,
      float[] input,
      float[] outputGradient,
      byte @Nullable [] argmax,
      Parameters parameters,
      Workspace workspace,
      GradientSink sink) {
    float[] gradient = beforePool(images, outputGradient, argmax, workspace.beforePool());
    boolean readsImage = convolution.shape().readsImage();
    if (!readsImage) {
      convolution.prepareBackward(
          parameters.ofLayer(layer.name()).weight(), workspace.prepared(), workers);
    }
    float[] weights = workspace.weightGradient();
    float[] biases = workspace.biasGradient();
    convolution.backwardWeights(images, input, gradient, weights, biases, workers);
    layer.handOver(weights, biases, sink);
    if (readsImage) {
      return null;
    }
    convolution.backwardData(images, gradient, workspace.prepared(), input, input, workers);
    return input;
  }

  private float[] beforePool(
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
}
