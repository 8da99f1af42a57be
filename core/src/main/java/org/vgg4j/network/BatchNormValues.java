package org.vgg4j.network;

import org.vgg4j.model.Layer;

/**
 * The values that a batch norm computes with: {@code factor * x + summand} for each channel.
 *
 * @param scale {@code [C]}
 * @param shift {@code [C]}
 * @param mean {@code [C]}
 * @param variance {@code [C]}
 */
public record BatchNormValues(float[] scale, float[] shift, float[] mean, float[] variance) {
  /** The values of a batch norm with its running statistics, as used after training. */
  public static BatchNormValues running(Layer.BatchNorm layer, Parameters parameters) {
    BatchNormParameters names = BatchNormParameters.of(parameters.architecture(), layer.name());
    Parameters.OfLayer learnt = parameters.ofLayer(layer.name());
    return new BatchNormValues(
        learnt.weight(),
        learnt.bias(),
        parameters.values(names.mean().name()),
        parameters.values(names.variance().name()));
  }

  /** The values of the batch norm that follows a convolution, with its running statistics. */
  public static BatchNormValues after(String convolution, Parameters parameters) {
    String name = convolution.replace("conv", "bn");
    for (Layer layer : parameters.architecture().layers()) {
      if (layer instanceof Layer.BatchNorm norm && norm.name().equals(name)) {
        return running(norm, parameters);
      }
    }
    throw new IllegalArgumentException("no batch norm follows " + convolution);
  }

  /** The same batch norm with other statistics. */
  public BatchNormValues with(float[] otherMean, float[] otherVariance) {
    return new BatchNormValues(scale, shift, otherMean, otherVariance);
  }

  /** The number that a channel is multiplied by. */
  public double factor(int channel) {
    return scale[channel] * inverseDeviation(channel);
  }

  /** The number that is then added to a channel. */
  public double summand(int channel) {
    return shift[channel] - mean[channel] * factor(channel);
  }

  /** One over the standard deviation of a channel. */
  public double inverseDeviation(int channel) {
    return 1 / Math.sqrt((double) variance[channel] + Layer.BatchNorm.EPSILON);
  }

  /** The factors of all channels. */
  public float[] factors() {
    float[] factors = new float[mean.length];
    for (int c = 0; c < factors.length; c++) {
      factors[c] = (float) factor(c);
    }
    return factors;
  }

  /** The summands of all channels. */
  public float[] summands() {
    float[] summands = new float[mean.length];
    for (int c = 0; c < summands.length; c++) {
      summands[c] = (float) summand(c);
    }
    return summands;
  }
}
