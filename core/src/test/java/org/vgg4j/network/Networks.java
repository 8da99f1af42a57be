package org.vgg4j.network;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.HeadLayers;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.model.Task;

/** Small networks with seeded weights, and seeded batches for them. */
public final class Networks {
  /** A width at which every convolution has 16 channels, the least, and fc6 and fc7 have 80. */
  public static final double SMALLEST_WIDTH = 0.02;

  private Networks() {}

  public static Architecture smallest(Configuration configuration, int crop, int classes) {
    return new Architecture(configuration, SMALLEST_WIDTH, crop, classes);
  }

  public static Architecture smallest(
      Configuration configuration, int crop, int classes, HeadLayers head) {
    return new Architecture(
        configuration, SMALLEST_WIDTH, crop, classes, Task.CLASSIFICATION, head);
  }

  /** He's initialisation, which keeps signals alive through 16 layers, and biases that count. */
  public static Parameters random(Architecture architecture, long seed) {
    Random random = new Random(seed);
    Map<String, float[]> arrays = new LinkedHashMap<>();
    for (ParameterShape shape : architecture.parameters()) {
      double std = shape.isWeight() ? Math.sqrt(2.0 / shape.fanIn()) : 0.1;
      float[] values = gaussian(random, shape.length(), std);
      if (shape.role() == ParameterShape.Role.SCALE
          || shape.role() == ParameterShape.Role.VARIANCE) {
        for (int i = 0; i < values.length; i++) {
          values[i] += 1;
        }
      }
      arrays.put(shape.name(), values);
    }
    return new Parameters(architecture, arrays);
  }

  /**
   * Whether this is a bias that a batch normalisation takes away again, so that it has no gradient.
   */
  public static boolean isBeforeNorm(Architecture architecture, ParameterShape shape) {
    return architecture.configuration().hasBatchNorm()
        && shape.layer().startsWith("conv")
        && shape.role() == ParameterShape.Role.BIAS;
  }

  /**
   * Weights of the same variances as {@link #random} but uniformly distributed, which takes a
   * second for the 138 million of a network of full width; no biases, as before training.
   */
  public static Parameters uniform(Architecture architecture, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Parameters parameters = Parameters.zeros(architecture);
    for (ParameterShape shape : architecture.parameters()) {
      float[] values = parameters.values(shape.name());
      float bound = shape.isWeight() ? (float) Math.sqrt(6.0 / shape.fanIn()) : 0f;
      for (int i = 0; i < values.length; i++) {
        values[i] = bound * random.nextInt() / (1L << 31);
      }
    }
    return parameters;
  }

  public static float[] images(Architecture architecture, int count, long seed) {
    int length = count * 3 * architecture.crop() * architecture.crop();
    return gaussian(new Random(seed), length, 1);
  }

  public static int[] labels(Architecture architecture, int count, long seed) {
    return new Random(seed).ints(count, 0, architecture.classes()).toArray();
  }

  /** Image {@code from} up to, not including, image {@code to}. */
  public static float[] part(Architecture architecture, float[] images, int from, int to) {
    int length = 3 * architecture.crop() * architecture.crop();
    return Arrays.copyOfRange(images, from * length, to * length);
  }

  /** The keys of samples first, first + 1, … */
  public static DropoutKeys keys(long seed, int epoch, int first, int count) {
    return new DropoutKeys(seed, epoch, IntStream.range(first, first + count).toArray());
  }

  public static Map<String, float[]> copy(Parameters parameters) {
    Map<String, float[]> copies = new LinkedHashMap<>();
    for (ParameterShape shape : parameters.architecture().parameters()) {
      copies.put(shape.name(), parameters.values(shape.name()).clone());
    }
    return copies;
  }

  public static double norm(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += (double) value * value;
    }
    return Math.sqrt(sum);
  }

  /** The distance of two arrays as a share of the length of the second. */
  public static double relativeDistance(float[] actual, float[] expected) {
    float[] difference = new float[expected.length];
    for (int i = 0; i < expected.length; i++) {
      difference[i] = actual[i] - expected[i];
    }
    return norm(difference) / norm(expected);
  }

  private static float[] gaussian(Random random, int length, double std) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) (random.nextGaussian() * std);
    }
    return values;
  }
}
