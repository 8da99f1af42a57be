package org.vgg4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.vgg4j.kernels.ConvolutionShape.IMAGE_CHANNELS;

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
import org.vgg4j.kernels.scalar.ScalarKernels;

/** Convolutions of many shapes against the definition in double precision. */
@ParameterizedClass
@MethodSource("org.vgg4j.kernels.TestedKernels#all")
class ConvolutionTest {
  @Parameter TestedKernels tested;

  private final Workers workers = Threads.workers(2);

  /** A shape, a number of images and everything that the kernels read. */
  record Case(ConvolutionShape shape, int images) {
    Random random() {
      return new Random(31L * shape.hashCode() + images);
    }

    int inputPixels() {
      return images * shape.inChannels() * shape.height() * shape.width();
    }

    int outputPixels() {
      return images * shape.outChannels() * shape.height() * shape.width();
    }

    /** An image has values of both signs and zeros; a map was made by a ReLU. */
    float[] input(Random random) {
      float[] values =
          shape.readsImage()
              ? Maps.gaussian(random, inputPixels())
              : Maps.rectified(random, inputPixels());
      if (shape.readsImage()) {
        for (int i = 0; i < values.length; i += 5) {
          values[i] = 0f;
        }
      }
      return values;
    }

    float[] layOutInput(float[] plain) {
      return shape.readsImage() ? plain : Maps.layOut(shape.input(), images, plain);
    }

    @Override
    public String toString() {
      return String.format(
          "%d x %d->%d %dx%d on %dx%d",
          images,
          shape.inChannels(),
          shape.outChannels(),
          shape.kernel(),
          shape.kernel(),
          shape.height(),
          shape.width());
    }
  }

