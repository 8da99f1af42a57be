package org.vgg4j.network.cpu;

import java.util.Arrays;
import java.util.List;
import org.vgg4j.kernels.Factors;
import org.vgg4j.kernels.FullyConnected;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.Pass;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Layer;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.network.Parameters;

/** A fully connected layer, with ReLU and, in training, dropout if it is hidden. */
final class FullyConnectedStage implements TrainingStage {
  /**
   * How many floats of the gradient with respect to the weights are computed and handed over at a
   * time: 8 MiB, which is still in a cache when it is used; the whole of fc6 would be 411 MB.
   */
  private static final int SLICE = 1 << 21;

  private final Layer.FullyConnected layer;
  private final LayerParameters shapes;
  private final Kernels kernels;
  private final FullyConnected kernel;
  private final int rows;
  private final Dropout ofInput;
  private final Dropout ofOutput;
  private final Workers workers;

  /**
   * @param shapes the parameters that are trained
   * @param ofInput the dropout that was applied to the input
   * @param ofOutput the dropout of the output
   */
  FullyConnectedStage(
      Layer.FullyConnected layer,
      LayerParameters shapes,
      Kernels kernels,
      Dropout ofInput,
      Dropout ofOutput,
      Workers workers) {
    this.layer = layer;
    this.shapes = shapes;
    this.kernels = kernels;
    this.kernel = kernels.fullyConnected(layer.inFeatures(), layer.outFeatures());
    this.rows = Math.max(1, Math.min(layer.outFeatures(), SLICE / layer.inFeatures()));
    this.ofInput = ofInput;
    this.ofOutput = ofOutput;
    this.workers = workers;
  }

  @Override
  public String tap() {
    return layer.tap();
  }

  @Override
  public int outputLength() {
    return kernel.outFeatures();
  }

  @Override
  public StageMemory memory(Pass pass, int images, int threads) {
    return StageMemory.ofScratch(kernel.scratchLength(pass, images));
  }

  @Override
  public StageCost cost(int images, Parameters parameters) {
    int bytes = parameters.rounded(layer.name()) == null ? Float.BYTES : Short.BYTES;
    long weights = (long) kernel.inFeatures() * kernel.outFeatures();
    return new StageCost(images * weights, bytes * weights);
  }

  @Override
  public List<ParameterShape> parameters() {
    return shapes.shapes();
  }

  @Override
  public BackwardNeeds backwardNeeds() {
    return BackwardNeeds.INPUT
        .withFeatures(
            Math.max(kernel.inFeatures(), kernel.outFeatures()),
            layer.hidden() ? kernel.outFeatures() : 0)
        .withGradients(rows * kernel.inFeatures(), rows);
  }

  @Override
  public float[] read(int images, float[] output) {
    return Arrays.copyOf(output, images * outputLength());
  }

  @Override
  public void forward(
      int images, float[] input, Parameters parameters, float[] prepared, float[] output) {
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
  public void forwardTraining(TrainingPass pass, float[] input, float[] output, Saved saved) {
    TrainingStage.super.forwardTraining(pass, input, output, saved);
    ofOutput.drop(pass, outputLength(), output, kernels, workers);
  }

  @Override
  public float[] backward(
      TrainingPass pass, float[] input, float[] outputGradient, Saved saved, GradientSink sink) {
    float[] inputGradient = pass.workspace().featuresBeside(outputGradient);
    // first, since the weights may change as soon as their gradients are handed over
    kernel.backwardData(
        pass.images(),
        outputGradient,
        pass.parameters().ofLayer(layer.name()).weight(),
        input,
        ofInput.scale(),
        inputGradient,
        workers);
    Factors factors = new Factors(pass.images(), input, outputGradient);
    if (!sink.takeFactors(layer.name(), factors)) {
      multiply(List.of(factors), pass.workspace(), sink);
    }
    return inputGradient;
  }

  /**
   * Computes the gradients with respect to weights and biases, and hands them over.
   *
   * @param parts parts of the batch, over whose images the sums go in this order
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
