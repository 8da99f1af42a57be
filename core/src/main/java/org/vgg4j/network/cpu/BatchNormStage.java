package org.vgg4j.network.cpu;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vgg4j.kernels.BatchNorm;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.MapLayout;
import org.vgg4j.kernels.Pass;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Layer;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.network.BatchNormParameters;
import org.vgg4j.network.BatchNormValues;
import org.vgg4j.network.Parameters;

/**
 * Batch normalisation with ReLU (Ioffe and Szegedy 2015, arXiv:1502.03167), and the pool that
 * follows it if there is one.
 *
 * <p>In training the statistics are those of the micro-batch, unless the layer is frozen. The
 * running statistics move a tenth of the way towards them with each batch, as in PyTorch, with the
 * unbiased variance. The change is handed over like a gradient, so that micro-batches add up, and a
 * failed step changes nothing.
 */
final class BatchNormStage implements TrainingStage {

  private final Layer.BatchNorm layer;
  private final BatchNormParameters names;
  private final String tap;
  private final BatchNorm norm;
  private final OutputMap output;
  private final Workers workers;

  /**
   * @param tap name of the output
   * @param pooled whether the pool is part of this stage
   */
  BatchNormStage(
      Layer.BatchNorm layer,
      BatchNormParameters names,
      String tap,
      boolean pooled,
      MapLayout map,
      Kernels kernels,
      Workers workers) {
    this.layer = layer;
    this.names = names;
    this.tap = tap;
    this.norm = kernels.batchNorm(map);
    this.output = new OutputMap(map, pooled, kernels, workers);
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
    return new StageMemory(0, norm.scratchLength(), norm.sharedLength(images));
  }

  @Override
  public float[] read(int images, float[] values) {
    return output.read(images, values);
  }

  @Override
  public List<ParameterShape> parameters() {
    return names.shapes();
  }

  @Override
  public BackwardNeeds backwardNeeds() {
    BackwardNeeds needs = BackwardNeeds.INPUT.withStatistics(layer.channels());
    return output.pooled() ? needs.withArgmax(outputLength()) : needs;
  }

  @Override
  public void forward(
      int images, float[] input, Parameters parameters, float[] prepared, float[] values) {
    compute(images, input, BatchNormValues.running(layer, parameters), values, null);
  }

  @Override
  public void forwardTraining(TrainingPass pass, float[] input, float[] values, Saved saved) {
    BatchNormValues running = BatchNormValues.running(layer, pass.parameters());
    float[] mean = saved.mean();
    float[] variance = saved.variance();
    if (pass.isFrozen(this)) {
      System.arraycopy(running.mean(), 0, mean, 0, mean.length);
      System.arraycopy(running.variance(), 0, variance, 0, variance.length);
    } else {
      norm.moments(pass.images(), input, mean, variance, workers);
    }
    compute(pass.images(), input, running.with(mean, variance), values, saved.argmax());
  }

  private void compute(
      int images, float[] input, BatchNormValues by, float[] values, byte @Nullable [] argmax) {
    float[] scale = by.factors();
    float[] shift = by.summands();
    if (output.pooled()) {
      norm.forwardPooled(images, input, scale, shift, values, argmax, workers);
    } else {
      norm.forward(images, input, scale, shift, values, workers);
    }
  }

  /**
   * With {@code d = 1 / sqrt(variance + epsilon)}, and M values in a channel, over which sums go:
   * {@code dx = scale * d * (g - sum(g) / M - (x - mean) * d^2 * sum(g * (x - mean)) / M)}; running
   * statistics are constants, so with them {@code dx = scale * d * g}.
   */
  @Override
  public float[] backward(
      TrainingPass pass, float[] input, float[] outputGradient, Saved saved, GradientSink sink) {
    int images = pass.images();
    BatchNorm.OutputGradient gradient =
        new BatchNorm.OutputGradient(outputGradient, output.pooled() ? saved.argmax() : null);
    boolean ofBatch = !pass.isFrozen(this);
    BatchNormValues running = BatchNormValues.running(layer, pass.parameters());
    BatchNormValues current = running.with(saved.mean(), saved.variance());
    double values = (double) images * norm.map().height() * norm.map().width();
    int channels = layer.channels();
    float[] sums = new float[channels];
    float[] products = new float[channels];
    norm.sums(images, input, gradient, saved.mean(), sums, products, workers);
    float[] ofInput = new float[channels];
    float[] constant = new float[channels];
    for (int c = 0; c < channels; c++) {
      double inverse = current.inverseDeviation(c);
      double factor = current.factor(c);
      ofInput[c] = ofBatch ? (float) (-factor * inverse * inverse * products[c] / values) : 0f;
      constant[c] = ofBatch ? (float) (-factor * sums[c] / values) : 0f;
      products[c] = (float) (products[c] * inverse);
    }
    norm.backward(
        images,
        input,
        gradient,
        saved.mean(),
        current.factors(),
        ofInput,
        constant,
        input,
        workers);
    if (ofBatch) {
      handOverStatistics(running, saved, pass.share(), values, sink);
    }
    sink.take(names.scale(), 0, channels, products);
    sink.take(names.shift(), 0, channels, sums);
    return input;
  }

  /**
   * @param share fraction of the whole batch that is in the micro-batch
   * @param values number of values in a channel
   */
  private void handOverStatistics(
      BatchNormValues running, Saved saved, float share, double values, GradientSink sink) {
    double part = Layer.BatchNorm.MOMENTUM * share;
    double ofSample = values / (values - 1);
    float[] mean = saved.mean();
    float[] variance = saved.variance();
    for (int c = 0; c < mean.length; c++) {
      mean[c] = (float) (part * (running.mean()[c] - mean[c]));
      variance[c] = (float) (part * (running.variance()[c] - variance[c] * ofSample));
    }
    sink.take(names.mean(), 0, mean.length, mean);
    sink.take(names.variance(), 0, variance.length, variance);
  }
}
