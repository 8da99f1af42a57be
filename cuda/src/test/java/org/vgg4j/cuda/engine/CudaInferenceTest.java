package org.vgg4j.cuda.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vgg4j.base.InputException;
import org.vgg4j.cuda.driver.Emulator;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.network.DenseFeatures;
import org.vgg4j.network.DenseInference;
import org.vgg4j.network.Engine;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.FeatureMaps;
import org.vgg4j.network.GoldenFile;
import org.vgg4j.network.HostThreads;
import org.vgg4j.network.Inference;
import org.vgg4j.network.MemoryPlan;
import org.vgg4j.network.Network;
import org.vgg4j.network.Networks;
import org.vgg4j.network.Parameters;
import org.vgg4j.network.Precision;
import org.vgg4j.network.ScoreMaps;

/** Crops and whole images on the emulated GPU, beside PyTorch's scores and the CPU's. */
@ExtendWith(Emulator.class)
class CudaInferenceTest {
  private static final int CLASSES = 10;

  /** Within a share of the largest value. */
  private static void assertClose(String name, float[] actual, float[] expected, double share) {
    assertThat(actual).as(name).hasSameSizeAs(expected);
    float largest = 0;
    for (float value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    assertThat(largest).as("largest of %s", name).isPositive();
    float allowed = (float) (share * largest);
    for (int i = 0; i < expected.length; i++) {
      assertThat(actual[i]).as("%s[%d]", name, i).isCloseTo(expected[i], within(allowed));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "A_LRN, a-lrn, 64, FP32, 1e-4",
    "A_BN, a-bn, 40, FP32, 1e-4",
    "C, c, 40, FP32, 1e-4",
    "D, d, 32, FP32, 1e-4",
    "D, d, 32, BF16, 2e-2"
  })
  void scoresAndTapsArePyTorchs(
      Configuration configuration, String file, int crop, Precision precision, double allowed)
      throws IOException {
    GoldenFile golden = new GoldenFile(file);
    Architecture architecture = Networks.smallest(configuration, crop, CLASSES);
    try (Engine engine = Devices.gpu(precision);
        Network network = engine.load(golden.parameters(architecture))) {
      Inference inference = network.inference(4, Set.of(golden.taps()));

      float[] scores = inference.outputs(golden.tensor("input"), 4);

      assertClose("logits", scores, golden.tensor("logits"), allowed);
      for (String tap : golden.taps()) {
        assertClose(tap, inference.tap(tap), golden.tensor("tap." + tap), allowed);
      }
      assertThat(inference.stageNanos()).containsOnlyKeys(inference.work(4).keySet());
    }
  }

  @Test
  void aNetworkIsUsedInBatchesOfAnySizeUpToTheLargest() {
    Architecture architecture = Networks.smallest(Configuration.A, 32, CLASSES);
    Parameters parameters = Networks.random(architecture, 1);
    float[] images = Networks.images(architecture, 5, 2);
    try (Engine engine = Devices.gpu(Precision.FP32);
        Engine cpu = Devices.cpu();
        Network network = engine.load(parameters);
        Network reference = cpu.load(parameters)) {
      float[] expected = reference.inference(5, Set.of()).posteriors(images, 5);
      Inference inference = network.inference(3, Set.of());
      assertClose("of three", inference.posteriors(images, 3), part(expected, 3), 1e-4);
      assertClose("of one", inference.posteriors(images, 1), part(expected, 1), 1e-4);
      assertThatThrownBy(() -> inference.outputs(images, 4))
          .isInstanceOf(IllegalArgumentException.class);
      inference.enlarge(5);
      assertThat(inference.capacity()).isEqualTo(5);
      assertClose("of five", inference.posteriors(images, 5), expected, 1e-4);
      assertThatThrownBy(() -> inference.tap("pool5")).isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> network.inference(1, Set.of("relu9_9")))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("relu9_9");
    }
  }

