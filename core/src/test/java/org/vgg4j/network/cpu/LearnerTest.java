package org.vgg4j.network.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.kernels.KernelLookup;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.Workers;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.Label;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.network.Exchange;
import org.vgg4j.network.Learner;
import org.vgg4j.network.LearnerOptions;
import org.vgg4j.network.MemoryPlan;
import org.vgg4j.network.Networks;
import org.vgg4j.network.Parameters;

/** What a step makes of a network, in one micro-batch and in several. */
class LearnerTest {
  private static final Architecture NETWORK = Networks.smallest(Configuration.A, 32, 4);
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
    LearnerOptions options = new LearnerOptions(BATCH, microBatch, 0.5, DESCENT);
    MemoryPlan memory = MemoryPlanner.training(NETWORK, kernels, microBatch, BATCH, 2);
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
