package org.vgg4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.vgg4j.kernels.scalar.ScalarKernels;

/**
 * Fast kernels against the naive twin on the shapes of real networks: up to 512 channels, maps up
 * to 60x60, 33 images; with one, two and three threads, which must give the same bits. ({@link
 * ConvolutionTest} asks more, of smaller shapes.)
 */
@ParameterizedClass
@MethodSource("org.vgg4j.kernels.TestedKernels#fast")
class AgainstTwinTest {
  /** Distance from the twin as a share of the twin's length, both as vectors. */
  private static final double WEIGHT_GRADIENT_DISTANCE = 1e-4;

  /** Of one case; keeps the twin's time short. */
  private static final long MOST_MULTIPLY_ADDS = 150_000_000;

  /** Drawing a random weight takes as long as that many multiply-adds. */
  private static final long MULTIPLY_ADDS_PER_WEIGHT = 100;

  /** Small, odd, long, those of 224- and 32-pixel crops, and what larger images leave. */
  private static final int[][] MAPS = {
    {1, 1}, {2, 2}, {4, 4}, {8, 8}, {14, 14}, {28, 28}, {60, 60}, {3, 3}, {7, 13}, {1, 60},
    {12, 16}, {59, 41}
  };

  private static final int[] IN = {16, 3, 48, 64, 128, 256, 512};
  private static final int[] OUT = {16, 80, 128, 256, 512};
  private static final int[] IMAGES = {1, 2, 5, 16, 33};
  private static final int[] KERNELS = {3, 1, 5};

  private static final int[] IN_FEATURES = {16, 48, 144, 512, 1024, 4608};
  private static final int[] OUT_FEATURES = {2, 10, 33, 101, 512, 1000};

  @Parameter TestedKernels tested;

  private final Kernels twin = new ScalarKernels();
  private final Workers workers = Threads.workers(2);

  @AfterEach
  void closeWorkers() {
    workers.close();
  }

  static List<ConvolutionTest.Case> convolutions() {
    int[] levels = {MAPS.length, IN.length, OUT.length, IMAGES.length, KERNELS.length};
    return Pairwise.combinations(levels, AgainstTwinTest::cost, MOST_MULTIPLY_ADDS).stream()
        .map(AgainstTwinTest::convolution)
        .toList();
  }

  private static ConvolutionTest.Case convolution(int[] level) {
    int[] map = MAPS[level[0]];
    return new ConvolutionTest.Case(
        new ConvolutionShape(IN[level[1]], OUT[level[2]], KERNELS[level[4]], map[0], map[1]),
        IMAGES[level[3]]);
  }

  private static long cost(int[] level) {
    ConvolutionTest.Case c = convolution(level);
    return c.images() * c.shape().multiplyAdds()
        + MULTIPLY_ADDS_PER_WEIGHT * c.shape().weightLength();
  }

