package org.vgg4j.network.cpu;

import org.vgg4j.kernels.Factors;
import org.vgg4j.model.ParameterShape;

/**
 * Takes the gradients of a micro-batch, a few at a time, each as soon as it is known: layer by
 * layer from the last to the first, so that no memory for all of them is needed.
 */
@FunctionalInterface
interface GradientSink {
  /**
   * Takes the gradients by some values of a parameter that lie in a row. The parameter may be
   * changed at once: nothing of this micro-batch reads it any more.
   *
   * @param shape the parameter
   * @param first index of the first value in the parameter's array
   * @param count number of values
   * @param gradient {@code [count]}, may be longer; only valid during the call, which leaves zeros
   */
  void take(ParameterShape shape, int first, int count, float[] gradient);

  /**
   * Offers what the gradients of a fully connected layer are the product of, before they are
   * computed.
   *
   * @param layer name of the layer
   * @param factors only valid during the call
   * @return whether they were taken, so that the gradients need not be computed and handed over;
   *     false unless a sink says otherwise
   */
  default boolean takeFactors(String layer, Factors factors) {
    return false;
  }
}
