package org.vgg4j.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;
import org.vgg4j.kernels.KernelLookup;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.ParameterShape;

/** Training's bookkeeping: micro-batches, threads, dropout. Its values are GoldenTest's matter. */
class TrainingTest {
  private final Kernels kernels = KernelLookup.get().kernels();
  private final Workers workers = new Workers(2);

  @AfterEach
  void closeWorkers() {
    workers.close();
  }

  private Training training(Parameters parameters, int capacity, double dropout) {
    return new Training(parameters, kernels, workers, capacity, dropout);
  }

  /** The gradients of images {@code from} to {@code to} of a batch, by a fresh instance. */
  private Map<String, float[]> gradients(
      Parameters parameters, int from, int to, double dropout, int epoch) {
    Architecture architecture = parameters.architecture();
    Training training = training(parameters, to - from, dropout);
    float[] images = Networks.images(architecture, 6, 2);
    int[] labels = Networks.labels(architecture, 6, 3);
    training.run(
        Networks.part(architecture, images, from, to),
        Arrays.copyOfRange(labels, from, to),
        to - from,
        1f / 6,
        Networks.keys(9, epoch, 100 + from, to - from));
    return Networks.copy(training.gradients());
  }

  @ParameterizedTest
  @CsvSource({"A_LRN,0.5", "B_5X5,0", "C,0.5", "D,0.5"})
  void microBatchesAddUpBitForBit(Configuration configuration, double dropout) {
    Architecture architecture = Networks.smallest(configuration, 33, 4);
    Parameters parameters = Networks.random(architecture, 1);
    Map<String, float[]> first = gradients(parameters, 0, 4, dropout, 0);
    Map<String, float[]> second = gradients(parameters, 4, 6, dropout, 0);
    Map<String, float[]> whole = gradients(parameters, 0, 6, dropout, 0);
    float[] images = Networks.images(architecture, 6, 2);
    int[] labels = Networks.labels(architecture, 6, 3);

    Training training = training(parameters, 5, dropout);
    training.run(
        Networks.part(architecture, images, 0, 4),
        Arrays.copyOf(labels, 4),
        4,
        1f / 6,
        Networks.keys(9, 0, 100, 4));
    training.run(
        Networks.part(architecture, images, 4, 6),
        Arrays.copyOfRange(labels, 4, 6),
        2,
        1f / 6,
        Networks.keys(9, 0, 104, 2));

    for (ParameterShape shape : architecture.parameters()) {
      float[] sum = first.get(shape.name());
      for (int i = 0; i < sum.length; i++) {
        sum[i] += second.get(shape.name())[i];
      }
      float[] actual = training.gradients().values(shape.name());
      assertThat(actual).as(shape.name()).isEqualTo(sum);
      // the batch in one go differs by rounding only: so the masks were the same
      assertThat(Networks.relativeDistance(actual, whole.get(shape.name())))
          .as(shape.name())
          .isLessThan(1e-5);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"A_LRN", "B_5X5", "C", "D"})
  void gradientsDoNotDependOnThreads(Configuration configuration) {
    Architecture architecture = new Architecture(configuration, 0.1, 40, 7);
    Parameters parameters = Networks.random(architecture, 5);
    float[] images = Networks.images(architecture, 3, 6);
    int[] labels = Networks.labels(architecture, 3, 7);
    Map<String, float[]> expected = null;
    Training.Result expectedResult = null;
    for (int threads = 1; threads <= 3; threads++) {
      try (Workers several = new Workers(threads)) {
        Training training = new Training(parameters, kernels, several, 3, 0.5);
        Training.Result result = training.run(images, labels, 3, 1f / 3, Networks.keys(1, 0, 0, 3));
        Map<String, float[]> actual = Networks.copy(training.gradients());
        if (expected == null) {
          expected = actual;
          expectedResult = result;
        }
        assertThat(result).as("%d threads", threads).isEqualTo(expectedResult);
        for (String name : expected.keySet()) {
          assertThat(actual.get(name))
              .as("%s with %d threads", name, threads)
              .isEqualTo(expected.get(name));
        }
      }
    }
  }

