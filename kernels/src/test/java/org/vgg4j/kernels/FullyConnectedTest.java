package org.vgg4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Fully connected layers of many sizes against the definition in double precision. */
@ParameterizedClass
@MethodSource("org.vgg4j.kernels.TestedKernels#all")
class FullyConnectedTest {
  @Parameter TestedKernels tested;

  private final Workers workers = Threads.workers(2);

  /** Sizes of a layer and a number of images. */
  record Case(int images, int in, int out) {
    Random random() {
      return new Random(hashCode());
    }
  }

  /** The inputs are what maps and hidden layers of any width can have. */
  static List<Case> cases() {
    return List.of(
        new Case(1, 16, 16),
        new Case(1, 16, 2),
        new Case(5, 16, 3),
        new Case(2, 144, 128),
        new Case(3, 128, 10),
        new Case(7, 512, 33),
        new Case(1, 1024, 1000),
        new Case(4, 784, 80),
        new Case(17, 48, 101),
        new Case(33, 80, 80),
        new Case(1, 528, 129),
        new Case(3, 1040, 256),
        new Case(67, 560, 290),
        new Case(64, 32, 40),
        new Case(2, 208, 7),
        new Case(3, 23, 10),
        new Case(66, 9, 35));
  }

  @AfterEach
  void closeWorkers() {
    workers.close();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void forwardIsTheProductWithAndWithoutRelu(Case c) {
    Random random = c.random();
    float[] input = Maps.rectified(random, c.images() * c.in());
    float[] weights = Maps.gaussian(random, c.out() * c.in());
    float[] bias = Maps.gaussian(random, c.out());
    FullyConnected layer = tested.kernels().fullyConnected(c.in(), c.out());
    float[] sums = Maps.garbage((c.images() + Maps.SPARE) * c.out());
    float[] rectified = Maps.garbage((c.images() + Maps.SPARE) * c.out());

    layer.forward(c.images(), input, weights, bias, false, sums, workers);
    layer.forward(c.images(), input, weights, bias, true, rectified, workers);

    double[] expected =
        Reference.linear(
            c.images(),
            c.in(),
            c.out(),
            Maps.doubles(input),
            Maps.doubles(weights),
            Maps.doubles(bias));
    Maps.assertClose("sums", written(sums, expected.length), expected, tested.tolerance());
    Maps.assertClose(
        "rectified",
        written(rectified, expected.length),
        Reference.relu(expected),
        tested.tolerance());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void forwardWithRoundedWeightsIsTheirProduct(Case c) {
    Random random = c.random();
    float[] input = Maps.rectified(random, c.images() * c.in());
    float[] weights = Maps.gaussian(random, c.out() * c.in());
    float[] bias = Maps.gaussian(random, c.out());
    FullyConnected layer = tested.kernels().fullyConnected(c.in(), c.out());
    Bfloat16Weights rounded = Bfloat16Weights.round(c.in(), c.out(), weights, workers);
    float[] sums = Maps.garbage((c.images() + Maps.SPARE) * c.out());
    float[] rectified = Maps.garbage((c.images() + Maps.SPARE) * c.out());

    layer.forward(c.images(), input, rounded, bias, false, sums, workers);
    layer.forward(c.images(), input, rounded, bias, true, rectified, workers);

    double[] expected =
        Reference.linear(
            c.images(),
            c.in(),
            c.out(),
            Maps.doubles(input),
            Maps.doubles(rounded(weights)),
            Maps.doubles(bias));
    Maps.assertClose("sums", written(sums, expected.length), expected, tested.tolerance());
    Maps.assertClose(
        "rectified",
        written(rectified, expected.length),
        Reference.relu(expected),
        tested.tolerance());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void forwardOfWindowsIsTheProductWithAndWithoutRelu(Case c) {
    Random random = c.random();
    float[] input = Maps.rectified(random, c.images() * c.in());
    float[] weights = Maps.gaussian(random, c.out() * c.in());
    float[] bias = Maps.gaussian(random, c.out());
    FullyConnected layer = tested.kernels().fullyConnected(c.in(), c.out());

    float[] sums = windows(layer, c.images(), input, weights, bias, false);
    float[] rectified = windows(layer, c.images(), input, weights, bias, true);

    double[] expected =
        Reference.linear(
            c.images(),
            c.in(),
            c.out(),
            Maps.doubles(input),
            Maps.doubles(weights),
            Maps.doubles(bias));
    Maps.assertClose("sums", sums, expected, tested.tolerance());
    Maps.assertClose("rectified", rectified, Reference.relu(expected), tested.tolerance());
    float[] first = Arrays.copyOf(input, c.in());
    assertThat(windows(layer, 1, first, weights, bias, true))
        .isEqualTo(Arrays.copyOf(rectified, c.out()));
  }

  /** The same windows in their layout, and the outputs back as rows. */
  private float[] windows(
      FullyConnected layer, int count, float[] rows, float[] weights, float[] bias, boolean relu) {
    WindowLayout layout = new WindowLayout(count);
    int in = layer.inFeatures();
    int out = layer.outFeatures();
    float[] input = Maps.garbage((int) layout.length(in));
    float[] output = Maps.garbage((int) layout.length(out) + Maps.SPARE);
    for (int i = 0; i < count * in; i++) {
      input[at(layout, in, i / in, i % in)] = rows[i];
    }
    layer.forwardWindows(layout, input, weights, bias, relu, output, workers);
    written(output, (int) layout.length(out));
    float[] result = new float[count * out];
    for (int i = 0; i < result.length; i++) {
      result[i] = output[at(layout, out, i / out, i % out)];
    }
    return result;
  }

  private static int at(WindowLayout layout, int features, int window, int feature) {
    int block = window / WindowLayout.BLOCK;
    return layout.index(features, block, feature) + window % WindowLayout.BLOCK;
  }

  /**
   * In both forms of the weights: each image's outputs are those that it has alone, in all bits.
   */
  @ParameterizedTest
  @MethodSource("cases")
  void anImageDoesNotDependOnTheOthers(Case c) {
    Random random = c.random();
    float[] input = Maps.rectified(random, c.images() * c.in());
    float[] weights = Maps.gaussian(random, c.out() * c.in());
    float[] bias = Maps.gaussian(random, c.out());
    FullyConnected layer = tested.kernels().fullyConnected(c.in(), c.out());
    Bfloat16Weights rounded = Bfloat16Weights.round(c.in(), c.out(), weights, workers);
    float[] together = new float[c.images() * c.out()];
    float[] alone = new float[c.out()];
    float[] togetherRounded = new float[c.images() * c.out()];
    float[] aloneRounded = new float[c.out()];

    layer.forward(c.images(), input, weights, bias, true, together, workers);
    layer.forward(c.images(), input, rounded, bias, true, togetherRounded, workers);

    for (int n = 0; n < c.images(); n++) {
      float[] image = Arrays.copyOfRange(input, n * c.in(), (n + 1) * c.in());
      layer.forward(1, image, weights, bias, true, alone, workers);
      layer.forward(1, image, rounded, bias, true, aloneRounded, workers);
      int row = n * c.out();
      assertThat(alone).isEqualTo(Arrays.copyOfRange(together, row, row + c.out()));
      assertThat(aloneRounded).isEqualTo(Arrays.copyOfRange(togetherRounded, row, row + c.out()));
    }
  }

  /**
   * The vector kernels' order of sums, written out in plain Java: the same bits at 128, 256 and 512
   * bits, for this test runs with each.
   */
  @ParameterizedTest
  @MethodSource("cases")
  void orderOfSumsDoesNotDependOnTheVectorWidth(Case c) {
    assumeThat(tested.kernels().name()).isEqualTo("vector");
    assumeThat(c.in() % MapLayout.LANES).as("others are the plain kernels' matter").isZero();
    Random random = c.random();
    float[] input = Maps.rectified(random, c.images() * c.in());
    float[] weights = Maps.gaussian(random, c.out() * c.in());
    float[] roundedWeights = rounded(weights);
    float[] bias = Maps.gaussian(random, c.out());
    FullyConnected layer = tested.kernels().fullyConnected(c.in(), c.out());
    float[] output = new float[c.images() * c.out()];
    float[] outputRounded = new float[c.images() * c.out()];

    layer.forward(c.images(), input, weights, bias, false, output, workers);
    layer.forward(
        c.images(),
        input,
        Bfloat16Weights.round(c.in(), c.out(), weights, workers),
        bias,
        false,
        outputRounded,
        workers);

    for (int n = 0; n < c.images(); n++) {
      for (int o = 0; o < c.out(); o++) {
        int at = n * c.out() + o;
        float[] x = Arrays.copyOfRange(input, n * c.in(), (n + 1) * c.in());
        assertThat(output[at]).isEqualTo(sixteenSums(x, weights, o * c.in()) + bias[o]);
        assertThat(outputRounded[at])
            .isEqualTo(sumOfParts(x, roundedWeights, o * c.in()) + bias[o]);
      }
    }
  }

  private static float sixteenSums(float[] x, float[] w, int row) {
    float[] sums = new float[16];
    for (int i = 0; i < x.length; i++) {
      sums[i % 16] = Math.fma(x[i], w[row + i], sums[i % 16]);
    }
    for (int half = 8; half > 0; half /= 2) {
      for (int i = 0; i < half; i++) {
        sums[i] += sums[i + half];
      }
    }
    return sums[0];
  }

  private static float sumOfParts(float[] x, float[] w, int row) {
    float sum = 0;
    for (int from = 0; from < x.length; from += 512) {
      float part = 0;
      for (int i = from; i < Math.min(x.length, from + 512); i++) {
        part = Math.fma(x[i], w[row + i], part);
      }
      sum += part;
    }
    return sum;
  }

  private static float[] rounded(float[] weights) {
    float[] rounded = new float[weights.length];
    for (int i = 0; i < weights.length; i++) {
      rounded[i] = Float.intBitsToFloat(Bfloat16Weights.round(weights[i]) << 16);
    }
    return rounded;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void backwardDataIsMaskedAndScaled(Case c) {
    Random random = c.random();
    float[] input = Maps.rectified(random, c.images() * c.in());
    float[] weights = Maps.gaussian(random, c.out() * c.in());
    float[] outputGradient = Maps.gaussian(random, c.images() * c.out());
    float[] inputGradient = Maps.garbage((c.images() + Maps.SPARE) * c.in());
    float scale = 1.25f;

    tested
        .kernels()
        .fullyConnected(c.in(), c.out())
        .backwardData(c.images(), outputGradient, weights, input, scale, inputGradient, workers);

    double[] expected =
        Reference.linearByInput(
            c.images(), c.in(), c.out(), Maps.doubles(outputGradient), Maps.doubles(weights));
    float[] actual = written(inputGradient, expected.length);
    for (int i = 0; i < expected.length; i++) {
      expected[i] = input[i] == 0f ? 0 : expected[i] * scale;
      if (input[i] == 0f) {
        assertThat(actual[i]).as("gradient where the input was off or dropped").isZero();
      }
    }
    Maps.assertClose("input gradient", actual, expected, tested.tolerance());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void backwardWeightsAddsToWhatIsThere(Case c) {
    Random random = c.random();
    float[] input = Maps.rectified(random, c.images() * c.in());
    float[] outputGradient = Maps.gaussian(random, c.images() * c.out());
    float[] weightGradient = Maps.gaussian(random, c.out() * c.in());
    float[] biasGradient = Maps.gaussian(random, c.out());
    double[] expected =
        Reference.linearByWeights(
            c.images(), c.in(), c.out(), Maps.doubles(input), Maps.doubles(outputGradient));
    double[] expectedBias = new double[c.out()];
    for (int i = 0; i < expected.length; i++) {
      expected[i] += weightGradient[i];
    }
    for (int o = 0; o < c.out(); o++) {
      expectedBias[o] = biasGradient[o];
      for (int n = 0; n < c.images(); n++) {
        expectedBias[o] += outputGradient[n * c.out() + o];
      }
    }

    tested
        .kernels()
        .fullyConnected(c.in(), c.out())
        .backwardWeights(
            List.of(new Factors(c.images(), input, outputGradient)),
            0,
            c.out(),
            weightGradient,
            biasGradient,
            workers);

    Maps.assertClose("weight gradient", weightGradient, expected, tested.tolerance());
    Maps.assertClose("bias gradient", biasGradient, expectedBias, tested.tolerance());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void microBatchesAddUpBitForBit(Case c) {
    Random random = c.random();
    int second = 1 + c.images() / 2;
    float[] input1 = Maps.rectified(random, c.images() * c.in());
    float[] gradient1 = Maps.gaussian(random, c.images() * c.out());
    float[] input2 = Maps.rectified(random, second * c.in());
    float[] gradient2 = Maps.gaussian(random, second * c.out());
    FullyConnected layer = tested.kernels().fullyConnected(c.in(), c.out());
    float[] sum = new float[c.out() * c.in()];
    float[] sumBias = new float[c.out()];
    Factors part1 = new Factors(c.images(), input1, gradient1);
    layer.backwardWeights(List.of(part1), 0, c.out(), sum, sumBias, workers);
    float[] other = new float[c.out() * c.in()];
    float[] otherBias = new float[c.out()];
    Factors part2 = new Factors(second, input2, gradient2);
    layer.backwardWeights(List.of(part2), 0, c.out(), other, otherBias, workers);

    float[] both = new float[c.out() * c.in()];
    float[] bothBias = new float[c.out()];
    layer.backwardWeights(List.of(part1), 0, c.out(), both, bothBias, workers);
    layer.backwardWeights(List.of(part2), 0, c.out(), both, bothBias, workers);

    for (int i = 0; i < sum.length; i++) {
      sum[i] += other[i];
    }
    for (int o = 0; o < sumBias.length; o++) {
      sumBias[o] += otherBias[o];
    }
    assertThat(both).isEqualTo(sum);
    assertThat(bothBias).isEqualTo(sumBias);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void notANumberComesThrough(boolean relu) {
    float[] input = new float[2 * 16];
    input[16 + 3] = Float.NaN;
    float[] weights = Maps.gaussian(new Random(5), 20 * 16);
    float[] output = new float[2 * 20];

    tested
        .kernels()
        .fullyConnected(16, 20)
        .forward(2, input, weights, new float[20], relu, output, workers);

    assertThat(Arrays.copyOfRange(output, 20, 40)).containsOnly(Float.NaN);
    assertThat(Arrays.copyOf(output, 20)).as("the other image").containsOnly(0f);

    tested
        .kernels()
        .fullyConnected(16, 20)
        .forward(
            2,
            input,
            Bfloat16Weights.round(16, 20, weights, workers),
            new float[20],
            relu,
            output,
            workers);

    assertThat(Arrays.copyOfRange(output, 20, 40)).containsOnly(Float.NaN);
    assertThat(Arrays.copyOf(output, 20)).as("the other image").containsOnly(0f);
  }

  /** What no float of ordinary size becomes must not be lost either. */
  @Test
  void specialWeightsComeThroughRounding() {
    float[] weights = new float[3 * 16];
    weights[2] = Float.intBitsToFloat(0x7F800001); // NaN, whose upper half alone is infinity
    weights[16 + 2] = Float.NEGATIVE_INFINITY;
    weights[32 + 2] = 1;
    float[] input = new float[16];
    input[2] = 2;
    float[] output = new float[3];

    tested
        .kernels()
        .fullyConnected(16, 3)
        .forward(
            1,
            input,
            Bfloat16Weights.round(16, 3, weights, workers),
            new float[3],
            false,
            output,
            workers);

    assertThat(output).containsExactly(Float.NaN, Float.NEGATIVE_INFINITY, 2);
  }

  /** The values of the batch; what lies behind must still be garbage. */
  private static float[] written(float[] values, int length) {
    assertThat(Arrays.copyOfRange(values, length, values.length)).containsOnly(Float.NaN);
    return Arrays.copyOf(values, length);
  }

  /**
   * Several micro-batches give what one gives, also with more images than are multiplied at a time.
   */
  @ParameterizedTest
  @MethodSource("cases")
  void partsOfABatch(Case c) {
    Random random = c.random();
    int[] sizes = {c.images(), 1, 70};
    int images = c.images() + 71;
    float[] input = Maps.rectified(random, images * c.in());
    float[] outputGradient = Maps.gaussian(random, images * c.out());
    List<Factors> parts = new ArrayList<>();
    int done = 0;
    for (int size : sizes) {
      parts.add(
          new Factors(
              size,
              Arrays.copyOfRange(input, done * c.in(), (done + size + 1) * c.in()),
              Arrays.copyOfRange(outputGradient, done * c.out(), (done + size + 1) * c.out())));
      done += size;
    }
    double[] expected =
        Reference.linearByWeights(
            images, c.in(), c.out(), Maps.doubles(input), Maps.doubles(outputGradient));
    float[] weightGradient = new float[c.out() * c.in()];
    float[] biasGradient = new float[c.out()];

    tested
        .kernels()
        .fullyConnected(c.in(), c.out())
        .backwardWeights(parts, 0, c.out(), weightGradient, biasGradient, workers);

    Maps.assertClose("weight gradient", weightGradient, expected, tested.tolerance());
    for (int o = 0; o < c.out(); o++) {
      double sum = 0;
      for (int n = 0; n < images; n++) {
        sum += outputGradient[n * c.out() + o];
      }
      assertThat((double) biasGradient[o])
          .isCloseTo(sum, within(1e-6 * Math.max(1, Math.abs(sum))));
    }
  }

  /** So that a large layer's gradients can be computed a few rows at a time. */
  @ParameterizedTest
  @MethodSource("cases")
  void rowsOfTheWeightGradientDoNotDependOnOtherRows(Case c) {
    Random random = c.random();
    float[] input = Maps.rectified(random, c.images() * c.in());
    float[] outputGradient = Maps.gaussian(random, c.images() * c.out());
    List<Factors> parts = List.of(new Factors(c.images(), input, outputGradient));
    FullyConnected layer = tested.kernels().fullyConnected(c.in(), c.out());
    float[] whole = new float[c.out() * c.in()];
    float[] wholeBias = new float[c.out()];
    layer.backwardWeights(parts, 0, c.out(), whole, wholeBias, workers);

    for (int first = 0, rows = 1; first < c.out(); first += rows++) {
      int count = Math.min(rows, c.out() - first);
      float[] gradient = new float[count * c.in()];
      float[] bias = new float[count];
      layer.backwardWeights(parts, first, count, gradient, bias, workers);
      int end = first + count;
      assertThat(gradient).isEqualTo(Arrays.copyOfRange(whole, first * c.in(), end * c.in()));
      assertThat(bias).isEqualTo(Arrays.copyOfRange(wholeBias, first, end));
    }
  }
}
