package org.vgg4j.network.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vgg4j.kernels.KernelLookup;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.Workers;
import org.vgg4j.kernels.scalar.ScalarKernels;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.HeadLayers;
import org.vgg4j.model.Label;
import org.vgg4j.model.Layer;
import org.vgg4j.model.LayerShape;
import org.vgg4j.model.Target;
import org.vgg4j.model.Task;
import org.vgg4j.network.DenseFeatures;
import org.vgg4j.network.Exchange;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.FeatureMaps;
import org.vgg4j.network.HeldArrays;
import org.vgg4j.network.Inference;
import org.vgg4j.network.Learner;
import org.vgg4j.network.LearnerOptions;
import org.vgg4j.network.MemoryPlan;
import org.vgg4j.network.Networks;
import org.vgg4j.network.Parameters;
import org.vgg4j.network.ScoreMaps;
import org.vgg4j.network.Taps;

/** Networks whose head is not the paper's; gradients are GradientCheckTest's matter. */
class HeadsTest {
  private static final String HEADS =
      """
      none, none
      23, none
      '17,9,30', none
      none, average
      '20', average
      """;

  private static final int CLASSES = 7;
  private static final int CROP = 64;
  private static final long HEAP = 4L << 30;

  private final Kernels kernels = KernelLookup.get().kernels();
  private final Workers workers = new Workers(2);

  @AfterEach
  void endThreads() {
    workers.close();
  }

  private static Architecture network(String head, String pooling) {
    return Networks.smallest(Configuration.A, CROP, CLASSES, HeadLayers.of(head, pooling));
  }

  private static Set<String> all(Architecture architecture) {
    return architecture.layers().stream().map(Layer::tap).collect(Collectors.toSet());
  }

  private DenseFeatures features(Parameters parameters, Kernels by, Set<String> taps) {
    CpuMemory memory = new CpuMemory(by, workers.threads(), HEAP);
    return new CpuDenseFeatures(new PreparedWeights(parameters), memory, workers, taps);
  }

  @ParameterizedTest
  @CsvSource(textBlock = HEADS)
  void aWholeImageOfTheCropsSizeIsTheCrop(String head, String pooling) {
    Architecture architecture = network(head, pooling);
    Parameters parameters = Networks.random(architecture, 1);
    float[] images = Networks.images(architecture, 3, 2);
    Set<String> taps = all(architecture);
    CpuInference plain = new CpuInference(parameters, kernels, workers, 3, taps);
    float[] scores = plain.outputs(images, 3);
    assertThat(plain.tap(architecture.outputLayer().name()))
        .isEqualTo(Arrays.copyOf(scores, 3 * CLASSES));
    Map<String, FeatureMaps> maps =
        features(parameters, kernels, taps).features(images, 3, CROP, CROP);
    assertThat(maps).containsOnlyKeys(taps);
    maps.forEach((tap, map) -> assertThat(map.values()).as(tap).isEqualTo(plain.tap(tap)));
  }

  /** Several windows: each one is what a crop at its place would be, if nothing were beside it. */
  @ParameterizedTest
  @CsvSource(textBlock = HEADS)
  void windowsEqualTheNaiveTwins(String head, String pooling) {
    Architecture architecture = network(head, pooling);
    Parameters parameters = Networks.random(architecture, 1);
    int height = 135;
    int width = 330;
    float[] images = new float[2 * 3 * height * width];
    for (int i = 0; i < images.length; i++) {
      images[i] = (float) Math.sin(i * 0.37) + i % 7 * 0.1f;
    }
    Set<String> taps = all(architecture);
    Map<String, FeatureMaps> actual =
        features(parameters, kernels, taps).features(images, 2, height, width);
    Map<String, FeatureMaps> expected =
        features(parameters, new ScalarKernels(), taps).features(images, 2, height, width);
    for (LayerShape shape : architecture.shapes(height, width)) {
      FeatureMaps map = actual.get(shape.layer().tap());
      assertThat(List.of(map.channels(), map.height(), map.width()))
          .isEqualTo(List.of(shape.channels(), shape.height(), shape.width()));
      assertThat(
              Networks.relativeDistance(map.values(), expected.get(shape.layer().tap()).values()))
          .as(shape.layer().tap())
          .isLessThan(1e-4);
    }
    if (architecture.head().averaged()) {
      assertMeans(actual.get("pool5"), actual.get("gap"));
    }
    ScoreMaps scores =
        new CpuDenseInference(
                new PreparedWeights(parameters),
                new CpuMemory(kernels, workers.threads(), HEAP),
                workers)
            .scores(images, 2, height, width);
    FeatureMaps last = actual.get(architecture.outputLayer().name());
    assertThat(scores.values()[scores.index(1, 1, 2) + 3])
        .isEqualTo(last.values()[last.index(1, 3) + last.width() + 2]);
  }