  @Test
  void enlargedPassesGiveTheSameBits() {
    Architecture architecture = Networks.smallest(Configuration.A, 32, CLASSES);
    float[] images = Networks.images(architecture, 3, 2);
    try (Engine engine = Devices.gpu(Precision.BF16);
        Network network = engine.load(Networks.random(architecture, 1))) {
      Inference inference = network.inference(2, Set.of("pool5"));
      float[] scores = inference.outputs(images, 2);
      float[] tap = inference.tap("pool5");
      assertThat(inference.outputs(images, 2)).isEqualTo(scores);
      inference.enlarge(3);
      assertThat(inference.stageNanos()).isEmpty();
      for (int pass = 0; pass < 3; pass++) {
        assertThat(inference.outputs(images, 2)).isEqualTo(scores);
        assertThat(inference.tap("pool5")).isEqualTo(tap);
        assertThat(inference.outputs(images, 3)).startsWith(scores);
        assertThat(inference.tap("pool5")).startsWith(tap);
      }
      inference.keep(Set.of());
      assertThatThrownBy(() -> inference.tap("pool5")).isInstanceOf(IllegalArgumentException.class);
      assertThat(inference.outputs(images, 2)).isEqualTo(scores);
      assertThatThrownBy(() -> inference.tap("pool5")).isInstanceOf(IllegalArgumentException.class);
      inference.keep(Set.of("pool5"));
      assertThat(inference.outputs(images, 2)).isEqualTo(scores);
      assertThat(inference.tap("pool5")).isEqualTo(tap);
    }
  }

  @Test
  void passesOfSeveralThreadsRunBesideEachOther() throws Exception {
    Architecture architecture = Networks.smallest(Configuration.A, 32, CLASSES);
    ExecutorService pool = Executors.newFixedThreadPool(2);
    try (Engine engine = Devices.gpu(Precision.BF16);
        Network network = engine.load(Networks.random(architecture, 1))) {
      List<Future<List<float[]>>> running = new ArrayList<>();
      for (int thread = 0; thread < 2; thread++) {
        float[] images = Networks.images(architecture, 2, thread);
        running.add(
            pool.submit(
                () -> {
                  List<float[]> scores = new ArrayList<>();
                  try (HostThreads threads = new HostThreads(2);
                      Inference inference = network.inference(threads, 2, Set.of())) {
                    for (int pass = 0; pass < 4; pass++) {
                      scores.add(inference.outputs(images, 2));
                    }
                  }
                  return scores;
                }));
      }
      Inference reference = network.inference(2, Set.of());
      for (int thread = 0; thread < 2; thread++) {
        float[] expected = reference.outputs(Networks.images(architecture, 2, thread), 2).clone();
        assertThat(running.get(thread).get())
            .hasSize(4)
            .allMatch(it -> Arrays.equals(it, expected));
      }
    } finally {
      pool.shutdownNow();
    }
  }

  private static float[] part(float[] posteriors, int images) {
    return Arrays.copyOf(posteriors, images * CLASSES);
  }

