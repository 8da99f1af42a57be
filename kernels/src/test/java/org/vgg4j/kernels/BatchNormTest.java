package org.vgg4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Batch normalisation against its definition in doubles, with one, two and three threads, which
 * must give the same bits.
 */
@ParameterizedClass
@MethodSource("org.vgg4j.kernels.TestedKernels#all")
class BatchNormTest {
  @Parameter TestedKernels tested;

  record Case(int images, MapLayout map) {
    int values() {
      return images * map.channels() * map.height() * map.width();
    }

    Random random() {
      return new Random(hashCode());
    }

    /** The channel that a plain value belongs to. */
    int channelOf(int index) {
      return index / (map.height() * map.width()) % map.channels();
    }

    double valuesOfChannel() {
      return (double) values() / map.channels();
    }

    float[] layOut(float[] plain) {
      return Maps.layOut(map, images, plain);
    }
  }

  static Stream<Case> cases() {
    return Stream.of(
            new int[][] {
              {1, 16, 1, 1},
              {3, 16, 1, 5},
              {2, 48, 2, 2},
              {5, 32, 7, 13},
              {33, 16, 4, 4},
              {2, 80, 60, 41},
              {4, 64, 112, 112}
            })
        .map(c -> new Case(c[0], new MapLayout(c[1], c[2], c[3])));
  }

  static Stream<Case> poolableCases() {
    return cases().filter(c -> c.map.height() > 1 && c.map.width() > 1);
  }

