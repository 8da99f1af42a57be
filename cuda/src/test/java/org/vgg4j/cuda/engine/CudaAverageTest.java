package org.vgg4j.cuda.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Percentage.withPercentage;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.cuda.driver.Emulator;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.Label;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.model.Target;
import org.vgg4j.network.BoxLoss;
import org.vgg4j.network.ClassLoss;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.Exchange;
import org.vgg4j.network.Learner;
import org.vgg4j.network.LearnerOptions;
import org.vgg4j.network.MemoryPlan;
import org.vgg4j.network.Networks;
import org.vgg4j.network.ParameterStore;
import org.vgg4j.network.Precision;

/** Averaged weights and clipped gradients on emulated GPUs. */
@ExtendWith(Emulator.class)
class CudaAverageTest {
  private static final int BATCH = 4;
  private static final Architecture NETWORK = Networks.smallest(Configuration.A_BN, 32, 10);

  private static LearnerOptions options(int microBatch, double clip, boolean averaged) {
    return new LearnerOptions(
        BATCH,
        microBatch,
        0.5,
        new LearnerOptions.Descent(0.9, 5e-4, true, Set.of("conv2_1"), Map.of("fc8", 3.0), clip),
        BoxLoss.SQUARED,
        ClassLoss.PLAIN,
        averaged);
  }

  private static Engine engine(String device) {
    return Engines.open(org.vgg4j.network.Device.of(device).in(Precision.BF16), 2);
  }

  private static Learner learner(Engine engine, LearnerOptions options, Exchange exchange) {
    return engine.learner(Networks.random(NETWORK, 5), options, exchange);
  }

  private static Learner learner(Engine engine, LearnerOptions options) {
    return learner(engine, options, Exchange.ALONE);
  }

  private static int[] parts(Learner learner) {
    int[] parts = new int[BATCH / learner.capacity()];
    Arrays.fill(parts, learner.capacity());
    return parts;
  }

  private static void add(Learner learner, int number, int part) {
    float[] images = Networks.images(NETWORK, BATCH, 100 + number);
    List<Target> labels = Label.listOf(Networks.labels(NETWORK, BATCH, number));
    int from = part * learner.capacity();
    int to = from + learner.capacity();
    learner.add(
        Networks.part(NETWORK, images, from, to),
        labels.subList(from, to),
        Networks.keys(7, number, from, to - from));
  }

  private static void step(Learner learner, int number) {
    int[] parts = parts(learner);
    learner.begin(new Learner.Batch(parts, 0.01));
    for (int part = 0; part < parts.length; part++) {
      add(learner, number, part);
    }
    assertThat(learner.update().lossSum()).isPositive();
  }

  private static Map<String, float[]> copy(ParameterStore store) {
    Map<String, float[]> copies = new LinkedHashMap<>();
    for (ParameterShape shape : store.architecture().parameters()) {
      copies.put(shape.name(), store.values(shape.name()).clone());
    }
    return copies;
  }

  private static void assertSame(ParameterStore actual, Map<String, float[]> expected) {
    expected.forEach((name, values) -> assertThat(actual.values(name)).as(name).isEqualTo(values));
  }

  @ParameterizedTest
  @ValueSource(strings = {"cuda", "cuda:0,1"})
  void averagesAreThoseByHand(String device) {
    Emulator.pose(device.equals("cuda") ? 1 : 2, 12040, 80, 1L << 30);
    try (Engine gpu = engine(device);
        Learner learner = learner(gpu, options(2, Double.POSITIVE_INFINITY, true))) {
      Map<String, float[]> expected = copy(learner.weights());
      assertSame(learner.averages(), expected);
      float[] shares = {0.75f, 0.25f, 1};
      for (int number = 0; number < shares.length; number++) {
        step(learner, number);
        learner.average(shares[number]);
        Map<String, float[]> weights = copy(learner.weights());
        for (Map.Entry<String, float[]> average : expected.entrySet()) {
          float[] a = average.getValue();
          float[] w = weights.get(average.getKey());
          for (int i = 0; i < a.length; i++) {
            a[i] = shares[number] == 1 ? w[i] : a[i] + shares[number] * (w[i] - a[i]);
          }
        }
        assertSame(learner.averages(), expected);
      }
    }
  }

