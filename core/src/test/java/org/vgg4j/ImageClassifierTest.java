package org.vgg4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.TestImages;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.network.Engine;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.HeldArrays;
import org.vgg4j.network.MemoryPlan;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.TestModels;

class ImageClassifierTest {
  @TempDir static Path root;
  private static Path model;

  @BeforeAll
  static void writeModel() {
    model = root.resolve("model.safetensors");
    TestModels.random(Configuration.C, "cat", "dog", "cow").write(model);
  }

  private static void assertClose(List<Prediction> actual, List<Prediction> expected) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.size(); i++) {
      assertThat(actual.get(i).label()).isEqualTo(expected.get(i).label());
      assertThat(actual.get(i).probability())
          .isCloseTo(expected.get(i).probability(), within(1e-4));
    }
  }

  @Test
  void probabilitiesOfAllClassesBestFirst() {
    try (ImageClassifier classifier = ImageClassifier.load(model)) {
      assertThat(classifier.classNames()).containsExactly("cat", "dog", "cow");
      assertThat(classifier.architecture().configuration()).isEqualTo(Configuration.C);
      List<Prediction> guesses =
          classifier.classify(TestImages.noise(50, 40, 1).toBufferedImage(), 5);
      assertThat(guesses).extracting(Prediction::label).doesNotHaveDuplicates().hasSize(3);
      assertThat(guesses.stream().mapToDouble(Prediction::probability).sum())
          .isCloseTo(1, within(1e-5));
      assertThat(guesses.get(0).probability()).isGreaterThanOrEqualTo(guesses.get(1).probability());
      for (Prediction guess : guesses) {
        assertThat(classifier.classNames().get(guess.index())).isEqualTo(guess.label());
      }
    }
  }

  @Test
  void asManyGuessesAsAskedFor() {
    try (ImageClassifier classifier = ImageClassifier.load(model)) {
      BufferedImage image = TestImages.noise(50, 40, 1).toBufferedImage();
      List<Prediction> all = classifier.classify(image, 1000);
      assertThat(classifier.classify(image, 1)).isEqualTo(all.subList(0, 1));
      assertThat(classifier.classify(image, 2)).isEqualTo(all.subList(0, 2));
      for (int top : new int[] {0, -1}) {
        assertThatThrownBy(() -> classifier.classify(image, top))
            .isInstanceOf(InputException.class)
            .hasMessage("option top is %d but must be at least 1", top);
      }
    }
  }

  @Test
  void noPictures() {
    try (ImageClassifier classifier = ImageClassifier.load(model)) {
      assertThat(classifier.classify(List.of(), 5)).isEmpty();
    }
  }

  /** The same opaque picture in other clothes. */
  @ParameterizedTest
  @ValueSource(
      ints = {
        BufferedImage.TYPE_INT_RGB,
        BufferedImage.TYPE_INT_ARGB,
        BufferedImage.TYPE_INT_BGR,
        BufferedImage.TYPE_3BYTE_BGR,
        BufferedImage.TYPE_4BYTE_ABGR
      })
  void typesOfImages(int type) {
    BufferedImage source = TestImages.noise(50, 40, 2).toBufferedImage();
    BufferedImage image = new BufferedImage(50, 40, type);
    for (int y = 0; y < 40; y++) {
      for (int x = 0; x < 50; x++) {
        image.setRGB(x, y, source.getRGB(x, y));
      }
    }
    try (ImageClassifier classifier = ImageClassifier.load(model, 1)) {
      assertThat(classifier.classify(image, 3)).isEqualTo(classifier.classify(source, 3));
    }
  }

  @Test
  void greyIsEqualRedGreenAndBlue() {
    BufferedImage grey = new BufferedImage(40, 40, BufferedImage.TYPE_BYTE_GRAY);
    BufferedImage rgb = new BufferedImage(40, 40, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 1600; i++) {
      int value = i * 7 % 256;
      grey.getRaster().setSample(i % 40, i / 40, 0, value);
      rgb.setRGB(i % 40, i / 40, value * 0x010101);
    }
    try (ImageClassifier classifier = ImageClassifier.load(model, 1)) {
      assertThat(classifier.classify(grey, 3)).isEqualTo(classifier.classify(rgb, 3));
    }
  }

  @Test
  void anySize() {
    try (ImageClassifier classifier = ImageClassifier.load(model)) {
      for (int[] size : new int[][] {{1, 1}, {500, 3}, {3, 500}, {32, 32}, {300, 200}}) {
        BufferedImage image = TestImages.noise(size[0], size[1], 3).toBufferedImage();
        assertThat(classifier.classify(image, 3)).hasSize(3);
      }
    }
  }

  @Test
  void manyPicturesAreClassifiedAsEachByItself() {
    List<RgbImage> pictures =
        IntStream.range(0, 40).mapToObj(i -> TestImages.noise(36 + i, 60 - i, i)).toList();
    try (ImageClassifier classifier = ImageClassifier.load(model)) {
      List<List<Prediction>> together = classifier.classify(pictures, 3);
      assertThat(together).hasSize(40);
      for (int i = 0; i < 40; i++) {
        assertClose(together.get(i), classifier.classify(pictures.subList(i, i + 1), 3).get(0));
      }
    }
  }

  @Test
  void threadsChangeNothing() {
    BufferedImage image = TestImages.noise(50, 40, 1).toBufferedImage();
    try (ImageClassifier one = ImageClassifier.load(model, 1);
        ImageClassifier three = ImageClassifier.load(model, 3)) {
      assertThat(three.classify(image, 3)).isEqualTo(one.classify(image, 3));
    }
  }

  @Test
  void severalThreadsMayCallAtOnce() throws Exception {
    List<BufferedImage> images =
        IntStream.range(0, 8).mapToObj(i -> TestImages.noise(40, 40, i).toBufferedImage()).toList();
    ExecutorService callers = Executors.newFixedThreadPool(4);
    try (ImageClassifier classifier = ImageClassifier.load(model)) {
      List<List<Prediction>> expected =
          images.stream().map(image -> classifier.classify(image, 3)).toList();
      List<Future<List<Prediction>>> answers = new ArrayList<>();
      for (int i = 0; i < 64; i++) {
        BufferedImage image = images.get(i % 8);
        answers.add(callers.submit(() -> classifier.classify(image, 3)));
      }
      for (int i = 0; i < 64; i++) {
        assertThat(answers.get(i).get()).isEqualTo(expected.get(i % 8));
      }
    } finally {
      callers.shutdownNow();
    }
  }

  @Test
  void roundedWeightsHardlyChangeTheAnswerAndSayHowMuchTheyWereRounded() {
    ModelFile unsure = TestModels.random(Configuration.C, "cat", "dog", "cow");
    float[] last = unsure.arrays().get("classifier.6.weight");
    for (int i = 0; i < last.length; i++) {
      last[i] *= 0.01f; // so that the soft-max is not 1 for one class
    }
    Path file = root.resolve("unsure.safetensors");
    unsure.write(file);
    BufferedImage image = TestImages.noise(50, 40, 1).toBufferedImage();
    try (ImageClassifier exact = ImageClassifier.load(file, 2);
        ImageClassifier rounded = ImageClassifier.load(file, 2, FcWeights.BF16)) {
      assertThat(exact.roundingErrors()).isEmpty();
      assertThat(rounded.roundingErrors()).containsOnlyKeys("fc6", "fc7", "fc8");
      assertThat(rounded.roundingErrors().values()).allMatch(e -> e > 0x1p-10 && e < 0x1p-9);
      List<Prediction> expected = exact.classify(image, 3);
      List<Prediction> actual = rounded.classify(image, 3);
      assertThat(actual).isNotEqualTo(expected);
      for (int i = 0; i < 3; i++) {
        assertThat(actual.get(i).label()).isEqualTo(expected.get(i).label());
        assertThat(actual.get(i).probability())
            .isCloseTo(expected.get(i).probability(), within(0.02));
      }
    }
  }

  @Test
  void roundedWeightsAreHeldOnce() {
    try (ImageClassifier exact = ImageClassifier.load(model, 1);
        ImageClassifier rounded = ImageClassifier.load(model, 1, FcWeights.BF16)) {
      Architecture architecture = exact.architecture();
      long saved =
          memory(architecture, FcWeights.FP32).total()
              - memory(architecture, FcWeights.BF16).total();
      assertThat(saved).isPositive();
      assertThat(HeldArrays.bytes(exact) - HeldArrays.bytes(rounded)).isEqualTo(saved);
    }
  }

  private static MemoryPlan memory(Architecture architecture, FcWeights form) {
    try (Engine engine = new Engine(1)) {
      return engine.inferenceMemory(architecture, 1, form);
    }
  }

  @Test
  void missingModel() {
    Path nowhere = root.resolve("nowhere.safetensors");
    assertThatThrownBy(() -> ImageClassifier.load(nowhere))
        .isInstanceOf(InputException.class)
        .hasMessage("there is no file %s: check the path", nowhere);
  }
}