  /** The corners by hand, the rest by a seeded draw. */
  static List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    int[][] corners = {
      // images, in, out, kernel, height, width
      {1, 16, 16, 3, 1, 1},
      {3, 16, 32, 3, 1, 1},
      {5, 32, 16, 3, 2, 2},
      {2, 16, 16, 5, 1, 1},
      {1, 16, 16, 5, 2, 3},
      {1, 16, 16, 1, 1, 1},
      {4, 48, 16, 1, 3, 2},
      {1, 16, 48, 3, 4, 4},
      {1, 16, 16, 3, 5, 4},
      {1, 16, 16, 3, 4, 5},
      {2, 16, 16, 3, 8, 8},
      {1, 16, 16, 3, 7, 7},
      {1, 32, 32, 3, 14, 14},
      {1, 16, 16, 3, 20, 20},
      {1, 16, 16, 3, 1, 20},
      {1, 16, 16, 3, 20, 1},
      {1, 3, 16, 3, 1, 1},
      {2, 3, 16, 3, 2, 5},
      {1, 3, 64, 3, 20, 20},
      {3, 3, 16, 5, 9, 6},
      {1, 3, 32, 5, 1, 2},
      {2, 3, 16, 1, 7, 3},
      {1, 48, 48, 5, 6, 7},
      {5, 16, 16, 3, 13, 17},
      {1, 64, 80, 3, 6, 6},
      {1, 112, 64, 3, 3, 3},
      {1, 16, 128, 1, 4, 4},
      {1, 16, 32, 3, 96, 96},
      {2, 32, 16, 3, 97, 101}
    };
    for (int[] c : corners) {
      cases.add(new Case(new ConvolutionShape(c[1], c[2], c[3], c[4], c[5]), c[0]));
    }
    Random random = new Random(1);
    int[] channels = {IMAGE_CHANNELS, 16, 32, 48};
    while (cases.size() < 90) {
      int in = channels[random.nextInt(4)];
      int out = channels[1 + random.nextInt(3)];
      int kernel = 1 + 2 * random.nextInt(3);
      int height = 1 + random.nextInt(20);
      int width = 1 + random.nextInt(20);
      int images = 1 + random.nextInt(5);
      ConvolutionShape shape = new ConvolutionShape(in, out, kernel, height, width);
      if (shape.multiplyAdds() * images < 4_000_000) { // keeps the double loops short
        cases.add(new Case(shape, images));
      }
    }
    return cases;
  }

  static List<Case> poolableCases() {
    return cases().stream().filter(c -> c.shape().height() > 1 && c.shape().width() > 1).toList();
  }

  @AfterEach
  void closeWorkers() {
    workers.close();
  }

  private float[] prepareForward(Convolution convolution, float[] weights) {
    float[] prepared = Maps.garbage(convolution.forwardWeightsLength());
    convolution.prepareForward(weights, prepared, workers);
    return prepared;
  }

  private float[] prepareBackward(Convolution convolution, float[] weights) {
    float[] prepared = Maps.garbage(convolution.backwardWeightsLength());
    convolution.prepareBackward(weights, prepared, workers);
    return prepared;
  }

  /** Minimal filtering makes a quarter of the definition's multiplications, if its tiles fit. */
  @Test
  void multiplyAddsAreThoseThatAreMade() {
    ConvolutionShape shape = new ConvolutionShape(32, 64, 3, 12, 20);
    long definition = 5L * 32 * 64 * 9 * 12 * 20;
    boolean filtering = !(tested.kernels() instanceof ScalarKernels);
    assertThat(tested.kernels().convolution(shape).multiplyAdds(5))
        .isEqualTo(filtering ? definition / 4 : definition);
    ConvolutionShape image = new ConvolutionShape(3, 64, 3, 12, 20);
    assertThat(tested.kernels().convolution(image).multiplyAdds(5)).isEqualTo(definition / 32 * 3);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void forwardIsTheSumOfProductsRectifiedIfWanted(Case c) {
    Random random = c.random();
    ConvolutionShape shape = c.shape();
    float[] input = c.input(random);
    float[] weights = Maps.gaussian(random, shape.weightLength());
    float[] bias = Maps.gaussian(random, shape.outChannels());
    Convolution convolution = tested.kernels().convolution(shape);
    float[] output = Maps.garbage(shape.output(), c.images());

    convolution.forward(
        c.images(),
        c.layOutInput(input),
        prepareForward(convolution, weights),
        bias,
        true,
        output,
        workers);
    float[] sums = Maps.garbage(shape.output(), c.images());
    convolution.forward(
        c.images(),
        c.layOutInput(input),
        prepareForward(convolution, weights),
        bias,
        false,
        sums,
        workers);

    double[] expectedSums =
        Reference.convolution(
            shape, c.images(), Maps.doubles(input), Maps.doubles(weights), Maps.doubles(bias));
    Maps.assertClose(
        "sums",
        Maps.readWritten(shape.output(), c.images(), sums),
        expectedSums,
        tested.tolerance());
    double[] expected = Reference.relu(expectedSums);
    float[] actual = Maps.readWritten(shape.output(), c.images(), output);
    Maps.assertClose("output", actual, expected, tested.tolerance());
    for (float value : actual) {
      // backward passes ask `> 0`, and -0.0 would make the order of ties matter
      assertThat(Float.floatToRawIntBits(value)).as("sign of %s", value).isNotNegative();
    }
  }

  @ParameterizedTest
  @MethodSource("poolableCases")
  void fusedPoolGivesTheBitsOfForwardThenPool(Case c) {
    Random random = c.random();
    ConvolutionShape shape = c.shape();
    float[] input = c.layOutInput(c.input(random));
    float[] weights = Maps.gaussian(random, shape.weightLength());
    float[] bias = Maps.gaussian(random, shape.outChannels());
    Convolution convolution = tested.kernels().convolution(shape);
    float[] prepared = prepareForward(convolution, weights);
    MapLayout half = shape.pooled();

    float[] output = Maps.garbage(shape.output(), c.images());
    convolution.forward(c.images(), input, prepared, bias, true, output, workers);
    float[] expected = Maps.garbage(half, c.images());
    byte[] expectedArgmax = new byte[expected.length];
    tested.kernels().maxPool(shape.output(), c.images(), output, expected, expectedArgmax, workers);

    float[] pooled = Maps.garbage(half, c.images());
    byte[] argmax = new byte[pooled.length];
    Arrays.fill(argmax, (byte) -1);
    convolution.forwardPooled(c.images(), input, prepared, bias, pooled, argmax, workers);
    float[] withoutArgmax = Maps.garbage(half, c.images());
    convolution.forwardPooled(c.images(), input, prepared, bias, withoutArgmax, null, workers);

    float[] plain = Maps.readWritten(half, c.images(), expected);
    assertThat(Maps.readWritten(half, c.images(), pooled)).isEqualTo(plain);
    assertThat(Maps.readWritten(half, c.images(), withoutArgmax)).isEqualTo(plain);
    assertThat(Maps.readArgmax(half, c.images(), argmax))
        .isEqualTo(Maps.readArgmax(half, c.images(), expectedArgmax));
  }

  @ParameterizedTest
  @MethodSource("poolableCases")
  void fusedPoolTakesTheFirstOfEqualPixels(Case c) {
    ConvolutionShape shape = c.shape();
    float[] input = c.layOutInput(c.input(c.random()));
    float[] bias = new float[shape.outChannels()];
    for (int k = 0; k < bias.length; k++) {
      bias[k] = k % 2 == 0 ? k + 1 : -k; // all pixels equal: positive ones, and zeros after ReLU
    }
    Convolution convolution = tested.kernels().convolution(shape);
    float[] prepared = prepareForward(convolution, new float[shape.weightLength()]);
    float[] pooled = Maps.garbage(shape.pooled(), c.images());
    byte[] argmax = new byte[pooled.length];
    Arrays.fill(argmax, (byte) -1);

    convolution.forwardPooled(c.images(), input, prepared, bias, pooled, argmax, workers);

    assertThat(Maps.readArgmax(shape.pooled(), c.images(), argmax)).containsOnly(0);
    float[] values = Maps.readWritten(shape.pooled(), c.images(), pooled);
    int pixels = shape.pooled().height() * shape.pooled().width();
    for (int i = 0; i < values.length; i++) {
      assertThat(values[i]).isEqualTo(Math.max(0f, bias[i / pixels % bias.length]));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void backwardDataIsTheMaskedTransposedConvolution(Case c) {
    Random random = c.random();
    ConvolutionShape shape = c.shape();
    float[] input = c.input(random);
    float[] weights = Maps.gaussian(random, shape.weightLength());
    float[] outputGradient = Maps.gaussian(random, c.outputPixels());
    Convolution convolution = tested.kernels().convolution(shape);
    float[] inputGradient = Maps.garbage((c.images() + Maps.SPARE) * shape.inputLength());

    convolution.backwardData(
        c.images(),
        Maps.layOut(shape.output(), c.images(), outputGradient),
        prepareBackward(convolution, weights),
        c.layOutInput(input),
        inputGradient,
        workers);

    double[] expected =
        Reference.convolutionByInput(
            shape, c.images(), Maps.doubles(outputGradient), Maps.doubles(weights));
    float[] actual;
    if (shape.readsImage()) {
      // no ReLU made an image, so its zeros and negative values have gradients too
      actual = Arrays.copyOf(inputGradient, expected.length);
      assertThat(Arrays.copyOfRange(inputGradient, expected.length, inputGradient.length))
          .containsOnly(Float.NaN);
    } else {
      actual = Maps.readWritten(shape.input(), c.images(), inputGradient);
      for (int i = 0; i < input.length; i++) {
        if (input[i] == 0f) {
          assertThat(actual[i]).as("gradient where the ReLU was off").isZero();
          expected[i] = 0;
        }
      }
    }
    Maps.assertClose("input gradient", actual, expected, tested.tolerance());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void backwardDataMayWriteOverItsInput(Case c) {
    ConvolutionShape shape = c.shape();
    Random random = c.random();
    float[] input = c.layOutInput(c.input(random));
    float[] outputGradient =
        Maps.layOut(shape.output(), c.images(), Maps.gaussian(random, c.outputPixels()));
    Convolution convolution = tested.kernels().convolution(shape);
    float[] prepared = prepareBackward(convolution, Maps.gaussian(random, shape.weightLength()));
    float[] beside = Maps.garbage(input.length);
    convolution.backwardData(c.images(), outputGradient, prepared, input, beside, workers);

    convolution.backwardData(c.images(), outputGradient, prepared, input, input, workers);

    assertThat(input).isEqualTo(beside);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void backwardWeightsAddsToWhatIsThere(Case c) {
    Random random = c.random();
    ConvolutionShape shape = c.shape();
    float[] input = c.input(random);
    float[] outputGradient = Maps.gaussian(random, c.outputPixels());
    float[] weightGradient = Maps.gaussian(random, shape.weightLength());
    float[] biasGradient = Maps.gaussian(random, shape.outChannels());
    double[] expected =
        Reference.convolutionByWeights(
            shape, c.images(), Maps.doubles(input), Maps.doubles(outputGradient));
    double[] expectedBias =
        Reference.convolutionByBias(shape, c.images(), Maps.doubles(outputGradient));
    for (int i = 0; i < expected.length; i++) {
      expected[i] += weightGradient[i];
    }
    for (int i = 0; i < expectedBias.length; i++) {
      expectedBias[i] += biasGradient[i];
    }

    tested
        .kernels()
        .convolution(shape)
        .backwardWeights(
            c.images(),
            c.layOutInput(input),
            Maps.layOut(shape.output(), c.images(), outputGradient),
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
    ConvolutionShape shape = c.shape();
    int firstHalf = c.images();
    Case other = new Case(shape, 1 + c.images() / 2);
    float[] input1 = c.layOutInput(c.input(random));
    float[] gradient1 =
        Maps.layOut(shape.output(), firstHalf, Maps.gaussian(random, c.outputPixels()));
    float[] input2 = other.layOutInput(other.input(random));
    float[] gradient2 =
        Maps.layOut(shape.output(), other.images(), Maps.gaussian(random, other.outputPixels()));
    Convolution convolution = tested.kernels().convolution(shape);
    float[] first = new float[shape.weightLength()];
    float[] firstBias = new float[shape.outChannels()];
    convolution.backwardWeights(firstHalf, input1, gradient1, first, firstBias, workers);
    float[] second = new float[shape.weightLength()];
    float[] secondBias = new float[shape.outChannels()];
    convolution.backwardWeights(other.images(), input2, gradient2, second, secondBias, workers);

    float[] both = new float[shape.weightLength()];
    float[] bothBias = new float[shape.outChannels()];
    convolution.backwardWeights(firstHalf, input1, gradient1, both, bothBias, workers);
    convolution.backwardWeights(other.images(), input2, gradient2, both, bothBias, workers);

    for (int i = 0; i < first.length; i++) {
      first[i] += second[i];
    }
    for (int i = 0; i < firstBias.length; i++) {
      firstBias[i] += secondBias[i];
    }
    assertThat(both).isEqualTo(first);
    assertThat(bothBias).isEqualTo(firstBias);
  }

  @ParameterizedTest
  @MethodSource("poolableCases")
  void notANumberComesThroughReluAndPool(Case c) {
    Random random = c.random();
    ConvolutionShape shape = c.shape();
    float[] plain = c.input(random);
    // the centre of one map: the pixel that every kernel size multiplies at the same place
    int y = shape.height() / 2;
    int x = shape.width() / 2;
    int last = c.images() - 1;
    int channels = shape.inChannels();
    plain[Reference.at(channels, shape.height(), shape.width(), last, channels - 1, y, x)] =
        Float.NaN;
    float[] input = c.layOutInput(plain);
    float[] weights = Maps.gaussian(random, shape.weightLength());
    float[] bias = Maps.gaussian(random, shape.outChannels());
    Convolution convolution = tested.kernels().convolution(shape);
    float[] prepared = prepareForward(convolution, weights);
    float[] output = Maps.garbage(shape.output(), c.images());
    float[] pooled = Maps.garbage(shape.pooled(), c.images());

    convolution.forward(c.images(), input, prepared, bias, true, output, workers);
    convolution.forwardPooled(c.images(), input, prepared, bias, pooled, null, workers);

    for (int block = 0; block < shape.output().blocks(); block++) {
      for (int lane = 0; lane < MapLayout.LANES; lane++) {
        assertThat(output[shape.output().index(last, block, y, x) + lane]).isNaN();
        if (y / 2 < shape.pooled().height() && x / 2 < shape.pooled().width()) {
          assertThat(pooled[shape.pooled().index(last, block, y / 2, x / 2) + lane]).isNaN();
        }
      }
    }
  }
}
