package org.vgg4j.cuda.engine;

import org.vgg4j.cuda.kernels.Layouts;
import org.vgg4j.cuda.kernels.Planes;
import org.vgg4j.model.ParameterShape;

/**
 * One parameter of a network in training, on the GPU.
 *
 * @param shape as files have it
 * @param layout as it lies here; one value for each channel is a row of one value
 * @param values address of floats
 * @param velocity address of floats
 * @param average address of floats; 0 if none is kept
 * @param sum address of floats, where gradients of micro-batches are added up; 0 if they are not
 * @param rounded what products read; none for what is no weight
 */
record DeviceParameter(
    ParameterShape shape,
    Layouts.Weights layout,
    long values,
    long velocity,
    long average,
    long sum,
    Planes rounded) {
  /** The layout of one value for each channel. */
  static Layouts.Weights ofChannels(int channels) {
    return new Layouts.Weights(channels, 1, 1, 1);
  }

  /** Values as they lie here, with the padding; a multiple of 64. */
  int length() {
    return layout.length();
  }

  /** The gradient that was added up. */
  GradientSink.Gradient summed() {
    return new GradientSink.Gradient(this, sum, 1);
  }

  /** Bytes of floats with the padding. */
  static long bytes(Layouts.Weights layout) {
    return (long) Float.BYTES * layout.length();
  }
}