  private static void assertMeans(FeatureMaps maps, FeatureMaps means) {
    int side = CROP / 32;
    for (int i = 0; i < means.values().length; i++) {
      int column = i % means.width();
      int row = i / means.width() % means.height();
      int first = i / (means.width() * means.height()) * maps.height() * maps.width();
      double sum = 0;
      for (int y = row; y < row + side; y++) {
        for (int x = column; x < column + side; x++) {
          sum += maps.values()[first + y * maps.width() + x];
        }
      }
      assertThat(means.values()[i]).isEqualTo((float) (sum / (side * side)));
    }
  }

  @ParameterizedTest
  @CsvSource(textBlock = HEADS)
  void memoryIsPlanned(String head, String pooling) {
    Architecture architecture =
        new Architecture(
            Configuration.A, 0.1, CROP, CLASSES, Task.CLASSIFICATION, HeadLayers.of(head, pooling));
    Parameters parameters = Networks.random(architecture, 1);
    try (Workers one = new Workers(1)) {
      MemoryPlan plan = MemoryPlanner.inference(architecture, kernels, 5, 1, FcWeights.FP32);
      Inference inference = new CpuInference(parameters, kernels, one, 5, Set.of());
      float[] images = Networks.images(architecture, 5, 2);
      inference.outputs(images, 5);
      long bytes = HeldArrays.bytes(List.of(parameters, inference)) + 4L * images.length;
      assertThat(plan.total()).isCloseTo(bytes, withPercentage(1));

      Set<String> taps = Set.of(architecture.layers().get(architecture.layers().size() - 2).tap());
      MemoryPlan dense =
          MemoryPlanner.dense(
              architecture, kernels, Taps.of(architecture, taps), 2, 200, 310, 1, FcWeights.FP32);
      DenseFeatures features =
          new CpuDenseFeatures(
              new PreparedWeights(parameters), new CpuMemory(kernels, 1, HEAP), one, taps);
      float[] whole = new float[2 * 3 * 200 * 310];
      Map<String, FeatureMaps> maps = features.features(whole, 2, 200, 310);
      assertThat((double) dense.total())
          .isCloseTo(HeldArrays.bytes(features, maps, whole), withPercentage(0.5));
    }
  }

  @ParameterizedTest
  @CsvSource(textBlock = HEADS)
  void trainingHoldsWhatWasPlanned(String head, String pooling) {
    Architecture architecture = network(head, pooling);
    for (int batch : new int[] {5, 12, 500}) {
      MemoryPlan plan =
          MemoryPlanner.training(
              architecture, kernels, new LearnerOptions.Size(5, batch, false, false), 1);
      try (Workers one = new Workers(1)) {
        LearnerOptions options =
            new LearnerOptions(batch, 5, 0.5, new LearnerOptions.Descent(0.9, 5e-4, true));
        Learner learner =
            new CpuLearner(
                Networks.random(architecture, 1), options, Exchange.ALONE, plan, kernels, one);
        float[] images = Networks.images(architecture, 5, 2);
        List<Target> targets = Label.listOf(Networks.labels(architecture, 5, 3));
        learner.begin(new Learner.Batch(new int[] {5}, 0.01));
        learner.add(images, targets, Networks.keys(0, 0, 0, 5));
        assertThat(learner.update().lossSum()).isFinite();
        learner.posteriors(images, 5);
        long bytes = HeldArrays.bytes(learner) + 3L * 4 * images.length;
        assertThat(plan.total()).isCloseTo(bytes, withPercentage(0.5));
      }
    }
  }
}