  static List<FullyConnectedTest.Case> layers() {
    int[] levels = {IMAGES.length, IN_FEATURES.length, OUT_FEATURES.length};
    return Pairwise.combinations(levels, level -> 1, 1).stream()
        .map(l -> new FullyConnectedTest.Case(IMAGES[l[0]], IN_FEATURES[l[1]], OUT_FEATURES[l[2]]))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("convolutions")
  void forwardPlainAndPooled(ConvolutionTest.Case c) {
    Random random = c.random();
    ConvolutionShape shape = c.shape();
    float[] input = c.layOutInput(c.input(random));
    float[] weights = Maps.gaussian(random, shape.weightLength());
    float[] bias = Maps.gaussian(random, shape.outChannels());
    Convolution naive = twin.convolution(shape);
    float[] naivePrepared = new float[naive.forwardWeightsLength()];
    naive.prepareForward(weights, naivePrepared, workers);
    float[] expected = Maps.garbage(shape.output(), c.images());
    naive.forward(c.images(), input, naivePrepared, bias, true, expected, workers);

    Convolution fast = tested.kernels().convolution(shape);
    List<float[]> results =
        Threads.assertSameBits(
            w -> {
              float[] prepared = Maps.garbage(fast.forwardWeightsLength());
              fast.prepareForward(weights, prepared, w);
              float[] output = Maps.garbage(shape.output(), c.images());
              fast.forward(c.images(), input, prepared, bias, true, output, w);
              if (shape.height() < 2 || shape.width() < 2) {
                return List.of(output);
              }
              float[] pooled = Maps.garbage(shape.pooled(), c.images());
              byte[] argmax = new byte[pooled.length];
              Arrays.fill(argmax, (byte) -1);
              fast.forwardPooled(c.images(), input, prepared, bias, pooled, argmax, w);
              return List.of(output, pooled, Maps.floats(argmax));
            });
    Maps.assertClose(
        "output",
        Maps.readWritten(shape.output(), c.images(), results.get(0)),
        Maps.doubles(Maps.readWritten(shape.output(), c.images(), expected)),
        tested.tolerance());
    if (results.size() > 1) {
      assertPooled(c, results.get(0), results.get(1), Maps.bytes(results.get(2)));
    }
  }

  /** Checks that the pooled values are the largest of four, and come from where the argmax says. */
  private void assertPooled(ConvolutionTest.Case c, float[] output, float[] pooled, byte[] argmax) {
    MapLayout map = c.shape().output();
    float[] expected = Maps.garbage(map.halved(), c.images());
    byte[] expectedArgmax = new byte[expected.length];
    twin.maxPool(map, c.images(), output, expected, expectedArgmax, workers);
    assertThat(Maps.readWritten(map.halved(), c.images(), pooled))
        .isEqualTo(Maps.readWritten(map.halved(), c.images(), expected));
    assertThat(Maps.readArgmax(map.halved(), c.images(), argmax))
        .isEqualTo(Maps.readArgmax(map.halved(), c.images(), expectedArgmax));
  }

  @ParameterizedTest
  @MethodSource("convolutions")
  void backwardData(ConvolutionTest.Case c) {
    Random random = c.random();
    ConvolutionShape shape = c.shape();
    float[] input = c.layOutInput(c.input(random));
    float[] weights = Maps.gaussian(random, shape.weightLength());
    float[] gradient =
        Maps.layOut(shape.output(), c.images(), Maps.gaussian(random, c.outputPixels()));
    Convolution naive = twin.convolution(shape);
    float[] naivePrepared = new float[naive.backwardWeightsLength()];
    naive.prepareBackward(weights, naivePrepared, workers);
    float[] expected = new float[input.length];
    naive.backwardData(c.images(), gradient, naivePrepared, input, expected, workers);

    Convolution fast = tested.kernels().convolution(shape);
    List<float[]> results =
        Threads.assertSameBits(
            w -> {
              float[] prepared = Maps.garbage(fast.backwardWeightsLength());
              fast.prepareBackward(weights, prepared, w);
              float[] inputGradient = Maps.garbage(input.length);
              fast.backwardData(c.images(), gradient, prepared, input, inputGradient, w);
              return List.of(inputGradient);
            });
    Maps.assertClose("input gradient", results.get(0), Maps.doubles(expected), tested.tolerance());
  }

  @ParameterizedTest
  @MethodSource("convolutions")
  void backwardWeights(ConvolutionTest.Case c) {
    Random random = c.random();
    ConvolutionShape shape = c.shape();
    float[] input = c.layOutInput(c.input(random));
    float[] gradient =
        Maps.layOut(shape.output(), c.images(), Maps.gaussian(random, c.outputPixels()));
    float[] expected = new float[shape.weightLength()];
    float[] expectedBias = new float[shape.outChannels()];
    twin.convolution(shape)
        .backwardWeights(c.images(), input, gradient, expected, expectedBias, workers);

    Convolution fast = tested.kernels().convolution(shape);
    List<float[]> results =
        Threads.assertSameBits(
            w -> {
              float[] weightGradient = new float[shape.weightLength()];
              float[] biasGradient = new float[shape.outChannels()];
              fast.backwardWeights(c.images(), input, gradient, weightGradient, biasGradient, w);
              return List.of(weightGradient, biasGradient);
            });
    assertThat(Maps.distance(results.get(0), expected)).isLessThan(WEIGHT_GRADIENT_DISTANCE);
    assertThat(Maps.distance(results.get(1), expectedBias)).isLessThan(WEIGHT_GRADIENT_DISTANCE);
  }

  @ParameterizedTest
  @MethodSource("layers")
  void fullyConnected(FullyConnectedTest.Case c) {
    Random random = c.random();
    float[] input = Maps.rectified(random, c.images() * c.in());
    float[] weights = Maps.gaussian(random, c.out() * c.in());
    float[] bias = Maps.gaussian(random, c.out());
    float[] gradient = Maps.gaussian(random, c.images() * c.out());
    List<float[]> expected = runLayer(twin, c, input, weights, bias, gradient, workers);
    List<float[]> results =
        Threads.assertSameBits(
            w -> runLayer(tested.kernels(), c, input, weights, bias, gradient, w));
    for (int i = 0; i < 2; i++) {
      double[] doubles = Maps.doubles(expected.get(i));
      Maps.assertClose("result " + i, results.get(i), doubles, tested.tolerance());
    }
    for (int i = 2; i < 4; i++) {
      assertThat(Maps.distance(results.get(i), expected.get(i)))
          .isLessThan(WEIGHT_GRADIENT_DISTANCE);
    }
  }

  /** Output, and the gradients with respect to input, weights and biases. */
  private static List<float[]> runLayer(
      Kernels kernels,
      FullyConnectedTest.Case c,
      float[] input,
      float[] weights,
      float[] bias,
      float[] gradient,
      Workers w) {
    FullyConnected layer = kernels.fullyConnected(c.in(), c.out());
    float[] output = Maps.garbage(gradient.length);
    layer.forward(c.images(), input, weights, bias, true, output, w);
    float[] inputGradient = Maps.garbage(input.length);
    layer.backwardData(c.images(), gradient, weights, input, 2f, inputGradient, w);
    float[] weightGradient = new float[weights.length];
    float[] biasGradient = new float[bias.length];
    Factors factors = new Factors(c.images(), input, gradient);
    layer.backwardWeights(List.of(factors), 0, c.out(), weightGradient, biasGradient, w);
    return List.of(output, inputGradient, weightGradient, biasGradient);
  }
}
