package org.vgg4j.network;

import org.vgg4j.model.Layer;

/**
 * A batch normalisation that uses its running statistics, as all do once training is over: {@code
 * factor * x + summand} for each channel.
 *
 * @param scale {@code [C]}
 * @param shift {@code [C]}
 * @param mean {@code [C]}
 * @param variance {@code [C]}
 */
record RunningNorm(float[] scale, float[] shift, float[] mean, float[] variance) {
  /** That of a layer. */
  static RunningNorm of(Layer.BatchNorm layer, Parameters parameters) {
    NormParameters names = NormParameters.of(parameters.architecture(), layer.name());
    Parameters.OfLayer learnt = parameters.ofLayer(layer.name());
    return new RunningNorm(
        learnt.weight(),
        learnt.bias(),
        parameters.values(names.mean().name()),
        parameters.values(names.variance().name()));
  }

  /** That behind a convolution. */
  static RunningNorm after(String convolution, Parameters parameters) {
    String name = convolution.replace("conv", "bn");
    for (Layer layer : parameters.architecture().layers()) {
      if (layer instanceof Layer.BatchNorm norm && norm.name().equals(name)) {
        return of(norm, parameters);
      }
    }
    throw new IllegalArgumentException("no batch normalisation follows " + convolution);
  }

  double factor(int channel) {
    return scale[channel] * inverseDeviation(channel);
  }

  double summand(int channel) {
    return shift[channel] - mean[channel] * factor(channel);
  }

  double inverseDeviation(int channel) {
    return 1 / Math.sqrt((double) variance[channel] + Layer.BatchNorm.EPSILON);
  }
}
