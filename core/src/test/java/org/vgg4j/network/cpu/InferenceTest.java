package org.vgg4j.network.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.FutureTask;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;
import org.vgg4j.kernels.KernelLookup;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.Workers;
import org.vgg4j.kernels.scalar.ScalarKernels;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.Layer;
import org.vgg4j.model.LayerShape;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.HeldArrays;
import org.vgg4j.network.HostThreads;
import org.vgg4j.network.Inference;
import org.vgg4j.network.Network;
import org.vgg4j.network.Networks;
import org.vgg4j.network.Parameters;

/** The forward pass: taps, batches, threads. Its values are GoldenTest's matter. */
class InferenceTest {
  private final Kernels kernels = KernelLookup.get().kernels();
  private final Workers workers = new Workers(2);

  @AfterEach
  void closeWorkers() {
    workers.close();
  }

  private Inference inference(Parameters parameters, int capacity, String... taps) {
    return new CpuInference(parameters, kernels, workers, capacity, Set.of(taps));
  }

  @ParameterizedTest
  @EnumSource
  void everyLayerCanBeTappedAndNoTapChangesAScore(Configuration configuration) {
    // 72: maps of 72, 36, 18, 9 and 4, so one pool drops a row
    Architecture architecture = new Architecture(configuration, 0.07, 72, 6);
    Parameters parameters = Networks.random(architecture, 1);
    float[] images = Networks.images(architecture, 2, 2);
    float[] fused = inference(parameters, 2).outputs(images, 2).clone();
    Architecture folded = architecture.withoutBatchNorm();
    Set<String> all = folded.layers().stream().map(Layer::tap).collect(Collectors.toSet());
    Inference tapped = inference(parameters, 2, all.toArray(String[]::new));

    assertThat(tapped.outputs(images, 2)).isEqualTo(fused);

    for (LayerShape shape : folded.shapes()) {
      float[] values = tapped.tap(shape.layer().tap());
      assertThat(values).as(shape.layer().tap()).hasSize(Math.toIntExact(2 * shape.outputs()));
      assertThat(Networks.norm(values)).as(shape.layer().tap()).isPositive();
    }
    assertThat(tapped.tap("fc8")).isEqualTo(fused);
    assertPooled(tapped.tap("relu5_" + configuration.blocks().get(4).size()), 4, tapped, "pool5");
    // one tap alone keeps one pool apart and the others fused
    Inference one = inference(parameters, 2, "relu1_1", "pool3");
    assertThat(one.outputs(images, 2)).isEqualTo(fused);
    assertThat(one.tap("relu1_1")).isEqualTo(tapped.tap("relu1_1"));
    assertThat(one.tap("pool3")).isEqualTo(tapped.tap("pool3"));
  }

  /** That one tap is the 2x2 max pool of another, in plain [N][C][H][W]. */
  private static void assertPooled(float[] full, int side, Inference inference, String pool) {
    float[] pooled = inference.tap(pool);
    int half = side / 2;
    assertThat(full).hasSize(pooled.length * 4);
    for (int i = 0; i < pooled.length; i++) {
      int first = i / (half * half) * side * side + 2 * (i / half % half) * side + 2 * (i % half);
      float upper = Math.max(full[first], full[first + 1]);
      float lower = Math.max(full[first + side], full[first + side + 1]);
      assertThat(pooled[i]).isEqualTo(Math.max(upper, lower));
    }
  }

