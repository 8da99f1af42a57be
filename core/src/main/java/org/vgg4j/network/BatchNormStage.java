package org.vgg4j.network;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.vgg4j.kernels.BatchNorm;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.MapLayout;
import org.vgg4j.kernels.Pass;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Layer;
import org.vgg4j.model.ParameterShape;

/**
 * Batch normalisation with ReLU (Ioffe and Szegedy 2015, arXiv:1502.03167), and the pool that
 * follows it if there is one.
 *
 * <p>In training the statistics are those of the micro-batch. The running ones move a tenth of the
 * way towards them with each batch, as PyTorch's do, the variance being that of a sample; what they
 * move by is handed over like a gradient, so that the parts of a batch add up, and a step that
 * failed changes nothing. Unlike other stages this one has some numbers of its own, for each
 * channel: what the forward pass found, until the backward pass needs it.
 */
final class BatchNormStage implements Stage {
  private static final double MOMENTUM = 0.1;

  private final Layer.BatchNorm layer;
  private final NormParameters names;
  private final String tap;
  private final boolean pooled;
  private final Kernels kernels;
  private final BatchNorm norm;
  private final Workers workers;
  private final float[] mean;
  private final float[] variance;
  private final float[] scale;
  private final float[] shift;
  private final float[] constant;
  private boolean ofBatch;
  private float shareOfBatch;

  /**
   * @param tap name of the output
   * @param pooled whether the pool is part of this stage
   */
  BatchNormStage(
      Layer.BatchNorm layer,
      NormParameters names,
      String tap,
      boolean pooled,
      MapLayout map,
      Kernels kernels,
      Workers workers) {
    this.layer = layer;
    this.names = names;
    this.tap = tap;
    this.pooled = pooled;
    this.kernels = kernels;
    this.norm = kernels.batchNorm(map);
    this.workers = workers;
    this.mean = new float[layer.channels()];
    this.variance = new float[layer.channels()];
    this.scale = new float[layer.channels()];
    this.shift = new float[layer.channels()];
    this.constant = new float[layer.channels()];
  }

  /**
   * Lets the passes that follow use the batch's own statistics.
   *
   * @param share of the micro-batch in the whole batch: the running statistics' step is divided so
   */
  void useBatch(float share) {
    ofBatch = true;
    shareOfBatch = share;
  }

  /** Lets the passes that follow use the running statistics, and leave them as they are. */
  void useRunning() {
    ofBatch = false;
  }

  @Override
  public String tap() {
    return tap;
  }

  private MapLayout output() {
    return pooled ? norm.map().halved() : norm.map();
  }

  @Override
  public int outputLength() {
    return output().imageLength();
  }

  @Override
  public int scratchLength(Pass pass, int images) {
    return norm.scratchLength();
  }

  @Override
  public int sharedLength(Pass pass, int images, int threads) {
    return norm.sharedLength(images);
  }

  @Override
  public float[] readOutput(int images, float[] values) {
    return MapStages.read(kernels, output(), images, values, workers);
  }

  @Override
  public int beforePoolLength() {
    return pooled ? norm.map().imageLength() : 0;
  }

  @Override
  public boolean needsArgmax() {
    return pooled;
  }

  @Override
  public int normChannels() {
    return layer.channels();
  }

  @Override
  public boolean needsWholeBatch() {
    return true;
  }

  @Override
  public List<ParameterShape> parameterShapes() {
    return names.shapes();
  }

  @Override
  public void forward(
      int images,
      float[] input,
      Parameters parameters,
      float[] prepared,
      float[] values,
      byte @Nullable [] argmax) {
    RunningNorm running = RunningNorm.of(layer, parameters);
    if (ofBatch) {
      norm.moments(images, input, mean, variance, workers);
    } else {
      System.arraycopy(running.mean(), 0, mean, 0, mean.length);
      System.arraycopy(running.variance(), 0, variance, 0, variance.length);
    }
    RunningNorm current = current(parameters);
    for (int c = 0; c < mean.length; c++) {
      scale[c] = (float) current.factor(c);
      shift[c] = (float) current.summand(c);
    }
    if (pooled) {
      norm.forwardPooled(images, input, scale, shift, values, argmax, workers);
    } else {
      norm.forward(images, input, scale, shift, values, workers);
    }
  }

  /** With the statistics of the last forward pass. */
  private RunningNorm current(Parameters parameters) {
    Parameters.OfLayer learnt = parameters.ofLayer(layer.name());
    return new RunningNorm(learnt.weight(), learnt.bias(), mean, variance);
  }

  /**
   * With {@code d = 1 / sqrt(variance + epsilon)}, M values in a channel and sums over them: {@code
   * dx = scale * d * (g - sum(g) / M - (x - mean) * d^2 * sum(g * (x - mean)) / M)}; the running
   * statistics are constants, so there {@code dx = scale * d * g}.
   */
  @Override
  public float[] backward(
      int images,
      float[] input,
      float[] outputGradient,
      byte @Nullable [] argmax,
      Parameters parameters,
      Workspace workspace,
      GradientSink sink) {
    float[] gradient = outputGradient;
    if (pooled) {
      gradient = workspace.beforePool();
      kernels.maxPoolBackward(
          norm.map(), images, outputGradient, Objects.requireNonNull(argmax), gradient, workers);
    }
    RunningNorm current = current(parameters);
    double values = (double) images * norm.map().height() * norm.map().width();
    float[] sums = workspace.normSums();
    float[] products = workspace.normProducts();
    norm.sums(images, input, gradient, mean, sums, products, workers);
    float[] ofGradient = scale; // factor of the forward pass and of the gradient
    float[] ofInput = shift; // the forward pass's is of no use any more
    for (int c = 0; c < mean.length; c++) {
      double inverse = current.inverseDeviation(c);
      double factor = current.factor(c);
      ofInput[c] = ofBatch ? (float) (-factor * inverse * inverse * products[c] / values) : 0f;
      constant[c] = ofBatch ? (float) (-factor * sums[c] / values) : 0f;
      products[c] = (float) (products[c] * inverse);
    }
    norm.backward(images, input, gradient, mean, ofGradient, ofInput, constant, input, workers);
    int channels = mean.length;
    if (ofBatch) {
      handOverStatistics(parameters, values, sink);
    }
    sink.take(names.scale(), 0, channels, products);
    sink.take(names.shift(), 0, channels, sums);
    return input;
  }

  private void handOverStatistics(Parameters parameters, double values, GradientSink sink) {
    RunningNorm running = RunningNorm.of(layer, parameters);
    double share = MOMENTUM * shareOfBatch;
    double ofSample = values / (values - 1);
    for (int c = 0; c < mean.length; c++) {
      mean[c] = (float) (share * (running.mean()[c] - mean[c]));
      variance[c] = (float) (share * (running.variance()[c] - variance[c] * ofSample));
    }
    sink.take(names.mean(), 0, mean.length, mean);
    sink.take(names.variance(), 0, variance.length, variance);
  }
}
