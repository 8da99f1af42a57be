package org.vgg4j.network.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.data.Percentage.withPercentage;

import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.vgg4j.base.InputException;
import org.vgg4j.kernels.KernelLookup;
import org.vgg4j.kernels.Kernels;
import org.vgg4j.kernels.Workers;
import org.vgg4j.kernels.scalar.ScalarKernels;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.network.DenseInference;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.HeldArrays;
import org.vgg4j.network.Inference;
import org.vgg4j.network.MemoryPlan;
import org.vgg4j.network.Networks;
import org.vgg4j.network.Parameters;
import org.vgg4j.network.ScoreMaps;

/** The network over whole images (the paper, section 3.2). */
class DenseInferenceTest {
  private static final int CLASSES = 10;
  private static final long HEAP = 4L << 30;

  private final Kernels kernels = KernelLookup.get().kernels();
  private final Workers workers = new Workers(2);

  @AfterEach
  void endThreads() {
    workers.close();
  }

  private DenseInference dense(Parameters parameters, Kernels by) {
    return new CpuDenseInference(
        new PreparedWeights(parameters), new CpuMemory(by, workers.threads(), HEAP), workers);
  }

  private static float[] image(int height, int width, long seed) {
    Random random = new Random(seed);
    float[] image = new float[3 * height * width];
    for (int i = 0; i < image.length; i++) {
      image[i] = (float) random.nextGaussian();
    }
    return image;
  }

  @ParameterizedTest
  @EnumSource(Configuration.class)
  void onACropItIsThePlainForwardPass(Configuration configuration) {
    Architecture architecture = Networks.smallest(configuration, 64, CLASSES);
    Parameters parameters = Networks.random(architecture, 1);
    float[] images = Networks.images(architecture, 3, 2);
    float[] expected =
        new CpuInference(parameters, kernels, workers, 3, Set.of()).outputs(images, 3).clone();
    ScoreMaps maps = dense(parameters, kernels).scores(images, 3, 64, 64);
    assertThat(maps.rows()).isEqualTo(1);
    assertThat(maps.columns()).isEqualTo(1);
    for (int n = 0; n < 3; n++) {
      float[] mean = maps.mean(n);
      for (int k = 0; k < CLASSES; k++) {
        assertThat(mean[k]).isEqualTo(expected[n * CLASSES + k]);
      }
    }
  }

  /** At crop 224 the map of a square image has side Q / 32 - 6. */
  @ParameterizedTest
  @CsvSource({
    "224, 224, 224, 1, 1",
    "224, 256, 256, 2, 2",
    "224, 384, 384, 6, 6",
    "224, 255, 384, 1, 6",
    "64, 64, 200, 1, 5",
    "64, 146, 97, 3, 2",
    "32, 63, 64, 1, 2",
  })
  void sizeOfTheMap(int crop, int height, int width, int rows, int columns) {
    Parameters parameters = Networks.random(Networks.smallest(Configuration.A, crop, CLASSES), 1);
    ScoreMaps maps = dense(parameters, kernels).scores(image(height, width, 1), 1, height, width);
    assertThat(maps.rows()).isEqualTo(rows).isEqualTo(height / 32 - crop / 32 + 1);
    assertThat(maps.columns()).isEqualTo(columns).isEqualTo(width / 32 - crop / 32 + 1);
  }