  @Test
  void withoutDropoutTheLossIsThatOfInferencesScores() {
    Architecture architecture = Networks.smallest(Configuration.C, 40, 4);
    Parameters parameters = Networks.random(architecture, 1);
    float[] images = Networks.images(architecture, 6, 2);
    int[] labels = Networks.labels(architecture, 6, 3);
    float[] posteriors =
        new Inference(parameters, kernels, workers, 6, Set.of()).posteriors(images, 6);
    double loss = 0;
    int correct = 0;
    for (int n = 0; n < 6; n++) {
      float own = posteriors[n * 4 + labels[n]];
      loss -= Math.log(own);
      boolean largest = true;
      for (int k = 0; k < 4; k++) {
        largest &= posteriors[n * 4 + k] <= own;
      }
      correct += largest ? 1 : 0;
    }

    Training.Result result =
        training(parameters, 6, 0).run(images, labels, 6, 1, Networks.keys(0, 0, 0, 6));

    assertThat(result.lossSum()).isCloseTo(loss, within(1e-5));
    assertThat(result.correct()).isEqualTo(correct);
  }

  @Test
  void notANumberIsNeverCorrectAndShowsInTheLoss() {
    Architecture architecture = Networks.smallest(Configuration.A, 32, 4);
    Parameters parameters = Networks.random(architecture, 1);
    parameters.ofLayer("conv1_1").weight()[0] = Float.NaN;
    Training.Result result =
        training(parameters, 2, 0)
            .run(
                Networks.images(architecture, 2, 2),
                new int[] {0, 1},
                2,
                1,
                Networks.keys(0, 0, 0, 2));
    assertThat(result.lossSum()).isNaN();
    assertThat(result.correct()).isZero();
  }

  @Test
  void theGradientScaleIsAFactor() {
    Architecture architecture = Networks.smallest(Configuration.A, 32, 4);
    Parameters parameters = Networks.random(architecture, 1);
    float[] images = Networks.images(architecture, 2, 2);
    int[] labels = {0, 3};
    Training one = training(parameters, 2, 0);
    one.run(images, labels, 2, 1, Networks.keys(0, 0, 0, 2));
    Training quarter = training(parameters, 2, 0);
    quarter.run(images, labels, 2, 0.25f, Networks.keys(0, 0, 0, 2));
    for (ParameterShape shape : architecture.parameters()) {
      float[] full = one.gradients().values(shape.name()).clone();
      for (int i = 0; i < full.length; i++) {
        full[i] *= 0.25f; // exact
      }
      assertThat(quarter.gradients().values(shape.name())).isEqualTo(full);
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.5, 0.3})
  void dropoutDropsItsShareAndScalesTheRest(double rate) {
    Dropped dropped = new Dropped(rate, Networks.keys(1, 0, 0, 1));
    float scale = (float) (1 / (1 - rate));
    for (float[] factors : new float[][] {dropped.fc6, dropped.fc7}) {
      int zeros = 0;
      for (float factor : factors) {
        if (factor == 0) {
          zeros++;
        } else {
          assertThat(factor).isCloseTo(scale, within(1e-4f));
        }
      }
      // 1024 draws: five standard deviations are 0.08
      assertThat(zeros / (double) factors.length).isCloseTo(rate, within(0.08));
    }
    assertThat(dropped.fc6).as("fc6 and fc7 draw apart").isNotEqualTo(dropped.fc7);
  }

  @Test
  void masksDependOnSeedEpochAndSampleOnly() {
    Dropped base = new Dropped(0.5, Networks.keys(1, 2, 3, 1));
    Dropped same = new Dropped(0.5, Networks.keys(1, 2, 3, 1));
    assertThat(same.fc6).isEqualTo(base.fc6);
    assertThat(same.fc7).isEqualTo(base.fc7);
    for (DropoutKeys keys :
        new DropoutKeys[] {
          Networks.keys(9, 2, 3, 1), Networks.keys(1, 9, 3, 1), Networks.keys(1, 2, 9, 1)
        }) {
      Dropped other = new Dropped(0.5, keys);
      assertThat(share(base.fc6, other.fc6)).as("%s", keys).isCloseTo(0.5, within(0.08));
      assertThat(share(base.fc7, other.fc7)).as("%s", keys).isCloseTo(0.5, within(0.08));
    }
  }

