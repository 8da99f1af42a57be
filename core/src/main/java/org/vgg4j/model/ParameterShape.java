package org.vgg4j.model;

import java.util.List;

/**
 * Name and shape of one trainable array, as in torchvision's state dictionary.
 *
 * @param name for example {@code features.0.weight}, {@code classifier.6.bias}
 * @param layer name of the layer that it belongs to, for example conv1_1
 * @param dimensions sizes, outermost first: a convolution's weight is [out][in][row][column], a
 *     linear layer's [out][in], a bias [out]
 */
public record ParameterShape(String name, String layer, List<Integer> dimensions) {
  /** Copies the dimensions. */
  public ParameterShape {
    dimensions = List.copyOf(dimensions);
  }

  /** Number of values; at most 2^31-1 by construction of the family. */
  public int length() {
    int length = 1;
    for (int dimension : dimensions) {
      length = Math.multiplyExact(length, dimension);
    }
    return length;
  }

  /** Whether this is a weight, not a bias. */
  public boolean isWeight() {
    return dimensions.size() > 1;
  }

  /** Inputs that feed one output: in-channels times filter area. */
  public int fanIn() {
    return length() / dimensions.get(0);
  }

  /** Outputs that one input feeds: out-channels times filter area. */
  public int fanOut() {
    return isWeight() ? length() / dimensions.get(1) : dimensions.get(0);
  }
}