  /**
   * Where no output pixel depends on its neighbours, a window of the image is as good as a crop:
   * with filters of which only the middle is not zero.
   */
  @ParameterizedTest
  @EnumSource(names = {"A", "A_LRN", "C"})
  void windowsAreSlidingCropsWhereBordersDoNotMatter(Configuration configuration) {
    Architecture architecture = Networks.smallest(configuration, 64, CLASSES);
    Parameters parameters = Networks.random(architecture, 1);
    for (ParameterShape shape : architecture.parameters()) {
      if (shape.isWeight() && shape.dimensions().size() == 4) {
        keepMiddle(parameters.values(shape.name()), shape.dimensions().get(2));
      }
    }
    int height = 128;
    int width = 160;
    float[] image = image(height, width, 2);
    ScoreMaps maps = dense(parameters, kernels).scores(image, 1, height, width);
    Inference plain = new CpuInference(parameters, kernels, workers, 1, Set.of());
    for (int row = 0; row < maps.rows(); row++) {
      for (int column = 0; column < maps.columns(); column++) {
        float[] expected = plain.outputs(crop(image, height, width, 32 * row, 32 * column, 64), 1);
        for (int k = 0; k < CLASSES; k++) {
          assertThat(maps.values()[maps.index(0, row, column) + k])
              .isCloseTo(expected[k], within(1e-3f * Math.max(1, Math.abs(expected[k]))));
        }
      }
    }
    assertThat(maps.rows() * maps.columns()).isEqualTo(3 * 4);
  }

  private static void keepMiddle(float[] filters, int kernel) {
    int area = kernel * kernel;
    for (int i = 0; i < filters.length; i++) {
      filters[i] = i % area == area / 2 ? 3 * filters[i] : 0;
    }
  }

  private static float[] crop(float[] image, int height, int width, int top, int left, int side) {
    float[] crop = new float[3 * side * side];
    for (int c = 0; c < 3; c++) {
      for (int y = 0; y < side; y++) {
        int from = (c * height + top + y) * width + left;
        System.arraycopy(image, from, crop, (c * side + y) * side, side);
      }
    }
    return crop;
  }

  /** Maps that are not square, of odd sides, small and so large that other tiles filter them. */
  @ParameterizedTest
  @CsvSource({"D, 64, 71, 133", "A_LRN, 32, 45, 32", "B_5X5, 32, 97, 50", "C, 32, 203, 131"})
  void equalsTheNaiveTwin(Configuration configuration, int crop, int height, int width) {
    Parameters parameters = Networks.random(Networks.smallest(configuration, crop, CLASSES), 1);
    float[] images = image(2 * height, width, 3);
    ScoreMaps expected = dense(parameters, new ScalarKernels()).scores(images, 2, height, width);
    ScoreMaps actual = dense(parameters, kernels).scores(images, 2, height, width);
    int length = 2 * expected.rows() * expected.columns() * CLASSES;
    float[] values = Arrays.copyOf(actual.values(), length);
    assertThat(Networks.relativeDistance(values, Arrays.copyOf(expected.values(), length)))
        .isLessThan(1e-4);
  }

  /** Rounded weights multiply windows as rows, others as columns. */
  @ParameterizedTest
  @CsvSource({"D, 64, 71, 133", "A_LRN, 32, 97, 50"})
  void roundedWeightsEqualTheNaiveTwin(
      Configuration configuration, int crop, int height, int width) {
    Parameters exact = Networks.random(Networks.smallest(configuration, crop, CLASSES), 1);
    Parameters rounded = exact.rounded(workers);
    float[] images = image(2 * height, width, 3);
    ScoreMaps expected = dense(rounded, new ScalarKernels()).scores(images, 2, height, width);
    int length = 2 * expected.rows() * expected.columns() * CLASSES;
    assertThat(expected.rows() * expected.columns()).isGreaterThan(1);
    float[] twin = Arrays.copyOf(expected.values(), length);
    float[] fast =
        Arrays.copyOf(dense(rounded, kernels).scores(images, 2, height, width).values(), length);
    float[] unrounded =
        Arrays.copyOf(dense(exact, kernels).scores(images, 2, height, width).values(), length);
    assertThat(Networks.relativeDistance(fast, twin)).isLessThan(1e-4);
    assertThat(Networks.relativeDistance(fast, unrounded)).isBetween(1e-4, 1e-2);
  }