  @Test
  void anUnknownTapIsAnsweredWithTheKnownOnes() {
    Architecture architecture = Networks.smallest(Configuration.A_LRN, 32, 3);
    Parameters parameters = Networks.random(architecture, 1);
    assertThatThrownBy(() -> inference(parameters, 1, "conv1_1"))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "network A-LRN (width 0.02, crop 32, 3 classes) has no output 'conv1_1': choose from"
                + " fc6, fc7, fc8, lrn1, pool1, pool2, pool3, pool4, pool5, relu1_1, relu2_1,"
                + " relu3_1, relu3_2, relu4_1, relu4_2, relu5_1, relu5_2");
  }

  @Test
  void aTapIsACopyAndOnlyOfWhatWasAskedFor() {
    Architecture architecture = Networks.smallest(Configuration.A, 32, 3);
    Inference inference = inference(Networks.random(architecture, 1), 2, "fc7");
    assertThatThrownBy(() -> inference.tap("fc7")).hasMessageContaining("fc7");
    inference.outputs(Networks.images(architecture, 2, 2), 2);
    float[] tap = inference.tap("fc7");
    Arrays.fill(inference.tap("fc7"), -1);
    assertThat(inference.tap("fc7")).isEqualTo(tap);
    assertThatThrownBy(() -> inference.tap("fc6"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("nothing was kept of fc6");
    // a smaller batch leaves a smaller tap
    inference.outputs(Networks.images(architecture, 1, 2), 1);
    assertThat(inference.tap("fc7")).isEqualTo(Arrays.copyOf(tap, tap.length / 2));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, 4})
  void aBatchBeyondTheCapacityIsRefused(int count) {
    Architecture architecture = Networks.smallest(Configuration.A, 32, 3);
    Inference inference = inference(Networks.random(architecture, 1), 3);
    float[] images = Networks.images(architecture, 4, 2);
    assertThat(inference.capacity()).isEqualTo(3);
    assertThatThrownBy(() -> inference.outputs(images, count))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("%d images, but the capacity is 3", count);
  }

  @Test
  void anActivationLongerThanAnArrayNamesTheLargestBatch() {
    Architecture architecture = Networks.smallest(Configuration.A, 32, 2);
    Parameters parameters = Networks.random(architecture, 1);
    int longest = 18 * 18 * 16; // pool1, fused with conv1_1
    PreparedWeights weights = new PreparedWeights(parameters);
    CpuMemory memory = new CpuMemory(kernels, 1, Long.MAX_VALUE);
    assertThatThrownBy(() -> new CpuInference(weights, memory, workers, 500_000, Set.of()))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "500000 images at a time need an array of %d values for activations, more than Java"
                + " allows: take a micro-batch of at most %d",
            500_000L * longest, (Integer.MAX_VALUE - 8) / longest);
  }

  @ParameterizedTest
  @EnumSource(names = {"A_LRN", "B_5X5", "C", "D"})
  void anImagesScoresDoNotDependOnItsBatch(Configuration configuration) {
    Architecture architecture = Networks.smallest(configuration, 40, 7);
    Parameters parameters = Networks.random(architecture, 3);
    float[] images = Networks.images(architecture, 7, 4);
    float[] together = inference(parameters, 7).outputs(images, 7).clone();
    Inference large = inference(parameters, 9);
    for (int size : new int[] {1, 2, 3}) {
      Inference small = inference(parameters, size);
      for (int first = 0; first + size <= 7; first++) {
        float[] part = Networks.part(architecture, images, first, first + size);
        float[] expected = Arrays.copyOfRange(together, first * 7, (first + size) * 7);
        assertThat(small.outputs(part, size)).as("batch of %d", size).isEqualTo(expected);
        // what an earlier, larger batch left in the memory must not matter
        assertThat(Arrays.copyOf(large.outputs(part, size), size * 7)).isEqualTo(expected);
      }
      large.outputs(images, 7);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"A_LRN", "B_5X5", "C", "E"})
  void scoresDoNotDependOnThreads(Configuration configuration) {
    Architecture architecture = new Architecture(configuration, 0.1, 48, 7);
    Parameters parameters = Networks.random(architecture, 5);
    float[] images = Networks.images(architecture, 3, 6);
    float[] expected;
    try (Workers one = new Workers(1)) {
      expected = new CpuInference(parameters, kernels, one, 3, Set.of()).outputs(images, 3).clone();
    }
    for (int threads = 2; threads <= 3; threads++) {
      try (Workers several = new Workers(threads)) {
        Inference inference = new CpuInference(parameters, kernels, several, 3, Set.of());
        assertThat(inference.outputs(images, 3)).as("%d threads", threads).isEqualTo(expected);
      }
    }
  }

  @Test
  void posteriorsAreTheSoftmaxOfTheScores() {
    Architecture architecture = Networks.smallest(Configuration.A, 32, 5);
    Inference inference = inference(Networks.random(architecture, 1), 4);
    float[] images = Networks.images(architecture, 4, 2);
    float[] posteriors = inference.posteriors(images, 4);
    float[] scores = inference.outputs(images, 4);
    for (int n = 0; n < 4; n++) {
      double sum = 0;
      for (int k = 0; k < 5; k++) {
        sum += Math.exp(scores[n * 5 + k]);
      }
      for (int k = 0; k < 5; k++) {
        double expected = Math.exp(scores[n * 5 + k]) / sum;
        assertThat((double) posteriors[n * 5 + k]).isCloseTo(expected, within(1e-6));
      }
    }
  }

  /** Passes with other taps, by threads of their own, read the same arrays, and give the same. */
  @Test
  void passesShareTheirWeights() throws Exception {
    Architecture architecture = Networks.smallest(Configuration.D, 32, 3);
    float[] images = Networks.images(architecture, 2, 2);
    try (Engine engine = Engines.open(Device.CPU, 2);
        HostThreads own = new HostThreads(1);
        Network network = engine.load(Networks.random(architecture, 1))) {
      Inference first = network.inference(2, Set.of());
      Inference tapped = network.inference(own, 2, Set.of("relu1_2", "relu5_3"));
      float[] expected = first.outputs(images, 2).clone();
      FutureTask<float[]> beside = new FutureTask<>(() -> tapped.outputs(images, 2).clone());
      new Thread(beside).start();
      assertThat(first.outputs(images, 2)).isEqualTo(expected);
      assertThat(beside.get()).isEqualTo(expected);
      long both = HeldArrays.bytes(List.of(first, tapped));
      long prepared =
          engine
              .memory()
              .inference(architecture, 1, FcWeights.FP32)
              .parts()
              .get("prepared weights");
      assertThat(both).isLessThan(HeldArrays.bytes(first) + HeldArrays.bytes(tapped) - prepared);
    }
  }

  /** With both kinds of kernels: what a network gives whose weights are floats of 8 bits. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5})
  void roundedWeightsGiveTheScoresOfTheirValues(int count) {
    // fc6 reads 576 features, more than one part of its sums
    Architecture architecture = new Architecture(Configuration.A, 0.12, 96, 37);
    Parameters parameters = Networks.random(architecture, 5);
    float[] images = Networks.images(architecture, count, 6);
    Map<String, float[]> values = Networks.copy(parameters);
    for (String fc : new String[] {"classifier.0", "classifier.3", "classifier.6"}) {
      float[] weights = values.get(fc + ".weight");
      for (int i = 0; i < weights.length; i++) {
        weights[i] = nearestOfEightBits(weights[i]);
      }
    }
    Kernels scalar = new ScalarKernels();
    float[] expected =
        new CpuInference(new Parameters(architecture, values), scalar, workers, count, Set.of())
            .outputs(images, count);
    float largest = 0;
    for (float score : expected) {
      largest = Math.max(largest, Math.abs(score));
    }
    Parameters rounded = parameters.rounded(workers);
    for (Kernels tested : new Kernels[] {scalar, kernels}) {
      float[] actual =
          new CpuInference(rounded, tested, workers, count, Set.of()).outputs(images, count);
      for (int i = 0; i < expected.length; i++) {
        assertThat(actual[i])
            .as("score %d of %s kernels", i, tested.name())
            .isCloseTo(expected[i], within(1e-5f * largest));
      }
    }
    assertThat(inference(parameters, count).outputs(images, count)).isNotEqualTo(expected);
  }

  private static float nearestOfEightBits(float value) {
    float unit = Math.ulp(value) * (1 << 16);
    return (float) (Math.rint((double) value / unit) * unit);
  }

  @Test
  void scoresOfRoundedWeightsDependNeitherOnThreadsNorOnTheBatch() {
    Architecture architecture = new Architecture(Configuration.A, 0.12, 96, 37);
    Parameters parameters = Networks.random(architecture, 5).rounded(workers);
    float[] images = Networks.images(architecture, 5, 6);
    float[] expected = inference(parameters, 5).outputs(images, 5).clone();
    try (Workers one = new Workers(1);
        Workers three = new Workers(3)) {
      for (Workers threads : new Workers[] {one, three}) {
        Inference inference = new CpuInference(parameters, kernels, threads, 5, Set.of());
        assertThat(inference.outputs(images, 5)).isEqualTo(expected);
      }
    }
    Inference single = inference(parameters, 1);
    for (int n = 0; n < 5; n++) {
      assertThat(single.outputs(Networks.part(architecture, images, n, n + 1), 1))
          .isEqualTo(Arrays.copyOfRange(expected, n * 37, (n + 1) * 37));
    }
  }
}
