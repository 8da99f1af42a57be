package org.vgg4j.network.cpu;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vgg4j.kernels.Convolution;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.Pass;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.network.Parameters;

/**
 * A convolution with ReLU, and the pool that follows it if there is one; or a convolution without
 * either, where a batch norm follows.
 */
final class ConvolutionStage implements TrainingStage {
  private final LayerParameters layer;
  private final String tap;
  private final boolean relu;
  private final Convolution convolution;
  private final OutputMap output;
  private final Workers workers;

  /**
   * @param layer the parameters that are trained
   * @param tap name of the output
   * @param relu whether a ReLU follows
   * @param pooled whether the pool is part of this stage; only with a ReLU
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
    this.convolution = convolution;
    this.output = new OutputMap(convolution.shape().output(), pooled, kernels, workers);
    this.workers = workers;
  }

  @Override
  public String tap() {
    return tap;
  }

  @Override
  public int outputLength() {
    return output.length();
  }

  @Override
  public StageMemory memory(Pass pass, int images, int threads) {
    return new StageMemory(
        convolution.forwardWeightsLength(),
        convolution.scratchLength(pass),
        convolution.sharedLength(pass, images, threads));
  }

  @Override
  public StageCost cost(int images, Parameters parameters) {
    return new StageCost(
        convolution.multiplyAdds(images), (long) Float.BYTES * convolution.forwardWeightsLength());
  }

  @Override
  public float[] read(int images, float[] values) {
    return output.read(images, values);
  }

  @Override
  public List<ParameterShape> parameters() {
    return layer.shapes();
  }

  @Override
  public BackwardNeeds backwardNeeds() {
    return output.needs(
        BackwardNeeds.INPUT
            .withPrepared(convolution.backwardWeightsLength())
            .withGradients(layer.weight().length(), layer.bias().length()));
  }

  @Override
  public void prepare(Parameters parameters, float[] prepared) {
    convolution.prepareForward(parameters.ofLayer(layer.name()).weight(), prepared, workers);
  }

  @Override
  public void forward(
      int images, float[] input, Parameters parameters, float[] prepared, float[] values) {
    compute(images, input, parameters, prepared, values, null);
  }

  @Override
  public void forwardTraining(TrainingPass pass, float[] input, float[] values, Saved saved) {
    float[] prepared = pass.workspace().prepared();
    prepare(pass.parameters(), prepared);
    compute(pass.images(), input, pass.parameters(), prepared, values, saved.argmax());
  }

  private void compute(
      int images,
      float[] input,
      Parameters parameters,
      float[] prepared,
      float[] values,
      byte @Nullable [] argmax) {
    float[] bias = parameters.ofLayer(layer.name()).bias();
    if (output.pooled()) {
      convolution.forwardPooled(images, input, prepared, bias, values, argmax, workers);
    } else {
      convolution.forward(images, input, prepared, bias, relu, values, workers);
    }
  }

  @Override
  public float[] backward(
      TrainingPass pass, float[] input, float[] outputGradient, Saved saved, GradientSink sink) {
    int images = pass.images();
    Workspace workspace = pass.workspace();
    float[] gradient = output.unpooledGradient(pass, outputGradient, saved);
    boolean readsImage = convolution.shape().readsImage();
    if (!readsImage) {
      convolution.prepareBackward(
          pass.parameters().ofLayer(layer.name()).weight(), workspace.prepared(), workers);
    }
    float[] weights = workspace.weightGradient();
    float[] biases = workspace.biasGradient();
    convolution.backwardWeights(images, input, gradient, weights, biases, workers);
    layer.handOver(weights, biases, sink);
    if (readsImage) {
      return NO_GRADIENT;
    }
    convolution.backwardData(images, gradient, workspace.prepared(), input, input, workers);
    return input;
  }
}
