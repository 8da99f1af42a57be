package org.vgg4j.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.base.InputException;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.TestImages;
import org.vgg4j.image.transform.Box;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.Task;
import org.vgg4j.network.Device;
import org.vgg4j.weights.Calibration;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Provenance;
import org.vgg4j.weights.TestModels;

class ImageLocalizerTest {
  private static final String[] CLASSES = {"cat", "dog", "cow"};
  @TempDir static Path root;
  private static Path labels;
  private static Path finder;

  /** The middle of the crop, half as wide; cow's boxes leave the image on the left. */
  @BeforeAll
  static void writeModels() {
    labels = root.resolve("labels.safetensors");
    labels().write(labels);
    finder = root.resolve("finder.safetensors");
    float[] boxes = {
      0, 0, 0, 0,
      0, 0, 0, 0,
      -2, 0, 0, 0,
    };
    TestModels.constant(Task.BOX_PER_CLASS, boxes, CLASSES).write(finder);
  }

  private static ModelFile labels() {
    return TestModels.constant(new float[] {0, 2, 1}, CLASSES);
  }

  private static ImageLocalizer load(Path classifier) {
    return ImageLocalizer.load(List.of(finder), classifier, null, Device.CPU, 2);
  }

  @Test
  void theMostProbableFirstEachWithABoxWithinTheImage() {
    try (ImageLocalizer localizer = load(labels)) {
      assertThat(localizer.classNames()).containsExactly(CLASSES);
      List<ImageLocalizer.Found> found = localizer.locate(TestImages.noise(72, 72, 1), 10);
      assertThat(found)
          .extracting(ImageLocalizer.Found::label)
          .containsExactly("dog", "cow", "cat");
      assertThat(found).extracting(ImageLocalizer.Found::index).containsExactly(1, 2, 0);
      double sum = 1 + Math.exp(2) + Math.exp(1);
      assertThat(found.get(0).probability()).isCloseTo(Math.exp(2) / sum, within(1e-6));
      assertThat(found.get(2).probability()).isCloseTo(1 / sum, within(1e-6));
      Box box = found.get(0).box();
      assertThat(box.left()).isCloseTo(16, within(1e-3)); // of the first window, twice as large
      assertThat(box.right()).isCloseTo(48, within(1e-3));
      assertThat(box.top()).isCloseTo(16, within(1e-3));
      assertThat(box.bottom()).isCloseTo(48, within(1e-3));
      assertThat(found.get(1).box().left()).isZero();
      assertThat(found.get(1).box().right()).isCloseTo(16, within(1e-3));
      assertThat(localizer.locate(TestImages.noise(72, 72, 1), 1)).isEqualTo(found.subList(0, 1));
      assertThatThrownBy(() -> localizer.locate(TestImages.noise(9, 9, 1), 0))
          .isInstanceOf(InputException.class)
          .hasMessage("option top is 0 but must be at least 1");
    }
  }

  @Test
  void theTemperatureOfTheLabelsModelIsThatOfTheProbabilities() {
    Path warm = root.resolve("warm.safetensors");
    labels().withCalibration(new Calibration(2, "pets", 9, "dense", List.of(36))).write(warm);
    try (ImageLocalizer localizer = load(warm)) {
      List<ImageLocalizer.Found> found = localizer.locate(TestImages.noise(72, 72, 1), 3);
      double sum = 1 + Math.exp(1) + Math.exp(0.5);
      assertThat(found)
          .extracting(ImageLocalizer.Found::label)
          .containsExactly("dog", "cow", "cat");
      assertThat(found.get(0).probability()).isCloseTo(Math.exp(1) / sum, within(1e-6));
      assertThat(found.get(2).probability()).isCloseTo(1 / sum, within(1e-6));
    }
  }

  /** An image and its mirror image are the same to a model that was shown both in training. */
  @Test
  void aModelThatWasTrainedWithoutMirrorImagesIsShownNone() {
    ModelFile random = TestModels.random(Configuration.A, CLASSES);
    Path usual = root.resolve("usual.safetensors");
    random.write(usual);
    Path unflipped = root.resolve("unflipped.safetensors");
    new ModelFile(
            random.architecture(),
            random.arrays(),
            random.preprocessing(),
            random.classNames(),
            new Provenance(Map.of("flip", false), "pets", "0123", "1.0", Map.of()))
        .write(unflipped);
    assertThat(differenceOfMirrorImages(usual)).isLessThan(1e-6);
    assertThat(differenceOfMirrorImages(unflipped)).isGreaterThan(1e-5);
  }

  private static double differenceOfMirrorImages(Path classifier) {
    RgbImage image = TestImages.noise(72, 72, 1);
    try (ImageLocalizer localizer = load(classifier)) {
      return Math.abs(
          localizer.locate(image, 1).get(0).probability()
              - localizer.locate(image.flipHorizontally(), 1).get(0).probability());
    }
  }

  @Test
  void manyThreadsGetWhatOneGets() throws Exception {
    Path random = root.resolve("random.safetensors");
    TestModels.random(Configuration.A, CLASSES).write(random);
    List<RgbImage> images =
        IntStream.range(0, 5).mapToObj(i -> TestImages.noise(50 + 13 * i, 70, i)).toList();
    ExecutorService callers = Executors.newFixedThreadPool(4);
    try (ImageLocalizer localizer =
        ImageLocalizer.load(List.of(finder), random, "36,64", Device.CPU, 2)) {
      List<List<ImageLocalizer.Found>> expected =
          images.stream().map(image -> localizer.locate(image, 2)).toList();
      List<Future<?>> calls = new ArrayList<>();
      for (int i = 0; i < 30; i++) {
        int n = i % 5;
        calls.add(
            callers.submit(
                () -> assertThat(localizer.locate(images.get(n), 2)).isEqualTo(expected.get(n))));
      }
      for (Future<?> call : calls) {
        call.get();
      }
    } finally {
      callers.shutdownNow();
    }
  }

  @Test
  void modelsOfTheOtherKindAreRefused() {
    assertThatThrownBy(() -> load(finder))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(finder + " finds boxes and does not classify");
    assertThatThrownBy(() -> ImageLocalizer.load(List.of(labels), labels, null, Device.CPU, 1))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(labels + " classifies and finds no boxes");
  }

  @Test
  void closedItRefuses() {
    ImageLocalizer localizer = load(labels);
    localizer.close();
    localizer.close();
    assertThatThrownBy(() -> localizer.locate(TestImages.noise(40, 40, 1), 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("this localizer was closed: load the models again");
    assertThat(localizer.classNames()).hasSize(3);
  }
}