  /** Values whose channels have means and deviations of their own, far from 0 and 1. */
  private static float[] drifted(Case c, Random random) {
    float[] plain = Maps.gaussian(random, c.values());
    for (int i = 0; i < plain.length; i++) {
      int channel = c.channelOf(i);
      plain[i] = 30f - 5 * channel + plain[i] * (0.3f + channel % 7);
    }
    return plain;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void momentsAreMeanAndVarianceOfEachChannel(Case c) {
    float[] plain = drifted(c, c.random());
    BatchNorm norm = tested.kernels().batchNorm(c.map);
    List<float[]> results =
        Threads.assertSameBits(
            workers -> {
              float[] mean = Maps.garbage(c.map.channels());
              float[] variance = Maps.garbage(c.map.channels());
              norm.moments(c.images, c.layOut(plain), mean, variance, workers);
              return List.of(mean, variance);
            });
    double[] mean = new double[c.map.channels()];
    double[] variance = new double[c.map.channels()];
    for (int i = 0; i < plain.length; i++) {
      mean[c.channelOf(i)] += plain[i] / c.valuesOfChannel();
    }
    for (int i = 0; i < plain.length; i++) {
      variance[c.channelOf(i)] +=
          Math.pow(plain[i] - mean[c.channelOf(i)], 2) / c.valuesOfChannel();
    }
    for (int k = 0; k < mean.length; k++) {
      double deviation = Math.sqrt(variance[k]);
      assertThat((double) results.get(0)[k])
          .isCloseTo(mean[k], within(1e-6 * Math.abs(mean[k]) + 1e-6 * deviation));
      assertThat((double) results.get(1)[k]).isCloseTo(variance[k], within(5e-6 * variance[k]));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void forwardScalesShiftsAndRectifies(Case c) {
    Random random = c.random();
    float[] plain = Maps.gaussian(random, c.values());
    float[] scale = Maps.gaussian(random, c.map.channels());
    float[] shift = Maps.gaussian(random, c.map.channels());
    BatchNorm norm = tested.kernels().batchNorm(c.map);
    List<float[]> results =
        Threads.assertSameBits(
            workers -> {
              float[] output = Maps.garbage(c.map, c.images);
              norm.forward(c.images, c.layOut(plain), scale, shift, output, workers);
              return List.of(output);
            });
    double[] expected = new double[plain.length];
    for (int i = 0; i < plain.length; i++) {
      int k = c.channelOf(i);
      expected[i] = Math.max(0, (double) scale[k] * plain[i] + shift[k]);
    }
    float[] actual = Maps.readWritten(c.map, c.images, results.get(0));
    Maps.assertClose("output", actual, expected, tested.tolerance());
    for (float value : actual) {
      assertThat(Float.floatToRawIntBits(value)).as("sign of %s", value).isNotNegative();
    }
  }

  @ParameterizedTest
  @MethodSource("poolableCases")
  void fusedPoolGivesTheBitsOfForwardThenPool(Case c) {
    Random random = c.random();
    float[] input = c.layOut(Maps.gaussian(random, c.values()));
    float[] scale = Maps.gaussian(random, c.map.channels());
    float[] shift = Maps.gaussian(random, c.map.channels());
    BatchNorm norm = tested.kernels().batchNorm(c.map);
    MapLayout half = c.map.halved();
    List<float[]> results =
        Threads.assertSameBits(
            workers -> {
              float[] output = Maps.garbage(c.map, c.images);
              norm.forward(c.images, input, scale, shift, output, workers);
              float[] expected = Maps.garbage(half, c.images);
              byte[] expectedArgmax = new byte[expected.length];
              tested.kernels().maxPool(c.map, c.images, output, expected, expectedArgmax, workers);
              float[] pooled = Maps.garbage(half, c.images);
              byte[] argmax = new byte[pooled.length];
              Arrays.fill(argmax, (byte) -1);
              norm.forwardPooled(c.images, input, scale, shift, pooled, argmax, workers);
              float[] alone = Maps.garbage(half, c.images);
              norm.forwardPooled(c.images, input, scale, shift, alone, null, workers);
              assertThat(Maps.readArgmax(half, c.images, argmax))
                  .isEqualTo(Maps.readArgmax(half, c.images, expectedArgmax));
              return List.of(expected, pooled, alone);
            });
    float[] expected = Maps.readWritten(half, c.images, results.get(0));
    assertThat(Maps.readWritten(half, c.images, results.get(1))).isEqualTo(expected);
    assertThat(Maps.readWritten(half, c.images, results.get(2))).isEqualTo(expected);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void sumsAreThoseOfTheGradientAndOfItsProducts(Case c) {
    Random random = c.random();
    float[] plain = drifted(c, random);
    float[] gradient = Maps.gaussian(random, c.values());
    float[] mean = new float[c.map.channels()];
    for (int k = 0; k < mean.length; k++) {
      mean[k] = 30f - 5 * k;
    }
    BatchNorm norm = tested.kernels().batchNorm(c.map);
    List<float[]> results =
        Threads.assertSameBits(
            workers -> {
              float[] sums = Maps.garbage(mean.length);
              float[] products = Maps.garbage(mean.length);
              norm.sums(
                  c.images,
                  c.layOut(plain),
                  new BatchNorm.OutputGradient(c.layOut(gradient), null),
                  mean,
                  sums,
                  products,
                  workers);
              return List.of(sums, products);
            });
    double[] sums = new double[mean.length];
    double[] products = new double[mean.length];
    double[] magnitudes = new double[mean.length];
    for (int i = 0; i < plain.length; i++) {
      int k = c.channelOf(i);
      double product = gradient[i] * ((double) plain[i] - mean[k]);
      sums[k] += gradient[i];
      products[k] += product;
      magnitudes[k] += Math.abs(gradient[i]) + Math.abs(product);
    }
    for (int k = 0; k < mean.length; k++) {
      assertThat((double) results.get(0)[k]).isCloseTo(sums[k], within(1e-6 * magnitudes[k]));
      assertThat((double) results.get(1)[k]).isCloseTo(products[k], within(1e-6 * magnitudes[k]));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void backwardCombinesGradientAndInputAlsoInPlace(Case c) {
    Random random = c.random();
    float[] plain = Maps.gaussian(random, c.values());
    float[] gradient = Maps.gaussian(random, c.values());
    float[][] channels = new float[4][];
    for (int i = 0; i < channels.length; i++) {
      channels[i] = Maps.gaussian(random, c.map.channels());
    }
    float[] mean = channels[0];
    BatchNorm norm = tested.kernels().batchNorm(c.map);
    List<float[]> results =
        Threads.assertSameBits(
            workers -> {
              float[] beside = Maps.garbage(c.map, c.images);
              norm.backward(
                  c.images,
                  c.layOut(plain),
                  new BatchNorm.OutputGradient(c.layOut(gradient), null),
                  mean,
                  channels[1],
                  channels[2],
                  channels[3],
                  beside,
                  workers);
              float[] input = c.layOut(plain);
              norm.backward(
                  c.images,
                  input,
                  new BatchNorm.OutputGradient(c.layOut(gradient), null),
                  mean,
                  channels[1],
                  channels[2],
                  channels[3],
                  input,
                  workers);
              return List.of(beside, input);
            });
    double[] expected = new double[plain.length];
    for (int i = 0; i < plain.length; i++) {
      int k = c.channelOf(i);
      expected[i] =
          (double) channels[1][k] * gradient[i]
              + (double) channels[2][k] * ((double) plain[i] - mean[k])
              + channels[3][k];
    }
    float[] beside = Maps.readWritten(c.map, c.images, results.get(0));
    Maps.assertClose("input gradient", beside, expected, tested.tolerance());
    float[] inPlace = Arrays.copyOf(results.get(1), results.get(1).length + c.map.imageLength());
    Arrays.fill(inPlace, results.get(1).length, inPlace.length, Float.NaN);
    assertThat(Maps.readWritten(c.map, c.images, inPlace)).isEqualTo(beside);
  }

  @ParameterizedTest
  @MethodSource("poolableCases")
  void gradientBehindAPoolGivesTheBitsOfTheUnpooledOne(Case c) {
    Random random = c.random();
    float[] input = c.layOut(drifted(c, random));
    MapLayout half = c.map.halved();
    int pooledValues = c.images * half.channels() * half.height() * half.width();
    float[] pooled = Maps.layOut(half, c.images, Maps.gaussian(random, pooledValues));
    byte[] argmax = new byte[pooled.length];
    for (int i = 0; i < argmax.length; i++) {
      argmax[i] = (byte) random.nextInt(4);
    }
    float[][] channels = new float[4][];
    for (int i = 0; i < channels.length; i++) {
      channels[i] = Maps.gaussian(random, c.map.channels());
    }
    BatchNorm norm = tested.kernels().batchNorm(c.map);
    List<float[]> results =
        Threads.assertSameBits(
            workers -> {
              float[] full = Maps.garbage(c.map, c.images);
              tested.kernels().maxPoolBackward(c.map, c.images, pooled, argmax, full, workers);
              List<float[]> both = new ArrayList<>();
              for (BatchNorm.OutputGradient gradient :
                  List.of(
                      new BatchNorm.OutputGradient(full, null),
                      new BatchNorm.OutputGradient(pooled, argmax))) {
                float[] sums = Maps.garbage(c.map.channels());
                float[] products = Maps.garbage(c.map.channels());
                norm.sums(c.images, input, gradient, channels[0], sums, products, workers);
                float[] inPlace = input.clone();
                norm.backward(
                    c.images,
                    inPlace,
                    gradient,
                    channels[0],
                    channels[1],
                    channels[2],
                    channels[3],
                    inPlace,
                    workers);
                both.addAll(List.of(sums, products, inPlace));
              }
              return both;
            });
    for (int i = 0; i < 3; i++) {
      assertThat(results.get(3 + i)).isEqualTo(results.get(i));
    }
  }
}
