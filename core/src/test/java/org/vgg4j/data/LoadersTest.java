package org.vgg4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.vgg4j.base.InputException;
import org.vgg4j.image.Preprocessor;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.TestImages;
import org.vgg4j.model.Interpolation;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.model.Rgb;

/** The sampler, augmentation, the two loaders and the mean. */
class LoadersTest {
  private static final int CROP = 6;
  private static final int SAMPLE = 3 * CROP * CROP;
  private static final ParallelFor THREADS =
      (tasks, body) -> IntStream.range(0, tasks).parallel().forEach(body);
  private static final Preprocessing PREPROCESSING = Preprocessing.paper(new Rgb(1, 2, 3), 8, CROP);

  private static Augmentation augmentation(boolean flip) {
    return new Augmentation(8, CROP, Interpolation.BILINEAR, flip, 7);
  }

  private static Dataset noise(int size) {
    TestDataset dataset = new TestDataset("a", "b", "c");
    for (int i = 0; i < size; i++) {
      dataset.add(i % 3, TestImages.noise(8 + i % 4, 9, i));
    }
    return dataset;
  }

  private static BatchLoader loader(Dataset dataset, ParallelFor parallel) {
    return new BatchLoader(
        dataset, new Sampler(dataset.size(), 7), augmentation(true), PREPROCESSING, parallel);
  }

  @Test
  void samplerVisitsEverySampleInAnOrderOfItsOwn() {
    Sampler sampler = new Sampler(50, 7);
    assertThat(IntStream.of(sampler.order(0)).sorted().toArray())
        .isEqualTo(IntStream.range(0, 50).toArray());
    assertThat(sampler.order(0)).isEqualTo(new Sampler(50, 7).order(0));
    assertThat(sampler.order(0)).isNotEqualTo(sampler.order(1));
    assertThat(sampler.order(0)).isNotEqualTo(new Sampler(50, 8).order(0));
  }

  @Test
  void augmentationCutsEverywhereAndFlipsHalfOfTheTime() {
    // No rescaling, so the red and green of the first pixel are the offsets.
    RgbImage image = TestImages.coordinates(10, 8);
    int[][] counts = new int[5][3];
    int flips = 0;
    for (int sample = 0; sample < 6000; sample++) {
      RgbImage cut = augmentation(true).apply(image, 0, sample);
      boolean flipped = cut.pixels()[0] > cut.pixels()[3];
      RgbImage upright = flipped ? cut.flipHorizontally() : cut;
      counts[upright.pixels()[0]][upright.pixels()[1]]++;
      flips += flipped ? 1 : 0;
    }
    assertThat(flips).isCloseTo(3000, within(200));
    for (int[] row : counts) {
      assertThat(IntStream.of(row))
          .allSatisfy(count -> assertThat(count).isCloseTo(400, within(100)));
    }
  }

  @Test
  void augmentationWithoutFlipKeepsTheSideAndTheCut() {
    RgbImage image = TestImages.coordinates(10, 8);
    for (int sample = 0; sample < 100; sample++) {
      RgbImage cut = augmentation(false).apply(image, 0, sample);
      assertThat(cut.pixels()[0]).isLessThan(cut.pixels()[3]);
    }
  }

  @Test
  void augmentationDependsOnSeedEpochAndSample() {
    RgbImage image = TestImages.noise(40, 40, 1);
    Augmentation augmentation = new Augmentation(40, CROP, Interpolation.BILINEAR, true, 7);
    Augmentation other = new Augmentation(40, CROP, Interpolation.BILINEAR, true, 8);
    byte[] cut = augmentation.apply(image, 2, 3).pixels();
    assertThat(augmentation.apply(image, 2, 3).pixels()).isEqualTo(cut);
    assertThat(augmentation.apply(image, 3, 3).pixels()).isNotEqualTo(cut);
    assertThat(augmentation.apply(image, 2, 4).pixels()).isNotEqualTo(cut);
    assertThat(other.apply(image, 2, 3).pixels()).isNotEqualTo(cut);
  }

  @Test
  void augmentationRescales() {
    RgbImage cut = augmentation(true).apply(TestImages.noise(100, 50, 1), 0, 0);
    assertThat(cut.width()).isEqualTo(CROP);
    assertThat(cut.height()).isEqualTo(CROP);
  }

  @Test
  void scaleBelowCrop() {
    assertThatThrownBy(() -> new Augmentation(31, 32, Interpolation.BILINEAR, true, 7))
        .isInstanceOf(InputException.class)
        .hasMessage("training scale S = 31 is below crop 32: take a scale of at least the crop");
  }

