package org.vgg4j.network;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.vgg4j.kernels.FullyConnected;
import org.vgg4j.kernels.Pass;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Layer;

/** A fully connected layer, with ReLU if it is hidden. Dropout is training's business. */
final class FullyConnectedStage implements Stage {
  private final Layer.FullyConnected layer;
  private final FullyConnected kernel;
  private final float inputScale;
  private final Workers workers;

  /**
   * @param inputScale factor of the dropout that made the input; 1 if there is none
   */
  FullyConnectedStage(
      Layer.FullyConnected layer, FullyConnected kernel, float inputScale, Workers workers) {
    this.layer = layer;
    this.kernel = kernel;
    this.inputScale = inputScale;
    this.workers = workers;
  }

  @Override
  public String tap() {
    return layer.tap();
  }

  boolean isHidden() {
    return layer.hidden();
  }

  @Override
  public int outputLength() {
    return kernel.outFeatures();
  }

  @Override
  public int scratchLength(Pass pass, int images) {
    return kernel.scratchLength(pass, images);
  }

  @Override
  public float[] readOutput(int images, float[] output) {
    return Arrays.copyOf(output, images * outputLength());
  }

  @Override
  public void forward(
      int images,
      float[] input,
      Parameters parameters,
      float[] prepared,
      float[] output,
      byte @Nullable [] argmax) {
    Parameters.Rounded rounded = parameters.rounded(layer.name());
    if (rounded != null) {
      kernel.forward(
          images, input, rounded.weight(), rounded.bias(), layer.hidden(), output, workers);
      return;
    }
    Parameters.OfLayer values = parameters.ofLayer(layer.name());
    kernel.forward(images, input, values.weight(), values.bias(), layer.hidden(), output, workers);
  }

  @Override
  public void backwardWeights(int images, float[] input, float[] gradient, Parameters gradients) {
    Parameters.OfLayer sums = gradients.ofLayer(layer.name());
    kernel.backwardWeights(images, input, gradient, sums.weight(), sums.bias(), workers);
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
    float[] weights = parameters.ofLayer(layer.name()).weight();
    kernel.backwardData(images, gradient, weights, input, inputScale, inputGradient, workers);
  }
}
