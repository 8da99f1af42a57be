package org.vgg4j.train;

import java.util.Arrays;
import java.util.Locale;
import org.vgg4j.base.InputException;
import org.vgg4j.base.Purpose;
import org.vgg4j.base.RandomStream;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.network.Parameters;

/**
 * How weights are drawn before training; biases start at zero, the scales of batch norms at one,
 * and their running statistics at mean zero and variance one.
 */
public enum Initialisation {
  /**
   * Uniform with variance 2 / (fan in + fan out) (Glorot and Bengio, 2010): what the paper found
   * later to make pre-training unnecessary (section 3.1).
   */
  GLOROT,
  /**
   * Normal with standard deviation 0.01: the paper's text says variance 0.01, with which the first
   * scores of net A would be of the order of 10^7, so the deviation must be meant.
   */
  GAUSSIAN,
  /** Normal with variance 2 / fan in (He et al. 2015, doi:10.1109/ICCV.2015.123). */
  HE,
  /**
   * As {@link #GLOROT}, but convolutions pass on what they get: output c is input c, as far as
   * there are so many of both, and only further ones are drawn. (The first convolution is drawn.) A
   * deep network begins like a shallow one, without the shortcuts of a residual network (Zagoruyko
   * and Komodakis 2017, arXiv:1706.00388, who keep the identity throughout training).
   */
  DIRAC;

  /**
   * Returns the initialisation of that name, in any case.
   *
   * @throws InputException if there is none
   */
  public static Initialisation of(String name) {
    for (Initialisation initialisation : values()) {
      if (initialisation.label().equals(name.toLowerCase(Locale.ROOT))) {
        return initialisation;
      }
    }
    throw new InputException(
        "there is no initialisation '" + name + "': choose glorot, gaussian, he or dirac");
  }

  /** The name in options and files. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Draws all weights, each parameter's from its own stream. The last layer of a network that finds
   * boxes is zero instead: it begins with a box in the middle of the crop. Drawn weights would
   * begin with boxes many times as large as the image, since inputs are as large as 255, and
   * diverge at rates that suit class scores.
   *
   * @param parameters overwritten
   */
  public void fill(Parameters parameters, long seed) {
    String last = parameters.architecture().outputLayer().name();
    int index = 0;
    for (ParameterShape shape : parameters.architecture().parameters()) {
      float[] values = parameters.values(shape.name());
      RandomStream random = new RandomStream(seed, 0, index++, Purpose.INITIALISATION);
      if (parameters.architecture().task().isBoxes() && shape.layer().equals(last)) {
        Arrays.fill(values, 0f);
        continue;
      }
      for (int i = 0; i < values.length; i++) {
        values[i] =
            switch (shape.role()) {
              case WEIGHT -> (float) weight(random, shape, i);
              case SCALE, VARIANCE -> 1f;
              case BIAS, MEAN -> 0f;
            };
      }
    }
  }

  private double weight(RandomStream random, ParameterShape shape, int index) {
    double drawn = draw(random, shape);
    int output = index / shape.fanIn();
    int inputs = shape.dimensions().get(1);
    if (this != DIRAC || shape.dimensions().size() < 4 || inputs <= 3 || output >= inputs) {
      return drawn;
    }
    int area = shape.fanIn() / inputs;
    return index % shape.fanIn() == output * area + area / 2 ? 1 : 0;
  }

  private double draw(RandomStream random, ParameterShape shape) {
    return switch (this) {
      case GLOROT, DIRAC ->
          (2 * random.nextDouble() - 1)
              * Math.sqrt(6.0 / ((double) shape.fanIn() + shape.fanOut()));
      case GAUSSIAN -> 0.01 * random.nextGaussian();
      case HE -> Math.sqrt(2.0 / shape.fanIn()) * random.nextGaussian();
    };
  }
}
