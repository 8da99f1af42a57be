package org.vgg4j.network.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Percentage.withPercentage;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.kernels.KernelLookup;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.HeadLayers;
import org.vgg4j.model.Label;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.network.BoxLoss;
import org.vgg4j.network.ClassLoss;
import org.vgg4j.network.Exchange;
import org.vgg4j.network.Learner;
import org.vgg4j.network.LearnerOptions;
import org.vgg4j.network.MemoryPlan;
import org.vgg4j.network.Networks;
import org.vgg4j.network.ParameterStore;
import org.vgg4j.network.Parameters;

/** What a step makes of a network, in one micro-batch and in several. */
class LearnerTest {
  private static final Architecture NETWORK = Networks.smallest(Configuration.A, 32, 4);

  /** Its largest weights are several of the chunks that threads share. */
  private static final Architecture WIDE =
      Networks.smallest(Configuration.A, 32, 4, HeadLayers.of("400,400", null));

  private static final int BATCH = 6;
  private static final double RATE = 0.05;
  private static final LearnerOptions.Descent DESCENT =
      new LearnerOptions.Descent(0.9, 5e-4, true, Set.of("conv2_1"), Map.of("fc8", 3.0));

  private final Kernels kernels = KernelLookup.get().kernels();
  private final Workers workers = new Workers(2);
  private final float[] images = Networks.images(NETWORK, BATCH, 2);
  private final int[] labels = Networks.labels(NETWORK, BATCH, 3);

  @AfterEach
  void close() {
    workers.close();
  }

  private Learner learner(int microBatch) {
    return learner(new LearnerOptions(BATCH, microBatch, 0.5, DESCENT));
  }

  private Learner learner(LearnerOptions options) {
    MemoryPlan memory = MemoryPlanner.training(NETWORK, kernels, options.size(), 2);
    return new CpuLearner(
        Networks.random(NETWORK, 1), options, Exchange.ALONE, memory, kernels, workers);
  }

  private Learner.Result step(Learner learner, int epoch, int... microBatches) {
    learner.begin(new Learner.Batch(microBatches, RATE));
    int first = 0;
    for (int count : microBatches) {
      add(learner, epoch, first, first + count);
      first += count;
    }
    return learner.update();
  }

  private void add(Learner learner, int epoch, int from, int to) {
    learner.add(
        Networks.part(NETWORK, images, from, to),
        Label.listOf(Arrays.copyOfRange(labels, from, to)),
        Networks.keys(9, epoch, 100 + from, to - from));
  }

  /** The same from its parts: gradients of the forward and backward pass, then SGD. */
  private Parameters twoStepsByHand(int... microBatches) {
    Parameters weights = Networks.random(NETWORK, 1);
    Parameters velocities = Parameters.zeros(NETWORK);
    Training training = new Training(weights, kernels, workers, BATCH, 0.5, DESCENT.frozen());
    Sgd sgd = new Sgd(weights, velocities, kernels, workers, DESCENT);
    sgd.setRate(RATE);
    GradientSums sums = new GradientSums(NETWORK.parameters(), workers);
    for (int epoch = 0; epoch < 2; epoch++) {
      int first = 0;
      for (int count : microBatches) {
        TrainingRuns.run(training, NETWORK, first, first + count, epoch, sums);
        first += count;
      }
      sums.passTo(sgd);
    }
    return weights;
  }

  @Test
  void oneMicroBatchIsAStepOfSgd() {
    Learner learner = learner(BATCH);
    step(learner, 0, BATCH);
    step(learner, 1, BATCH);
    Parameters expected = twoStepsByHand(BATCH);
    for (ParameterShape shape : NETWORK.parameters()) {
      assertThat(learner.weights().values(shape.name()))
          .as(shape.name())
          .isEqualTo(expected.values(shape.name()));
    }
  }

