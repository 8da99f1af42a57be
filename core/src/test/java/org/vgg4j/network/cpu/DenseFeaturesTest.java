package org.vgg4j.network.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Percentage.withPercentage;

import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.vgg4j.base.InputException;
import org.vgg4j.base.ScarceMemoryException;
import org.vgg4j.kernels.KernelLookup;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.Workers;
import org.vgg4j.kernels.scalar.ScalarKernels;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.Layer;
import org.vgg4j.model.LayerShape;
import org.vgg4j.network.DenseFeatures;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.FeatureMaps;
import org.vgg4j.network.HeldArrays;
import org.vgg4j.network.MemoryPlan;
import org.vgg4j.network.Networks;
import org.vgg4j.network.Parameters;
import org.vgg4j.network.ScoreMaps;
import org.vgg4j.network.Taps;

/** What layers make of whole images. */
class DenseFeaturesTest {
  private static final int CLASSES = 10;
  private static final long HEAP = 4L << 30;

  private final Kernels kernels = KernelLookup.get().kernels();
  private final Workers workers = new Workers(2);

  @AfterEach
  void endThreads() {
    workers.close();
  }

  private DenseFeatures features(Parameters parameters, Kernels by, Set<String> taps) {
    CpuMemory memory = new CpuMemory(by, workers.threads(), HEAP);
    return new CpuDenseFeatures(new PreparedWeights(parameters), memory, workers, taps);
  }

  private static float[] images(int count, int height, int width) {
    Random random = new Random(3);
    float[] images = new float[count * 3 * height * width];
    for (int i = 0; i < images.length; i++) {
      images[i] = (float) random.nextGaussian();
    }
    return images;
  }

  private static Set<String> all(Architecture architecture) {
    return architecture.withoutBatchNorm().layers().stream()
        .map(Layer::tap)
        .collect(Collectors.toSet());
  }

  @ParameterizedTest
  @EnumSource(Configuration.class)
  void onACropTheyAreThePlainForwardPasses(Configuration configuration) {
    Architecture architecture = Networks.smallest(configuration, 64, CLASSES);
    Parameters parameters = Networks.random(architecture, 1);
    float[] images = Networks.images(architecture, 3, 2);
    Set<String> taps = all(architecture);
    CpuInference plain = new CpuInference(parameters, kernels, workers, 3, taps);
    plain.outputs(images, 3);
    Map<String, FeatureMaps> maps = features(parameters, kernels, taps).features(images, 3, 64, 64);
    assertThat(maps).containsOnlyKeys(taps);
    maps.forEach((tap, map) -> assertThat(map.values()).as(tap).isEqualTo(plain.tap(tap)));
  }

  /** Of odd sides, several windows, and so large that other tiles filter the first maps. */
  @ParameterizedTest
  @CsvSource({"D, 64, 71, 133, 1", "A_LRN, 32, 45, 97, 3", "B_5X5, 32, 97, 50, 2"})
  void theyEqualTheNaiveTwinAndHaveTheLayersShapes(
      Configuration configuration, int crop, int height, int width, int count) {
    Architecture architecture = Networks.smallest(configuration, crop, CLASSES);
    Parameters parameters = Networks.random(architecture, 1);
    float[] images = images(count, height, width);
    Set<String> taps = all(architecture);
    Map<String, FeatureMaps> expected =
        features(parameters, new ScalarKernels(), taps).features(images, count, height, width);
    Map<String, FeatureMaps> actual =
        features(parameters, kernels, taps).features(images, count, height, width);
    for (LayerShape shape : architecture.shapes(height, width)) {
      String tap = shape.layer().tap();
      FeatureMaps map = actual.get(tap);
      assertThat(map.images()).isEqualTo(count);
      assertThat(map.channels()).as(tap).isEqualTo(shape.channels());
      assertThat(map.height()).as(tap).isEqualTo(shape.height());
      assertThat(map.width()).as(tap).isEqualTo(shape.width());
      assertThat(map.values()).hasSize((int) (count * shape.outputs()));
      assertThat(Networks.relativeDistance(map.values(), expected.get(tap).values()))
          .as(tap)
          .isLessThan(1e-4);
    }
  }