  /** The window of fc6 has an even side in the second. */
  @ParameterizedTest
  @CsvSource({"A_BN, 32, 3, 75, 64", "A, 64, 2, 70, 101", "A, 96, 1, 96, 96"})
  void wholeImagesHaveTheCpusScores(
      Configuration configuration, int crop, int count, int height, int width) {
    Architecture architecture = Networks.smallest(configuration, crop, CLASSES);
    Parameters parameters = Networks.random(architecture, 1);
    float[] images = Networks.images(new Architecture(configuration, 0.02, 32 * 8, 10), 1, 3);
    try (Engine engine = Devices.gpu(Precision.FP32);
        Engine cpu = Devices.cpu();
        Network network = engine.load(parameters);
        Network reference = cpu.load(parameters)) {
      DenseInference dense = network.dense();
      assertThat(dense.capacity(height, width, count)).isEqualTo(count);
      ScoreMaps actual = dense.scores(images, count, height, width);
      ScoreMaps expected = reference.dense().scores(images, count, height, width);
      assertThat(actual.rows()).isEqualTo(expected.rows());
      assertThat(actual.columns()).isEqualTo(expected.columns());
      for (int image = 0; image < count; image++) {
        assertClose("mean " + image, actual.mean(image), expected.mean(image), 1e-4);
        assertClose(
            "posteriors",
            dense.posteriors(actual.mean(image)),
            reference.dense().posteriors(expected.mean(image)),
            1e-4);
      }
      assertThatThrownBy(() -> dense.scores(images, 1, crop - 1, crop))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void featuresOfWholeImagesAreTheCpus() {
    Architecture architecture = Networks.smallest(Configuration.A_LRN, 32, CLASSES);
    Parameters parameters = Networks.random(architecture, 1);
    float[] images = Networks.images(new Architecture(Configuration.A, 0.02, 96, 10), 1, 3);
    for (Set<String> taps :
        List.of(Set.of("relu1_1", "lrn1", "pool2", "fc7"), Set.of("relu3_2"), Set.of("pool1"))) {
      try (Engine engine = Devices.gpu(Precision.FP32);
          Engine cpu = Devices.cpu();
          Network network = engine.load(parameters);
          Network reference = cpu.load(parameters)) {
        DenseFeatures features = network.features(taps);
        DenseFeatures wanted = reference.features(taps);
        assertThat(features.smallestSide()).isEqualTo(wanted.smallestSide());
        Map<String, FeatureMaps> actual = features.features(images, 1, 71, 66);
        Map<String, FeatureMaps> expected = wanted.features(images, 1, 71, 66);
        assertThat(actual).containsOnlyKeys(expected.keySet());
        expected.forEach(
            (name, maps) -> {
              FeatureMaps got = actual.get(name);
              assertThat(got.channels()).isEqualTo(maps.channels());
              assertThat(got.height()).isEqualTo(maps.height());
              assertThat(got.width()).isEqualTo(maps.width());
              assertClose(name, got.values(), maps.values(), 1e-4);
            });
      }
    }
  }

  @Test
  void roundedWeightsAreThoseOfTheCpu() {
    Architecture architecture = Networks.smallest(Configuration.A, 32, CLASSES);
    Parameters parameters = Networks.random(architecture, 1);
    float[] images = Networks.images(architecture, 2, 2);
    try (Engine engine = Devices.gpu(Precision.FP32);
        Engine cpu = Devices.cpu();
        Network network = engine.load(parameters, FcWeights.BF16);
        Network reference = cpu.load(parameters, FcWeights.BF16)) {
      assertThat(network.fcWeights()).isEqualTo(FcWeights.BF16);
      assertThat(network.roundingErrors()).isEqualTo(reference.roundingErrors());
      assertClose(
          "scores",
          network.inference(2, Set.of()).outputs(images, 2),
          reference.inference(2, Set.of()).outputs(images, 2),
          1e-4);
    }
  }

  @Test
  void memoryIsWhatWasPlannedAndIsGivenBack() {
    Architecture architecture = Networks.smallest(Configuration.D, 64, CLASSES);
    try (Engine engine = Devices.gpu(Precision.BF16)) {
      MemoryPlan plan = engine.memory().inference(architecture, 3, FcWeights.FP32);
      long before = ((CudaEngine) engine).allocatedBytes();
      try (Network network = engine.load(Networks.random(architecture, 1))) {
        Inference unused = network.inference(3, Set.of());
        assertThat(((CudaEngine) engine).allocatedBytes() - before).isEqualTo(plan.total());
        assertThat(network.capacity(4)).isEqualTo(4);
      }
      assertThat(((CudaEngine) engine).allocatedBytes()).isEqualTo(before);
    }
  }

  @Test
  void whatDoesNotFitIsSaidBeforeItIsTried() {
    Emulator.pose(1, 12040, 80, 4L << 20);
    Architecture architecture = Networks.smallest(Configuration.A, 32, CLASSES);
    try (Engine engine = Devices.gpu(Precision.BF16);
        Network network = engine.load(Networks.random(architecture, 1))) {
      assertThatThrownBy(() -> network.inference(500, Set.of()))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("are free on cuda:0 (vgg4j emulator)")
          .hasMessageContaining("take a smaller batch");
      int fitting = network.capacity(500);
      assertThat(fitting).isBetween(1, 499);
      Inference inference = network.inference(fitting, Set.of());
      assertThat(inference.capacity()).isEqualTo(fitting);
      assertThatThrownBy(() -> network.dense().capacity(3000, 3000, 1))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("take smaller test scales");
    }
  }
}