  /** Passes compute with the average, rounded as products read it, and training goes on as ever. */
  @ParameterizedTest
  @ValueSource(strings = {"cuda", "cuda:0,1"})
  void exchangedAveragesAreWhatIsComputedWith(String device) {
    Emulator.pose(device.equals("cuda") ? 1 : 2, 12040, 80, 1L << 30);
    float[] images = Networks.images(NETWORK, 2, 3);
    try (Engine gpu = engine(device);
        Learner learner = learner(gpu, options(2, Double.POSITIVE_INFINITY, true));
        Learner plain = learner(gpu, options(2, Double.POSITIVE_INFINITY, false))) {
      float[] before = learner.outputs(images, 2);
      step(learner, 0);
      step(plain, 0);
      float[] after = learner.outputs(images, 2);
      Map<String, float[]> moved = copy(learner.weights());
      learner.exchangeAverage();
      assertThat(learner.outputs(images, 2)).isEqualTo(before).isNotEqualTo(after);
      assertSame(learner.averages(), moved);
      learner.exchangeAverage();
      assertThat(learner.outputs(images, 2)).isEqualTo(after);
      step(learner, 1);
      step(plain, 1);
      assertSame(learner.weights(), copy(plain.weights()));
      assertThatThrownBy(() -> plain.average(0.5)).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(plain::averages).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(plain::exchangeAverage).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void memoryIsWhatWasPlanned() {
    Emulator.pose(1, 12040, 80, 1L << 30);
    try (Engine gpu = engine("cuda")) {
      LearnerOptions options = options(BATCH, 1, true);
      MemoryPlan planned = gpu.memory().training(NETWORK, options.size());
      assertThat(planned.parts()).containsKeys(MemoryPlan.AVERAGES, "sums of gradients");
      try (Learner learner = learner(gpu, options)) {
        assertThat(learner.memory()).isEqualTo(planned);
        assertThat(((CudaEngine) gpu).allocatedBytes()).isEqualTo(planned.total());
      }
    }
  }

  /** The norm of the gradient of what learns, from a step without momentum and decay. */
  private static double norm(Learner learner) {
    double sum = 0;
    for (ParameterShape shape : NETWORK.parameters()) {
      if (!shape.isStatistic()) {
        sum += Math.pow(Networks.norm(learner.velocities().values(shape.name())), 2);
      }
    }
    return Math.sqrt(sum) / 0.01;
  }

  private static LearnerOptions clipping(int microBatch, double clip) {
    return new LearnerOptions(
        BATCH,
        microBatch,
        0.5,
        new LearnerOptions.Descent(0, 0, true, Set.of("conv2_1"), Map.of(), clip));
  }

  @ParameterizedTest
  @ValueSource(ints = {2, BATCH})
  void longGradientsAreScaledAndOthersAreNot(int microBatch) {
    Emulator.pose(1, 12040, 80, 1L << 30);
    try (Engine gpu = engine("cuda");
        Learner free = learner(gpu, clipping(microBatch, Double.POSITIVE_INFINITY))) {
      step(free, 0);
      double norm = norm(free);
      try (Learner wide = learner(gpu, clipping(microBatch, 1.001 * norm));
          Learner narrow = learner(gpu, clipping(microBatch, 0.1 * norm))) {
        step(wide, 0);
        assertSame(wide.weights(), copy(free.weights()));
        step(narrow, 0);
        assertThat(norm(narrow)).isCloseTo(0.1 * norm, withPercentage(1e-3));
        for (ParameterShape shape : NETWORK.parameters()) {
          if (shape.isStatistic()) { // these move as ever
            assertThat(narrow.weights().values(shape.name()))
                .isEqualTo(free.weights().values(shape.name()));
          }
        }
      }
    }
  }

  /** Two GPUs, and two processes, clip to the same bits as one with the same micro-batches. */
  @Test
  void theNormIsThatOfAll() throws Exception {
    Emulator.pose(2, 12040, 80, 1L << 30);
    LearnerOptions options = options(2, 0.05, false);
    TwoRanks pair = new TwoRanks();
    try (Engine one = engine("cuda:0");
        Engine two = engine("cuda:0,1");
        Learner alone = learner(one, options);
        Learner group = learner(two, options);
        Learner first = learner(one, options, pair.new End(0));
        Learner second = learner(one, options, pair.new End(1));
        Learner free = learner(one, options(2, Double.POSITIVE_INFINITY, false))) {
      for (int number = 0; number < 2; number++) {
        step(alone, number);
        step(group, number);
        step(free, number);
        List<Learner> ranks = List.of(first, second);
        for (int rank = 0; rank < 2; rank++) {
          ranks.get(rank).begin(new Learner.Batch(new int[] {2, 2}, 0.01));
          add(ranks.get(rank), number, rank);
        }
        var other = CompletableFuture.supplyAsync(second::update);
        Learner.Result result = first.update();
        assertThat(other.get()).isEqualTo(result);
      }
      Map<String, float[]> expected = copy(alone.weights());
      assertSame(group.weights(), expected);
      assertSame(first.weights(), expected);
      assertSame(second.weights(), expected);
      assertThat(free.weights().values("classifier.6.weight"))
          .isNotEqualTo(expected.get("classifier.6.weight"));
    }
  }
}