  /** More windows than a block of them has; rounded weights take them as rows. */
  @ParameterizedTest
  @CsvSource({"false", "true"})
  void theLastLayersMapsAreTheScores(boolean rounded) {
    Architecture architecture = Networks.smallest(Configuration.A, 32, CLASSES);
    Parameters exact = Networks.random(architecture, 1);
    Parameters parameters = rounded ? exact.rounded(workers) : exact;
    int height = 170;
    int width = 234;
    float[] images = images(3, height, width);
    CpuMemory memory = new CpuMemory(kernels, workers.threads(), HEAP);
    ScoreMaps scores =
        new CpuDenseInference(new PreparedWeights(parameters), memory, workers)
            .scores(images, 3, height, width);
    assertThat(3 * scores.rows() * scores.columns()).isGreaterThan(64);
    FeatureMaps maps =
        features(parameters, kernels, Set.of("fc8")).features(images, 3, height, width).get("fc8");
    for (int n = 0; n < 3; n++) {
      for (int k = 0; k < CLASSES; k++) {
        for (int row = 0; row < scores.rows(); row++) {
          for (int column = 0; column < scores.columns(); column++) {
            assertThat(maps.values()[maps.index(n, k) + row * maps.width() + column])
                .isEqualTo(scores.values()[scores.index(n, row, column) + k]);
          }
        }
      }
    }
  }