  @Test
  void batchesHoldTheAugmentedSamplesInOrder() {
    Dataset dataset = noise(11);
    int[] order = new Sampler(11, 7).order(2);
    float[] images = new float[5 * SAMPLE];
    int[] labels = new int[5];
    loader(dataset, ParallelFor.SERIAL).load(2, 3, 4, images, labels);
    for (int i = 0; i < 4; i++) {
      int index = order[3 + i];
      float[] expected = new float[SAMPLE];
      new Preprocessor(PREPROCESSING)
          .write(augmentation(true).apply(dataset.image(index), 2, index), expected, 0);
      assertThat(Arrays.copyOfRange(images, i * SAMPLE, (i + 1) * SAMPLE)).isEqualTo(expected);
      assertThat(labels[i]).isEqualTo(dataset.label(index));
    }
    assertThat(images[4 * SAMPLE]).isZero();
  }

  @Test
  void batchesDoNotDependOnThreadsNorOnTheirBoundaries() {
    Dataset dataset = noise(12);
    float[] whole = new float[12 * SAMPLE];
    int[] wholeLabels = new int[12];
    loader(dataset, ParallelFor.SERIAL).load(1, 0, 12, whole, wholeLabels);
    BatchLoader loader = loader(dataset, THREADS);
    for (int first = 0; first < 12; first += 5) {
      int count = Math.min(5, 12 - first);
      float[] images = new float[count * SAMPLE];
      int[] labels = new int[count];
      loader.load(0, first, count, images, labels);
      loader.load(1, first, count, images, labels);
      assertThat(images)
          .isEqualTo(Arrays.copyOfRange(whole, first * SAMPLE, (first + count) * SAMPLE));
      assertThat(labels).isEqualTo(Arrays.copyOfRange(wholeLabels, first, first + count));
    }
  }

  @Test
  void anEpochShowsEveryImageOnce() {
    TestDataset dataset = new TestDataset("a", "b");
    for (int i = 0; i < 20; i++) {
      dataset.add(i % 2, TestImages.plain(8, 8, i, 0, 0));
    }
    float[] images = new float[20 * SAMPLE];
    loader(dataset, THREADS).load(0, 0, 20, images, new int[20]);
    Set<Float> reds = new HashSet<>();
    for (int i = 0; i < 20; i++) {
      reds.add(images[i * SAMPLE]);
    }
    assertThat(reds).hasSize(20);
  }

  @Test
  void centerCropsComeInTheOrderOfTheData() {
    Dataset dataset = noise(7);
    float[] images = new float[3 * SAMPLE];
    int[] labels = new int[3];
    new CenterCropLoader(dataset, PREPROCESSING, THREADS).load(4, 3, images, labels);
    Preprocessor preprocessor = new Preprocessor(PREPROCESSING);
    for (int i = 0; i < 3; i++) {
      float[] expected = new float[SAMPLE];
      preprocessor.write(preprocessor.centerCrop(dataset.image(4 + i)), expected, 0);
      assertThat(Arrays.copyOfRange(images, i * SAMPLE, (i + 1) * SAMPLE)).isEqualTo(expected);
      assertThat(labels[i]).isEqualTo((4 + i) % 3);
    }
  }

  @Test
  void positionsMustStayInTheData() {
    Dataset dataset = noise(7);
    float[] images = new float[4 * SAMPLE];
    assertThatThrownBy(() -> loader(dataset, ParallelFor.SERIAL).load(0, 5, 3, images, new int[4]))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(
            () ->
                new CenterCropLoader(dataset, PREPROCESSING, ParallelFor.SERIAL)
                    .load(5, 3, images, new int[4]))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void buffersMustBeLargeEnough() {
    BatchLoader loader = loader(noise(7), ParallelFor.SERIAL);
    assertThatThrownBy(() -> loader.load(0, 0, 2, new float[2 * SAMPLE - 1], new int[2]))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> loader.load(0, 0, 2, new float[2 * SAMPLE], new int[1]))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void partsMustFitTogether() {
    Dataset dataset = noise(7);
    assertThatThrownBy(
            () ->
                new BatchLoader(
                    dataset,
                    new Sampler(8, 7),
                    augmentation(true),
                    PREPROCESSING,
                    ParallelFor.SERIAL))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void anImageThatCannotBeUsedIsNamed() {
    Dataset dataset =
        new TestDataset("a", "b")
            .add(0, TestImages.plain(8, 8, 0, 0, 0))
            .add(1, TestImages.plain(1, 4_000_000, 0, 0, 0));
    CenterCropLoader loader = new CenterCropLoader(dataset, PREPROCESSING, ParallelFor.SERIAL);
    assertThatThrownBy(() -> loader.load(0, 2, new float[2 * SAMPLE], new int[2]))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("test/1: a picture of 1 x 4000000 pixels is too elongated");
  }

  @Test
  void meanIsOverAllPixels() {
    Dataset dataset =
        new TestDataset("a", "b")
            .add(0, TestImages.plain(3, 1, 0, 100, 255))
            .add(1, TestImages.plain(1, 1, 10, 200, 255));
    assertThat(MeanRgb.of(dataset, THREADS)).isEqualTo(new Rgb(2.5f, 125, 255));
    Dataset noise = noise(50);
    assertThat(MeanRgb.of(noise, THREADS)).isEqualTo(MeanRgb.of(noise, ParallelFor.SERIAL));
  }
}
