package org.vgg4j.network.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashMap;
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
import org.vgg4j.kernels.MapLayout;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.Label;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.network.BoxLoss;
import org.vgg4j.network.ClassLoss;
import org.vgg4j.network.DropoutKeys;
import org.vgg4j.network.Learner;
import org.vgg4j.network.Networks;
import org.vgg4j.network.Parameters;

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

  private GradientSums sums(Architecture architecture) {
    return new GradientSums(architecture.parameters(), workers);
  }

  /** The gradients of images {@code from} to {@code to} of a batch, by a fresh instance. */
  private Map<String, float[]> gradients(
      Parameters parameters, int from, int to, double dropout, int epoch) {
    Architecture architecture = parameters.architecture();
    return gradients(training(parameters, to - from, dropout), architecture, from, to, epoch);
  }

  private Map<String, float[]> gradients(
      Training training, Architecture architecture, int from, int to, int epoch) {
    GradientSums sums = sums(architecture);
    TrainingRuns.run(training, architecture, from, to, epoch, sums);
    return TrainingRuns.copy(architecture, sums);
  }

  @ParameterizedTest
  @CsvSource({"A_LRN,0.5", "B_5X5,0", "C,0.5", "D,0.5", "A_BN,0.5"})
  void microBatchesAddUpBitForBit(Configuration configuration, double dropout) {
    Architecture architecture = Networks.smallest(configuration, 33, 4);
    Parameters parameters = Networks.random(architecture, 1);
    Map<String, float[]> first = gradients(parameters, 0, 4, dropout, 0);
    Map<String, float[]> second = gradients(parameters, 4, 6, dropout, 0);
    Map<String, float[]> whole = gradients(parameters, 0, 6, dropout, 0);

    Training training = training(parameters, 5, dropout);
    GradientSums sums = sums(architecture);
    TrainingRuns.run(training, architecture, 0, 4, 0, sums);
    TrainingRuns.run(training, architecture, 4, 6, 0, sums);

    for (ParameterShape shape : architecture.parameters()) {
      float[] sum = first.get(shape.name());
      for (int i = 0; i < sum.length; i++) {
        sum[i] += second.get(shape.name())[i];
      }
      float[] actual = sums.values(shape.name());
      assertThat(actual).as(shape.name()).isEqualTo(sum);
      if (configuration.hasBatchNorm()) {
        continue; // the whole batch has other statistics than its parts
      }
      // the batch in one go differs by rounding only: so the masks were the same
      assertThat(Networks.relativeDistance(actual, whole.get(shape.name())))
          .as(shape.name())
          .isLessThan(1e-5);
    }
  }

  private GradientSink sgd(Parameters parameters, Parameters velocities) {
    return (shape, first, count, gradient) ->
        kernels.sgd(
            first,
            count,
            parameters.values(shape.name()),
            velocities.values(shape.name()),
            gradient,
            0.01f,
            0.9f,
            5e-4f,
            workers);
  }

  /** At this width the weights of fc7 are handed over in three parts. */
  @ParameterizedTest
  @CsvSource({"A_LRN,0.02", "B_5X5,0.02", "C,0.02", "D,0.02", "A,0.5"})
  void stepsLayerByLayerAreThoseOfAllGradientsAtOnce(Configuration configuration, double width) {
    Architecture architecture = new Architecture(configuration, width, 32, 4);
    Parameters atOnce = Networks.random(architecture, 1);
    Parameters layerByLayer = Networks.random(architecture, 1);
    Parameters velocities = Parameters.zeros(architecture);
    GradientSink sgdAtOnce = sgd(atOnce, Parameters.zeros(architecture));
    GradientSink sgdLayerByLayer = sgd(layerByLayer, velocities);
    Training trainingAtOnce = training(atOnce, 6, 0.5);
    Training trainingLayerByLayer = training(layerByLayer, 6, 0.5);
    GradientSums sums = sums(architecture);

    for (int step = 0; step < 3; step++) {
      Learner.Result expected = TrainingRuns.run(trainingAtOnce, architecture, 0, 6, step, sums);
      sums.passTo(sgdAtOnce);
      assertThat(TrainingRuns.run(trainingLayerByLayer, architecture, 0, 6, step, sgdLayerByLayer))
          .isEqualTo(expected);
    }

    for (ParameterShape shape : architecture.parameters()) {
      assertThat(layerByLayer.values(shape.name()))
          .as(shape.name())
          .isEqualTo(atOnce.values(shape.name()));
      assertThat(Networks.norm(velocities.values(shape.name()))).as(shape.name()).isPositive();
    }
  }

  /** Every gradient comes exactly once, and finds its memory empty. */
  @Test
  void everyGradientIsHandedOverOnce() {
    Architecture architecture = new Architecture(Configuration.A, 0.5, 32, 4);
    Map<String, boolean[]> seen = new HashMap<>();
    architecture.parameters().forEach(shape -> seen.put(shape.name(), new boolean[shape.length()]));
    Training training = training(Networks.random(architecture, 1), 2, 0.5);
    GradientSink sink =
        (shape, first, count, gradient) -> {
          boolean[] ofShape = seen.get(shape.name());
          for (int i = first; i < first + count; i++) {
            assertThat(ofShape[i]).isFalse();
            ofShape[i] = true;
          }
          Arrays.fill(gradient, 0, count, 0f);
        };
    TrainingRuns.run(training, architecture, 0, 2, 0, sink);
    seen.forEach((name, values) -> assertThat(values).as(name).doesNotContain(false));
  }

  /** Floats of the largest maps that the first block has for so many images. */
  private int firstBlockFloats(Architecture architecture, int images) {
    MapLayout first = new MapLayout(16, architecture.crop(), architecture.crop());
    assertThat(Networks.smallest(architecture.configuration(), architecture.crop(), 4))
        .isEqualTo(architecture);
    return images * first.imageLength();
  }

  @ParameterizedTest
  @EnumSource(names = {"A", "A_LRN", "B_5X5", "C", "D"})
  void mapsThatAreComputedOnceMoreGiveTheSameBits(Configuration configuration) {
    Architecture architecture = Networks.smallest(configuration, 41, 4);
    Parameters parameters = Networks.random(architecture, 1);
    Training keeps = training(parameters, 5, 0.5);
    // a batch of four is one group, but the capacity is larger: what lies before the pool is lost
    int floats = firstBlockFloats(architecture, 4);
    Training again =
        new Training(
            parameters,
            kernels,
            workers,
            5,
            0.5,
            Set.of(),
            BoxLoss.SQUARED,
            ClassLoss.PLAIN,
            floats);
    assertThat(keeps.keepsFirstMaps()).isTrue();
    assertThat(again.keepsFirstMaps()).isFalse();

    Map<String, float[]> expected = gradients(keeps, architecture, 0, 4, 0);
    Map<String, float[]> actual = gradients(again, architecture, 0, 4, 0);

    for (ParameterShape shape : architecture.parameters()) {
      assertThat(actual.get(shape.name())).as(shape.name()).isEqualTo(expected.get(shape.name()));
    }
  }

  /** The first block's gradients are those of the groups, added; all others are untouched. */
  @ParameterizedTest
  @CsvSource({"A,1", "A_LRN,2", "B_5X5,4", "C,3", "D,2"})
  void groupsOfTheFirstBlockAddUpBitForBit(Configuration configuration, int group) {
    Architecture architecture = Networks.smallest(configuration, 41, 4);
    Parameters parameters = Networks.random(architecture, 1);
    int floats = firstBlockFloats(architecture, group);
    Training inGroups =
        new Training(
            parameters,
            kernels,
            workers,
            6,
            0.5,
            Set.of(),
            BoxLoss.SQUARED,
            ClassLoss.PLAIN,
            floats);
    Learner.Result expectedResult =
        TrainingRuns.run(training(parameters, 6, 0.5), architecture, 0, 6, 0, sums(architecture));
    Map<String, float[]> whole = gradients(parameters, 0, 6, 0.5, 0);
    GradientSums groups = sums(architecture);
    int size = RecomputedBlock.groupSize(6, group);
    for (int first = 0; first < 6; first += size) {
      TrainingRuns.run(
          training(parameters, size, 0.5), architecture, first, first + size, 0, groups);
    }

    GradientSums sums = sums(architecture);
    for (int time = 0; time < 2; time++) { // the second time on used memory
      assertThat(TrainingRuns.run(inGroups, architecture, 0, 6, 0, sums)).isEqualTo(expectedResult);
      for (ParameterShape shape : architecture.parameters()) {
        boolean inFirstBlock = shape.layer().startsWith("conv1_");
        assertThat(sums.values(shape.name()))
            .as(shape.name())
            .isEqualTo(inFirstBlock ? groups.values(shape.name()) : whole.get(shape.name()));
      }
      sums.passTo((shape, first, count, gradient) -> Arrays.fill(gradient, 0, count, 0f));
    }
  }

  @ParameterizedTest
  @CsvSource({"7,2", "6,3", "1,16", "16,16", "5,5", "16,5"})
  void groupsAreFewAndOfEqualSize(int images, int most) {
    int size = RecomputedBlock.groupSize(images, most);
    int groups = (images + size - 1) / size;
    assertThat(size).isBetween(1, most);
    assertThat(groups).isEqualTo((images + most - 1) / most);
    assertThat(groups * size - images).as("short of in the last group").isLessThan(groups);
  }

  @ParameterizedTest
  @EnumSource(names = {"A", "A_LRN", "B_5X5", "C", "D", "A_BN"})
  void posteriorsAreInferences(Configuration configuration) {
    Architecture architecture = Networks.smallest(configuration, 41, 4);
    Parameters parameters = Networks.random(architecture, 1);
    float[] images = Networks.images(architecture, 6, 2);
    Training inGroups =
        new Training(
            parameters,
            kernels,
            workers,
            6,
            0.5,
            Set.of(),
            BoxLoss.SQUARED,
            ClassLoss.PLAIN,
            firstBlockFloats(architecture, 2));
    GradientSink sgd = sgd(parameters, Parameters.zeros(architecture));
    for (int step = 0; step < 2; step++) {
      float[] expected =
          new CpuInference(parameters, kernels, workers, 6, Set.of()).posteriors(images, 6);
      float[] actual = training(parameters, 6, 0.5).posteriors(images, 6);
      if (configuration.hasBatchNorm()) { // which inference folds away: it rounds otherwise
        assertThat(actual).containsExactly(expected, offset(1e-5f));
      } else {
        assertThat(actual).isEqualTo(expected);
      }
      assertThat(inGroups.posteriors(images, 6)).isEqualTo(actual);
      TrainingRuns.run(inGroups, architecture, 0, 6, step, sgd);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"A_LRN", "B_5X5", "C", "D", "B_BN"})
  void gradientsDoNotDependOnThreads(Configuration configuration) {
    Architecture architecture = new Architecture(configuration, 0.1, 40, 7);
    Parameters parameters = Networks.random(architecture, 5);
    float[] images = Networks.images(architecture, 3, 6);
    int[] labels = Networks.labels(architecture, 3, 7);
    Map<String, float[]> expected = null;
    Learner.Result expectedResult = null;
    for (int threads = 1; threads <= 3; threads++) {
      try (Workers several = new Workers(threads)) {
        Training training = new Training(parameters, kernels, several, 3, 0.5);
        GradientSums sums = new GradientSums(architecture.parameters(), several);
        Learner.Result result =
            training.run(images, Label.listOf(labels), 1f / 3, Networks.keys(1, 0, 0, 3), sums);
        Map<String, float[]> actual = TrainingRuns.copy(architecture, sums);
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
        new CpuInference(parameters, kernels, workers, 6, Set.of()).posteriors(images, 6);
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

    Learner.Result result =
        training(parameters, 6, 0)
            .run(images, Label.listOf(labels), 1, Networks.keys(0, 0, 0, 6), sums(architecture));

    assertThat(result.lossSum()).isCloseTo(loss, within(1e-5));
    assertThat(result.correct()).isEqualTo(correct);
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
  void aLossThatIsNoNumberIsNeverCorrectAndGivesNoGradients(float broken) {
    Architecture architecture = Networks.smallest(Configuration.A, 32, 4);
    Parameters parameters = Networks.random(architecture, 1);
    parameters.ofLayer("fc8").bias()[0] = broken;
    Learner.Result result =
        training(parameters, 2, 0)
            .run(
                Networks.images(architecture, 2, 2),
                Label.listOf(1, 2),
                1,
                Networks.keys(0, 0, 0, 2),
                (shape, first, count, gradient) -> {
                  throw new AssertionError("a step that failed must change nothing");
                });
    assertThat(result.lossSum()).isNotFinite();
    assertThat(result.correct()).isZero();
  }

  @Test
  void theGradientScaleIsAFactor() {
    Architecture architecture = Networks.smallest(Configuration.A, 32, 4);
    Parameters parameters = Networks.random(architecture, 1);
    float[] images = Networks.images(architecture, 2, 2);
    int[] labels = {0, 3};
    GradientSums one = sums(architecture);
    training(parameters, 2, 0).run(images, Label.listOf(labels), 1, Networks.keys(0, 0, 0, 2), one);
    GradientSums quarter = sums(architecture);
    training(parameters, 2, 0)
        .run(images, Label.listOf(labels), 0.25f, Networks.keys(0, 0, 0, 2), quarter);
    for (ParameterShape shape : architecture.parameters()) {
      float[] full = one.values(shape.name()).clone();
      for (int i = 0; i < full.length; i++) {
        full[i] *= 0.25f; // exact
      }
      assertThat(quarter.values(shape.name())).isEqualTo(full);
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
      Parameters gradients = Parameters.zeros(architecture);
      training(parameters, 1, rate)
          .run(
              Networks.images(architecture, 1, 2),
              Label.listOf(1),
              1,
              keys,
              (shape, first, count, gradient) -> {
                System.arraycopy(gradient, 0, gradients.values(shape.name()), first, count);
                Arrays.fill(gradient, 0f);
              });
      this.fc6 = inputs(gradients.ofLayer("fc7"));
      this.fc7 = inputs(gradients.ofLayer("fc8"));
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
  @ValueSource(ints = {0, 3})
  void aBatchBeyondTheCapacityIsRefused(int count) {
    Architecture architecture = Networks.smallest(Configuration.A, 32, 4);
    Training training = training(Networks.random(architecture, 1), 2, 0);
    float[] images = Networks.images(architecture, 3, 2);
    assertThat(training.capacity()).isEqualTo(2);
    assertThatThrownBy(
            () ->
                training.run(
                    images,
                    Label.listOf(new int[count]),
                    1,
                    Networks.keys(0, 0, 0, 3),
                    sums(architecture)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("%d images, but the capacity is 2", count);
  }

  @Test
  void anActivationLongerThanAnArrayNamesTheLargestMicroBatch() {
    Architecture architecture = Networks.smallest(Configuration.B, 224, 2);
    Parameters parameters = Networks.random(architecture, 1);
    int longest = 116 * 116 * 16; // relu2_1; the first block's maps are in groups of images
    assertThatThrownBy(() -> training(parameters, 11_000, 0))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "11000 images at a time need an array of %d values for relu2_1, more than Java allows:"
                + " take a micro-batch of at most %d",
            11_000L * longest, (Integer.MAX_VALUE - 8) / longest);
  }
}
