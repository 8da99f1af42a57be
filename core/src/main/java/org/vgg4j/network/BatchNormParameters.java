package org.vgg4j.network;

import java.util.List;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.ParameterShape;

/**
 * The shapes of a batch norm's arrays, each {@code [C]}.
 *
 * @param scale learnt
 * @param shift learnt
 * @param mean running average
 * @param variance running average
 */
public record BatchNormParameters(
    ParameterShape scale, ParameterShape shift, ParameterShape mean, ParameterShape variance) {
  /** The arrays of the batch norm of that name. */
  public static BatchNormParameters of(Architecture architecture, String layer) {
    List<ParameterShape> shapes =
        architecture.parameters().stream().filter(shape -> shape.layer().equals(layer)).toList();
    return new BatchNormParameters(shapes.get(0), shapes.get(1), shapes.get(2), shapes.get(3));
  }

  /** All four, in the architecture's order. */
  public List<ParameterShape> shapes() {
    return List.of(scale, shift, mean, variance);
  }
}