  /** The pass ends with the deepest output, so the image may be smaller than the crop. */
  @ParameterizedTest
  @CsvSource({
    "relu1_1, 1, 3, 5",
    "pool1, 2, 3, 5",
    "relu3_2, 4, 17, 6",
    "pool5, 32, 32, 47",
    "fc6, 64, 64, 65"
  })
  void imagesMayBeAsSmallAsTheOutputAllows(String tap, int smallest, int height, int width) {
    Architecture architecture = Networks.smallest(Configuration.B, 64, CLASSES);
    Parameters parameters = Networks.random(architecture, 1);
    DenseFeatures features = features(parameters, kernels, Set.of(tap));
    assertThat(features.smallestSide()).isEqualTo(smallest);
    float[] images = images(2, height, width);
    float[] expected =
        features(parameters, new ScalarKernels(), Set.of(tap))
            .features(images, 2, height, width)
            .get(tap)
            .values();
    FeatureMaps actual = features.features(images, 2, height, width).get(tap);
    assertThat(actual.values()).hasSameSizeAs(expected);
    assertThat(Networks.norm(expected)).isPositive();
    assertThat(Networks.relativeDistance(actual.values(), expected)).isLessThan(1e-4);
    assertThatThrownBy(() -> features.features(images, 1, smallest, smallest - 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "1 images of %d x %d pixels, where %s takes at least %d x %d",
            smallest - 1, smallest, tap, smallest, smallest);
  }

  @Test
  void sizesAndBatchesLeaveNothingBehind() {
    Parameters parameters = Networks.random(Networks.smallest(Configuration.D, 32, CLASSES), 1);
    Set<String> taps = Set.of("relu2_2", "pool4");
    DenseFeatures reused = features(parameters, kernels, taps);
    for (int[] size : new int[][] {{40, 64}, {200, 130}, {16, 16}, {40, 64}}) {
      float[] images = images(2, size[0], size[1]);
      float[] last = Arrays.copyOfRange(images, images.length / 2, images.length);
      FeatureMaps batch = reused.features(images, 2, size[0], size[1]).get("pool4");
      float[] alone =
          features(parameters, kernels, taps)
              .features(last, 1, size[0], size[1])
              .get("pool4")
              .values();
      assertThat(Arrays.copyOfRange(batch.values(), batch.index(1, 0), batch.values().length))
          .isEqualTo(alone);
    }
  }

  @ParameterizedTest
  @CsvSource({"relu1_2", "relu4_1", "fc7"})
  void memoryIsPlanned(String tap) {
    Architecture architecture = new Architecture(Configuration.D, 0.1, 64, CLASSES);
    Parameters parameters = Networks.random(architecture, 1);
    Set<String> taps = Set.of(tap, "pool1");
    try (Workers one = new Workers(1)) {
      CpuMemory memory = new CpuMemory(kernels, 1, HEAP);
      DenseFeatures features =
          new CpuDenseFeatures(new PreparedWeights(parameters), memory, one, taps);
      float[] images = images(2, 200, 310);
      Map<String, FeatureMaps> maps = features.features(images, 2, 200, 310);
      MemoryPlan plan =
          MemoryPlanner.dense(
              architecture, kernels, Taps.of(architecture, taps), 2, 200, 310, 1, FcWeights.FP32);
      long held = HeldArrays.bytes(features, maps, images);
      assertThat((double) plan.total()).isCloseTo(held, withPercentage(0.5));
    }
  }

  /** One such image would otherwise take most of the heap as long as the model is there. */
  @Test
  void memoryForElongatedImagesIsNotKept() {
    Parameters parameters = Networks.random(Networks.smallest(Configuration.D, 32, CLASSES), 1);
    DenseFeatures features = features(parameters, kernels, Set.of("fc7"));
    Map<String, FeatureMaps> ordinary = features.features(images(1, 40, 64), 1, 40, 64);
    long before = HeldArrays.bytes(features);
    Map<String, FeatureMaps> elongated = features.features(images(1, 40, 900), 1, 40, 900);
    assertThat(elongated.get("fc7").values()).isNotEmpty();
    assertThat(HeldArrays.bytes(features)).isLessThanOrEqualTo(before);
    assertThat(features.features(images(1, 40, 64), 1, 40, 64).get("fc7").values())
        .isEqualTo(ordinary.get("fc7").values());
  }

  /** Which an elongated image may use that needs no more. */
  @Test
  void memoryForOrdinaryImagesIsKept() {
    Parameters parameters = Networks.random(Networks.smallest(Configuration.D, 32, CLASSES), 1);
    DenseFeatures features = features(parameters, kernels, Set.of("fc7"));
    Map<String, FeatureMaps> unused = features.features(images(8, 80, 128), 8, 80, 128);
    long before = workers.held();
    assertThat(before).isPositive();
    unused = features.features(images(1, 40, 90), 1, 40, 90);
    assertThat(workers.held()).isEqualTo(before);
  }

  /** Which a service does not blame the image for. */
  @Test
  void wantOfHeapIsSaidAsSuch() {
    Parameters parameters = Networks.random(Networks.smallest(Configuration.A, 32, CLASSES), 1);
    CpuMemory little = new CpuMemory(kernels, workers.threads(), 100_000);
    DenseFeatures features =
        new CpuDenseFeatures(new PreparedWeights(parameters), little, workers, Set.of("fc7"));
    assertThatThrownBy(() -> features.capacity(400, 600, 1))
        .isInstanceOf(ScarceMemoryException.class)
        .hasMessageContaining("of heap, but only");
    assertThatThrownBy(
            () -> new CpuInference(new PreparedWeights(parameters), little, workers, 64, Set.of()))
        .isInstanceOf(ScarceMemoryException.class);
  }

  @Test
  void outputsThatThereAreNotAreRefused() {
    Parameters parameters = Networks.random(Networks.smallest(Configuration.A, 32, CLASSES), 1);
    assertThatThrownBy(() -> features(parameters, kernels, Set.of("relu1_1", "relu1_2")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("has no output 'relu1_2': choose from fc6, fc7, fc8, pool1,");
    assertThatThrownBy(() -> features(parameters, kernels, Set.of()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no output of network");
  }
}
