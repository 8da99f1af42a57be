package org.vgg4j.model;

import java.util.List;

/**
 * Name and shape of one array of a network, as in torchvision's state dictionary.
 *
 * @param name for example {@code features.0.weight}, {@code classifier.6.bias}
 * @param layer name of the layer that it belongs to, for example conv1_1
 * @param dimensions sizes, outermost first: a convolution's weight is [out][in][row][column], a
 *     linear layer's [out][in], all others [out]
 */
public record ParameterShape(String name, String layer, List<Integer> dimensions) {
  /** The role of an array's values. */
  public enum Role {
    /** Weights, which multiply a layer's inputs. */
    WEIGHT,
    /** Biases, which are added to the outputs of a layer or batch norm. */
    BIAS,
    /** Scales, which multiply the outputs of a batch norm. */
    SCALE,
    /**
     * Running means, which a batch norm subtracts when training is over: averaged, not learnt from
     * gradients.
     */
    MEAN,
    /** Running variances, averaged like the means. */
    VARIANCE
  }

  /** Suffixes of the names of the arrays with running statistics. */
  private static final String MEAN = ".running_mean";

  private static final String VARIANCE = ".running_var";

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

  /** The role of the values. */
  public Role role() {
    if (dimensions.size() > 1) {
      return Role.WEIGHT;
    }
    if (name.endsWith(MEAN)) {
      return Role.MEAN;
    }
    if (name.endsWith(VARIANCE)) {
      return Role.VARIANCE;
    }
    return name.endsWith(".weight") ? Role.SCALE : Role.BIAS;
  }

  /** Whether these are the weights of a convolution or a fully connected layer. */
  public boolean isWeight() {
    return role() == Role.WEIGHT;
  }

  /** Whether these are running statistics, which are averaged, not learnt. */
  public boolean isStatistic() {
    return role() == Role.MEAN || role() == Role.VARIANCE;
  }

  /** The fan-in: inputs of one output, in-channels times filter area. */
  public int fanIn() {
    return length() / dimensions.get(0);
  }

  /** The fan-out: outputs of one input, out-channels times filter area. */
  public int fanOut() {
    return isWeight() ? length() / dimensions.get(1) : dimensions.get(0);
  }
}
