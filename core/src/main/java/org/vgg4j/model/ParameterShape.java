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
  /** What the values of an array are. */
  public enum Role {
    /** Factors of a layer's inputs. */
    WEIGHT,
    /** Summands of a layer's outputs, or of a normalisation's. */
    BIAS,
    /** Factors of a normalisation's outputs. */
    SCALE,
    /**
     * Running means that a normalisation subtracts when training is over: no gradients make them.
     */
    MEAN,
    /** Running variances that belong to the means. */
    VARIANCE
  }

  /** Ends of the names of the arrays with running statistics. */
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

  /** What the values are. */
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

  /** Whether this is a convolution's or a fully connected layer's weight. */
  public boolean isWeight() {
    return role() == Role.WEIGHT;
  }

  /** Whether these are running statistics, which are averaged, not learnt. */
  public boolean isStatistic() {
    return role() == Role.MEAN || role() == Role.VARIANCE;
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