  /** But for the fully connected layers, whose images are added in another order. */
  @Test
  void microBatchesAreAStepOfTheirSum() {
    Learner learner = learner(2);
    step(learner, 0, 2, 2, 2);
    step(learner, 1, 2, 2, 2);
    Parameters expected = twoStepsByHand(2, 2, 2);
    for (ParameterShape shape : NETWORK.parameters()) {
      assertThat(
              Networks.relativeDistance(
                  learner.weights().values(shape.name()), expected.values(shape.name())))
          .as(shape.name())
          .isLessThan(1e-5);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {BATCH, 2})
  void frozenLayersStayAndOthersMove(int microBatch) {
    Learner learner = learner(microBatch);
    long before = learner.weights().checksum();
    int[] microBatches = new int[BATCH / microBatch];
    Arrays.fill(microBatches, microBatch);
    Learner.Result result = step(learner, 0, microBatches);
    assertThat(result.lossSum()).isPositive();
    assertThat(result.correct()).isBetween(0, BATCH);
    Parameters start = Networks.random(NETWORK, 1);
    for (ParameterShape shape : NETWORK.parameters()) {
      float[] now = learner.weights().values(shape.name());
      float[] velocity = learner.velocities().values(shape.name());
      if (shape.layer().equals("conv2_1")) {
        assertThat(now).isEqualTo(start.values(shape.name()));
        assertThat(velocity).containsOnly(0f);
      } else {
        assertThat(Networks.norm(velocity)).as(shape.name()).isPositive();
      }
    }
    assertThat(learner.weights().checksum()).isNotEqualTo(before);
  }

  /** Also where the first micro-batches had gradients. */
  @ParameterizedTest
  @ValueSource(ints = {BATCH, 2})
  void aLossThatIsNotFiniteChangesNothing(int microBatch) {
    Learner learner = learner(microBatch);
    int[] microBatches = new int[BATCH / microBatch];
    Arrays.fill(microBatches, microBatch);
    images[images.length - 1] = Float.NaN;
    long before = learner.weights().checksum();
    assertThat(step(learner, 0, microBatches).lossSum()).isNaN();
    assertThat(learner.weights().checksum()).isEqualTo(before);
    assertThat(learner.velocities().checksum()).isEqualTo(Parameters.zeros(NETWORK).checksum());
  }

  private static LearnerOptions averaged() {
    return new LearnerOptions(BATCH, BATCH, 0.5, DESCENT, BoxLoss.SQUARED, ClassLoss.PLAIN, true);
  }

  private static Map<String, float[]> copy(ParameterStore store) {
    Map<String, float[]> copies = new HashMap<>();
    for (ParameterShape shape : store.architecture().parameters()) {
      copies.put(shape.name(), store.values(shape.name()).clone());
    }
    return copies;
  }

  private static void assertEqual(ParameterStore actual, Map<String, float[]> expected) {
    expected.forEach((name, values) -> assertThat(actual.values(name)).as(name).isEqualTo(values));
  }

  @Test
  void theAverageIsWhatItIsByHand() {
    Learner learner = learner(averaged());
    Map<String, float[]> expected = copy(Networks.random(NETWORK, 1));
    assertEqual(learner.averages(), expected);
    double[] shares = {0.5, 0.25, 1};
    for (int step = 0; step < shares.length; step++) {
      step(learner, step, BATCH);
      learner.average(shares[step]);
      for (ParameterShape shape : NETWORK.parameters()) {
        float[] average = expected.get(shape.name());
        float[] weight = learner.weights().values(shape.name());
        for (int i = 0; i < average.length; i++) {
          average[i] =
              shares[step] == 1
                  ? weight[i]
                  : average[i] + (float) shares[step] * (weight[i] - average[i]);
        }
      }
      assertEqual(learner.averages(), expected);
    }
  }

  @Test
  void exchangedAveragesAreWhatIsComputedWith() {
    Learner learner = learner(averaged());
    float[] before = learner.posteriors(images, BATCH);
    step(learner, 0, BATCH);
    Map<String, float[]> moved = copy(learner.weights());
    float[] after = learner.posteriors(images, BATCH);
    assertThat(after).isNotEqualTo(before);
    learner.exchangeAverage();
    assertThat(learner.posteriors(images, BATCH)).isEqualTo(before);
    assertEqual(learner.averages(), moved);
    learner.exchangeAverage();
    assertThat(learner.posteriors(images, BATCH)).isEqualTo(after);
    assertEqual(learner.weights(), moved);
  }

  @Test
  void anAverageThatIsNotKeptIsNotThere() {
    Learner learner = learner(BATCH);
    assertThat(learner.memory().parts()).doesNotContainKey(MemoryPlan.AVERAGES);
    assertThat(learner(averaged()).memory().parts())
        .containsEntry(MemoryPlan.AVERAGES, NETWORK.valueCount() * Float.BYTES);
    assertThatThrownBy(() -> learner.average(0.5)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(learner::averages).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(learner::exchangeAverage).isInstanceOf(IllegalStateException.class);
  }

  /** With neither momentum nor decay, a step is the gradient times the rate. */
  private Learner clipped(Architecture network, int microBatch, double clip) {
    LearnerOptions.Descent descent =
        new LearnerOptions.Descent(0, 0, true, Set.of("conv2_1"), Map.of(), clip);
    LearnerOptions options = new LearnerOptions(BATCH, microBatch, 0.5, descent);
    MemoryPlan memory = MemoryPlanner.training(network, kernels, options.size(), 2);
    return new CpuLearner(
        Networks.random(network, 1), options, Exchange.ALONE, memory, kernels, workers);
  }

  private static double normOfStep(Learner learner) {
    double sum = 0;
    for (ParameterShape shape : learner.weights().architecture().parameters()) {
      if (!shape.isStatistic()) {
        sum += Math.pow(Networks.norm(learner.velocities().values(shape.name())), 2);
      }
    }
    return Math.sqrt(sum) / RATE;
  }

  /** Running statistics move as ever, and frozen layers do not count. */
  @ParameterizedTest
  @CsvSource({"A, 6", "A, 2", "A_BN, 6", "A_BN, 3"})
  void longGradientsAreScaledAndOthersAreNot(Configuration configuration, int microBatch) {
    Architecture network = Networks.smallest(configuration, 32, 4);
    int[] microBatches = new int[BATCH / microBatch];
    Arrays.fill(microBatches, microBatch);
    Learner free = clipped(network, microBatch, Double.POSITIVE_INFINITY);
    step(free, 0, microBatches);
    double norm = normOfStep(free);
    Learner wide = clipped(network, microBatch, 1.001 * norm);
    step(wide, 0, microBatches);
    assertEqual(wide.weights(), copy(free.weights()));
    Learner narrow = clipped(network, microBatch, 0.1 * norm);
    step(narrow, 0, microBatches);
    assertThat(normOfStep(narrow)).isCloseTo(0.1 * norm, withPercentage(1e-3));
    for (ParameterShape shape : network.parameters()) {
      float[] expected = free.velocities().values(shape.name()).clone();
      for (int i = 0; i < expected.length && !shape.isStatistic(); i++) {
        expected[i] *= 0.1f;
      }
      float[] actual = narrow.velocities().values(shape.name());
      if (shape.layer().equals("conv2_1")) {
        assertThat(actual).containsOnly(0f);
        continue;
      }
      assertThat(Networks.relativeDistance(actual, expected)).as(shape.name()).isLessThan(1e-5);
    }
  }

  /** Several threads do not change a bit of the norm, which depends on the order of its sum. */
  @Test
  void theNormDoesNotDependOnThreads() {
    Learner two = clipped(WIDE, 2, 0.01);
    step(two, 0, 2, 2, 2);
    LearnerOptions options =
        new LearnerOptions(
            BATCH,
            2,
            0.5,
            new LearnerOptions.Descent(0, 0, true, Set.of("conv2_1"), Map.of(), 0.01));
    try (Workers five = new Workers(5)) {
      Learner other =
          new CpuLearner(
              Networks.random(WIDE, 1), options, Exchange.ALONE, two.memory(), kernels, five);
      step(other, 0, 2, 2, 2);
      assertEqual(other.weights(), copy(two.weights()));
    }
  }

  @Test
  void aNormThatIsNoNumberClipsNothing() {
    LearnerOptions.Descent descent =
        new LearnerOptions.Descent(0.9, 0, true, Set.of(), Map.of(), 2);
    assertThat(descent.clipFactor(2)).isEqualTo(1);
    assertThat(descent.clipFactor(8)).isEqualTo(0.25);
    assertThat(descent.clipFactor(0)).isEqualTo(1);
    assertThat(descent.clipFactor(Double.NaN)).isEqualTo(1);
    assertThat(descent.clipFactor(Double.POSITIVE_INFINITY)).isEqualTo(1);
    assertThat(new LearnerOptions.Descent(0.9, 0, true).clips()).isFalse();
  }

  @Test
  void weightsThatAreChangedAreUsedAtOnce() {
    Learner learner = learner(BATCH);
    for (ParameterShape shape : NETWORK.parameters()) {
      if (shape.layer().equals("fc8")) {
        learner.weights().change(shape.name(), values -> Arrays.fill(values, 1));
      }
    }
    assertThat(learner.posteriors(images, BATCH)).containsOnly(0.25f);
  }

  @Test
  void anotherMicroBatchThanWasAnnouncedIsRefused() {
    Learner learner = learner(2);
    learner.begin(new Learner.Batch(new int[] {2, 1, 0}, RATE));
    add(learner, 0, 0, 2);
    assertThatThrownBy(() -> add(learner, 0, 2, 4))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("a micro-batch of 1 images was announced, one of 2 has come");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 7})
  void aMicroBatchHasImagesAndIsAtMostABatch(int microBatch) {
    assertThatThrownBy(() -> new LearnerOptions(BATCH, microBatch, 0.5, DESCENT))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("micro-batches of " + microBatch + " images");
  }
}
