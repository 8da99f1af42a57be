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
import org.junit.jupiter.params.provider.ValueSource;

/** Fully connected layers of many sizes against double precision by the definition. */
@ParameterizedClass
@MethodSource("org.vgg4j.kernels.TestedKernels#all")
class FullyConnectedTest {
  @Parameter TestedKernels tested;

  private final Workers workers = new Workers(2);

  /** Sizes of a layer and a number of images. */
  record Case(int images, int in, int out) {
    Random random() {
      return new Random(hashCode());
    }
  }

  /** The inputs are what maps and hidden layers can have; the outputs any number of classes. */
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
        new Case(2, 208, 7));
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
        .backwardWeights(c.images(), input, outputGradient, weightGradient, biasGradient, workers);

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
    layer.backwardWeights(c.images(), input1, gradient1, sum, sumBias, workers);
    float[] other = new float[c.out() * c.in()];
    float[] otherBias = new float[c.out()];
    layer.backwardWeights(second, input2, gradient2, other, otherBias, workers);

    float[] both = new float[c.out() * c.in()];
    float[] bothBias = new float[c.out()];
    layer.backwardWeights(c.images(), input1, gradient1, both, bothBias, workers);
    layer.backwardWeights(second, input2, gradient2, both, bothBias, workers);

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
  }

  /** The values of the batch; what lies behind must still be garbage. */
  private static float[] written(float[] values, int length) {
    assertThat(Arrays.copyOfRange(values, length, values.length)).containsOnly(Float.NaN);
    return Arrays.copyOf(values, length);
  }

  /** So that a large layer's gradients can be computed a few rows at a time. */
  @ParameterizedTest
  @MethodSource("cases")
  void rowsOfTheWeightGradientDoNotDependOnOtherRows(Case c) {
    Random random = c.random();
    float[] input = Maps.rectified(random, c.images() * c.in());
    float[] outputGradient = Maps.gaussian(random, c.images() * c.out());
    float[] whole = new float[c.out() * c.in()];
    float[] wholeBias = new float[c.out()];
    tested
        .kernels()
        .fullyConnected(c.in(), c.out())
        .backwardWeights(c.images(), input, outputGradient, whole, wholeBias, workers);

    for (int first = 0, rows = 1; first < c.out(); first += rows++) {
      int count = Math.min(rows, c.out() - first);
      float[] part = new float[c.images() * count];
      for (int n = 0; n < c.images(); n++) {
        System.arraycopy(outputGradient, n * c.out() + first, part, n * count, count);
      }
      float[] gradient = new float[count * c.in()];
      float[] bias = new float[count];
      tested
          .kernels()
          .fullyConnected(c.in(), count)
          .backwardWeights(c.images(), input, part, gradient, bias, workers);
      int end = first + count;
      assertThat(gradient).isEqualTo(Arrays.copyOfRange(whole, first * c.in(), end * c.in()));
      assertThat(bias).isEqualTo(Arrays.copyOfRange(wholeBias, first, end));
    }
  }
}