  /** How many of two arrays' values are equal. */
  private static double share(float[] a, float[] b) {
    int equal = 0;
    for (int i = 0; i < a.length; i++) {
      equal += (a[i] == 0) == (b[i] == 0) ? 1 : 0;
    }
    return equal / (double) a.length;
  }

  @Test
  void anotherEpochGivesOtherGradients() {
    Parameters parameters = Networks.random(Networks.smallest(Configuration.A, 32, 4), 1);
    Map<String, float[]> epoch0 = gradients(parameters, 0, 3, 0.5, 0);
    Map<String, float[]> again = gradients(parameters, 0, 3, 0.5, 0);
    Map<String, float[]> epoch1 = gradients(parameters, 0, 3, 0.5, 1);
    for (String name : epoch0.keySet()) {
      assertThat(again.get(name)).isEqualTo(epoch0.get(name));
      assertThat(epoch1.get(name)).isNotEqualTo(epoch0.get(name));
    }
  }

  /**
   * The factors that dropout gave the features of fc6 and fc7 for one image, seen from outside: the
   * features are all 1, and the gradient by a weight of the next layer is that by its bias times
   * the feature.
   */
  private final class Dropped {
    final float[] fc6;
    final float[] fc7;

    Dropped(double rate, DropoutKeys keys) {
      Architecture architecture = new Architecture(Configuration.A, 0.25, 32, 4);
      Parameters parameters = Networks.random(architecture, 1);
      for (String layer : new String[] {"fc6", "fc7"}) {
        Arrays.fill(parameters.ofLayer(layer).weight(), 0f);
        Arrays.fill(parameters.ofLayer(layer).bias(), 1f);
      }
      // with fc7's weights all zero its bias gradients are still alive
      Training training = training(parameters, 1, rate);
      training.run(Networks.images(architecture, 1, 2), new int[] {1}, 1, 1, keys);
      this.fc6 = inputs(training.gradients().ofLayer("fc7"));
      this.fc7 = inputs(training.gradients().ofLayer("fc8"));
    }

    private float[] inputs(Parameters.OfLayer gradient) {
      int output = 0; // one whose gradient is not zero
      while (Math.abs(gradient.bias()[output]) < 1e-6f) {
        output++;
      }
      int length = gradient.weight().length / gradient.bias().length;
      float[] inputs = new float[length];
      for (int i = 0; i < length; i++) {
        inputs[i] = gradient.weight()[output * length + i] / gradient.bias()[output];
      }
      return inputs;
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1, 1.5, Double.NaN})
  void anImpossibleDropoutRateIsRefused(double rate) {
    Parameters parameters = Networks.random(Networks.smallest(Configuration.A, 32, 4), 1);
    assertThatThrownBy(() -> training(parameters, 1, rate))
        .isInstanceOf(InputException.class)
        .hasMessage("dropout %s is not in [0, 1)", rate);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, 3})
  void aBatchBeyondTheCapacityIsRefused(int count) {
    Architecture architecture = Networks.smallest(Configuration.A, 32, 4);
    Training training = training(Networks.random(architecture, 1), 2, 0);
    float[] images = Networks.images(architecture, 3, 2);
    assertThat(training.capacity()).isEqualTo(2);
    assertThatThrownBy(() -> training.run(images, new int[3], count, 1, Networks.keys(0, 0, 0, 3)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("%d images, but the capacity is 2", count);
  }

  @Test
  void anActivationLongerThanAnArrayNamesTheLargestMicroBatch() {
    Architecture architecture = Networks.smallest(Configuration.B, 224, 2);
    Parameters parameters = Networks.random(architecture, 1);
    int longest = 226 * 226 * 16; // relu1_1
    assertThatThrownBy(() -> training(parameters, 3000, 0))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "3000 images at a time need an array of %d values for relu1_1, more than Java allows:"
                + " take a micro-batch of at most %d",
            3000L * longest, (Integer.MAX_VALUE - 8) / longest);
  }
}
