package org.vgg4j.network.cpu;

import java.util.List;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.ParameterShape;

/**
 * The parameters of a layer that are trained.
 *
 * @param name name of the layer
 * @param weight its weights
 * @param bias its biases
 */
record LayerParameters(String name, ParameterShape weight, ParameterShape bias) {
  static LayerParameters of(Architecture architecture, String layer) {
    List<ParameterShape> shapes =
        architecture.parameters().stream().filter(shape -> shape.layer().equals(layer)).toList();
    return new LayerParameters(layer, shapes.get(0), shapes.get(1));
  }

  List<ParameterShape> shapes() {
    return List.of(weight, bias);
  }

  /** Hands over all gradients of the layer. */
  void handOver(float[] weights, float[] biases, GradientSink sink) {
    sink.take(weight, 0, weight.length(), weights);
    sink.take(bias, 0, bias.length(), biases);
  }
}
