package org.vgg4j.network.cpu;

import org.vgg4j.kernels.Factors;
import org.vgg4j.model.ParameterShape;

/**
 * Takes the gradients of a micro-batch as they are computed, layer by layer from the last to the
 * first, so that they are never all in memory at once.
 */
@FunctionalInterface
interface GradientSink {
  /**
   * Takes the gradient with respect to a contiguous range of a parameter's values. The parameter
   * may be changed at once: nothing in this micro-batch reads it any more.
   *
   * @param shape the parameter
   * @param first index of the first value in the parameter's array
   * @param count number of values
   * @param gradient {@code [count]}, may be longer; valid only during the call, which zeroes it
   */
  void take(ParameterShape shape, int first, int count, float[] gradient);

  /**
   * Offers the factors whose product is the gradient of a fully connected layer, before that is
   * computed.
   *
   * @param layer name of the layer
   * @param factors valid only during the call
   * @return whether they were taken, in which case the gradient is not computed; false unless a
   *     sink overrides this
   */
  default boolean takeFactors(String layer, Factors factors) {
    return false;
  }
}