  /** One after another, back to the first, in batches or alone: sizes leave nothing behind. */
  @Test
  void sizesMayFollowOneAnother() {
    Parameters parameters = Networks.random(Networks.smallest(Configuration.D, 32, CLASSES), 1);
    DenseInference reused = dense(parameters, kernels);
    int[][] sizes = {{40, 64}, {200, 130}, {32, 32}, {64, 40}, {40, 64}};
    for (int[] size : sizes) {
      float[] images = image(3 * size[0], size[1], 4);
      float[] batch = reused.scores(images, 3, size[0], size[1]).mean(2);
      float[] last = Arrays.copyOfRange(images, 2 * images.length / 3, images.length);
      assertThat(reused.scores(last, 1, size[0], size[1]).mean(0)).isEqualTo(batch);
      assertThat(dense(parameters, kernels).scores(last, 1, size[0], size[1]).mean(0))
          .isEqualTo(batch);
    }
  }

  @Test
  void meanIsThatOfTheScores() {
    ScoreMaps maps = new ScoreMaps(2, 1, 2, 2, new float[] {1, 2, 3, 5, 0, 0, -1, 4, 99});
    assertThat(maps.mean(0)).containsExactly(2, 3.5f);
    assertThat(maps.mean(1)).containsExactly(-0.5f, 2);
  }

  @Test
  void memoryIsPlanned() {
    Architecture architecture = new Architecture(Configuration.D, 0.1, 64, CLASSES);
    Parameters parameters = Networks.random(architecture, 1);
    try (Workers one = new Workers(1)) {
      DenseInference inference =
          new CpuDenseInference(
              new PreparedWeights(parameters), new CpuMemory(kernels, 1, HEAP), one);
      float[] images = image(2 * 200, 310, 1);
      inference.scores(images, 2, 200, 310);
      MemoryPlan plan = MemoryPlanner.dense(architecture, kernels, 2, 200, 310, 1, FcWeights.FP32);
      long held = HeldArrays.bytes(inference) + (long) Float.BYTES * images.length;
      assertThat((double) plan.total()).isCloseTo(held, withPercentage(0.5));
    }
  }

  /** Beside a pass over crops, whose kernels have the same form at this size. */
  @Test
  void weightsInTheSameFormAreShared() {
    Architecture architecture = new Architecture(Configuration.D, 0.1, 64, CLASSES);
    Parameters parameters = Networks.random(architecture, 1);
    float[] image = image(64, 64, 1);
    float[] alone = dense(parameters, kernels).scores(image, 1, 64, 64).mean(0);
    PreparedWeights weights = new PreparedWeights(parameters);
    CpuMemory memory = new CpuMemory(kernels, workers.threads(), HEAP);
    Inference crops = new CpuInference(weights, memory, workers, 1, Set.of());
    long before = HeldArrays.bytes(crops);
    CpuDenseInference dense = new CpuDenseInference(weights, memory, workers);
    assertThat(dense.scores(image, 1, 64, 64).mean(0)).isEqualTo(alone);
    long prepared =
        MemoryPlanner.dense(architecture, kernels, 1, 64, 64, 2, FcWeights.FP32)
            .parts()
            .get(MemoryPlan.PREPARED);
    long beside = HeldArrays.bytes(crops, dense) - before;
    assertThat(beside).isLessThan(prepared);
  }

  @Test
  void whatDoesNotFitIsRefusedWithWhatItNeeds() {
    Architecture architecture = new Architecture(Configuration.D, 1, 224, 1000);
    Parameters parameters = Parameters.zeros(architecture);
    DenseInference inference = dense(parameters, kernels);
    assertThat(inference.capacity(256, 256, 16)).isEqualTo(16);
    assertThat(inference.capacity(1000, 1000, 16)).isBetween(1, 8);
    assertThatThrownBy(() -> inference.capacity(3000, 4000, 2))
        .isInstanceOf(InputException.class)
        .hasMessageMatching(
            "the network over an image of 4000 x 3000 pixels needs 5,\\d{3} MB of heap, but only"
                + " 3,650 MB can be used: take smaller test scales, or give Java more.*");
    assertThatThrownBy(() -> inference.capacity(20_000, 30_000, 1))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("in longer arrays than Java has");
  }

  @Test
  void smallerThanTheCrop() {
    Parameters parameters = Networks.random(Networks.smallest(Configuration.A, 64, CLASSES), 1);
    assertThatThrownBy(() -> dense(parameters, kernels).scores(image(64, 63, 1), 1, 64, 63))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
