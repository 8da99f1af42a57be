package org.vgg4j.network;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vgg4j.kernels.Factors;
import org.vgg4j.kernels.FullyConnected;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.Pass;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Layer;
import org.vgg4j.model.ParameterShape;

/** A fully connected layer, with ReLU if it is hidden. Dropout is training's business. */
final class FullyConnectedStage implements Stage {
  /**
   * Floats of gradients by weights that are computed and handed over at a time: 8 MiB, since those
   * of all of fc6 would be 411 MB, and these are still in a cache when they are used.
   */
  private static final int SLICE = 1 << 21;

  private final Layer.FullyConnected layer;
  private final LayerParameters shapes;
  private final FullyConnected kernel;
  private final int rows;
  private final float inputScale;
  private final Workers workers;

  /**
   * @param shapes what is trained
   * @param inputScale factor of the dropout that made the input; 1 if there is none
   */
  FullyConnectedStage(
      Layer.FullyConnected layer,
      LayerParameters shapes,
      Kernels kernels,
      float inputScale,
      Workers workers) {
    this.layer = layer;
    this.shapes = shapes;
    this.kernel = kernels.fullyConnected(layer.inFeatures(), layer.outFeatures());
    this.rows = Math.max(1, Math.min(layer.outFeatures(), SLICE / layer.inFeatures()));
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
  public int featuresLength() {
    return Math.max(kernel.inFeatures(), kernel.outFeatures());
  }

  @Override
  public int weightGradientLength() {
    return rows * kernel.inFeatures();
  }

  @Override
  public int biasGradientLength() {
    return rows;
  }

  @Override
  public List<ParameterShape> parameterShapes() {
    return shapes.shapes();
  }

  @Override
  public long multiplyAdds(int images) {
    return (long) images * kernel.inFeatures() * kernel.outFeatures();
  }

  @Override
  public long weightBytes(Parameters parameters) {
    int bytes = parameters.rounded(layer.name()) == null ? Float.BYTES : Short.BYTES;
    return (long) bytes * kernel.inFeatures() * kernel.outFeatures();
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
  public float[] backward(
      int images,
      float[] input,
      float[] outputGradient,
      byte @Nullable [] argmax,
      Parameters parameters,
      Workspace workspace,
      GradientSink sink) {
    float[] inputGradient = workspace.featuresBeside(outputGradient);
    // first, since the weights may change as soon as their gradients are handed over
    kernel.backwardData(
        images,
        outputGradient,
        parameters.ofLayer(layer.name()).weight(),
        input,
        inputScale,
        inputGradient,
        workers);
    Factors factors = new Factors(images, input, outputGradient);
    if (!sink.takeFactors(layer.name(), factors)) {
      multiply(List.of(factors), workspace, sink);
    }
    return inputGradient;
  }

  /**
   * Computes the gradients by weights and biases and hands them over.
   *
   * @param parts of the batch, whose images are summed in this order
   */
  void multiply(List<Factors> parts, Workspace workspace, GradientSink sink) {
    int in = kernel.inFeatures();
    int out = kernel.outFeatures();
    float[] weights = workspace.weightGradient();
    float[] biases = workspace.biasGradient();
    for (int first = 0; first < out; first += rows) {
      int count = Math.min(rows, out - first);
      kernel.backwardWeights(parts, first, count, weights, biases, workers);
      sink.take(shapes.weight(), first * in, count * in, weights);
      sink.take(shapes.bias(), first, count, biases);
    }
  }
}
