package org.vgg4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
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
import org.vgg4j.model.Configuration;
import org.vgg4j.weights.Calibration;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.TestModels;

class PreparedImagesTest {
  private static final int LENGTH = 3 * 32 * 32;
  @TempDir static Path root;
  private static Path model;

  @BeforeAll
  static void writeModel() {
    model = root.resolve("model.safetensors");
    unsure().write(model);
  }

  /** Probabilities that are not 0 or 1. */
  private static ModelFile unsure() {
    ModelFile unsure = TestModels.random(Configuration.C, "cat", "dog", "cow");
    float[] last = unsure.arrays().get("classifier.6.weight");
    for (int i = 0; i < last.length; i++) {
      last[i] *= 0.01f;
    }
    return unsure;
  }

  private static ImageClassifier load() {
    return ImageClassifier.load(
        model, ClassifierOptions.defaults().withThreads(2).withPasses(2).withBatch(3));
  }

  private static List<RgbImage> images() {
    return IntStream.range(0, 7).mapToObj(i -> TestImages.noise(36 + i, 60 - i, i)).toList();
  }

  private static void assertSame(float[] posteriors, List<Prediction> predictions) {
    for (Prediction prediction : predictions) {
      assertThat((double) posteriors[prediction.index()]).isEqualTo(prediction.probability());
    }
  }

  @Test
  void whatIsNoNumberIsRefused() {
    Path damaged = root.resolve("damaged.safetensors");
    TestModels.constant(new float[] {Float.NaN, 1}, "cat", "dog").write(damaged);
    float[] image = new float[LENGTH];
    try (ImageClassifier classifier = ImageClassifier.load(damaged)) {
      for (int count = 1; count <= 2; count++) {
        List<float[]> images = Collections.nCopies(count, image);
        assertThatThrownBy(() -> classifier.posteriors(images))
            .isInstanceOf(InputException.class)
            .hasMessageContaining("its weights are damaged");
        assertThatThrownBy(() -> classifier.scores(images))
            .hasMessageContaining("its weights are damaged");
      }
    }
    for (float wrong : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      float[] other = new float[LENGTH];
      java.util.Arrays.fill(other, wrong);
      try (ImageClassifier classifier = load()) {
        assertThatThrownBy(() -> classifier.posteriors(List.of(image, other)))
            .isInstanceOf(InputException.class)
            .hasMessageContaining("the prepared image has values that are not numbers");
      }
    }
  }

  @Test
  void posteriorsAreWhatClassifySays() {
    List<RgbImage> images = images();
    try (ImageClassifier classifier = load()) {
      assertThat(classifier.preprocessing().crop()).isEqualTo(32);
      List<float[]> prepared = images.stream().map(classifier::prepare).toList();
      assertThat(prepared).allMatch(one -> one.length == LENGTH);
      float[][] together = classifier.posteriors(prepared);
      List<List<Prediction>> expected = classifier.classify(images, 3);
      assertThat(together).hasDimensions(7, 3);
      for (int i = 0; i < 7; i++) {
        assertSame(together[i], expected.get(i));
        float[] alone = classifier.posteriors(prepared.subList(i, i + 1))[0];
        assertSame(alone, classifier.classify(images.get(i), 3));
      }
      assertThat(classifier.posteriors(List.of())).isEmpty();
      assertThat(prepared.get(0)).as("not changed").isEqualTo(classifier.prepare(images.get(0)));
    }
  }

  @Test
  void theModelsTemperatureChangesPosteriorsAndNoScores() {
    Path hot = root.resolve("hot.safetensors");
    unsure().withCalibration(new Calibration(4, "pets", 9, "center-crop", List.of(36))).write(hot);
    RgbImage image = TestImages.noise(50, 40, 1);
    try (ImageClassifier cold = load();
        ImageClassifier warm = ImageClassifier.load(hot)) {
      List<float[]> prepared = List.of(cold.prepare(image), cold.prepare(image));
      float[][] scores = cold.scores(prepared);
      assertThat(warm.scores(prepared)).isDeepEqualTo(scores);
      assertSame(warm.posteriors(prepared)[1], warm.classify(List.of(image, image), 3).get(1));
      for (ImageClassifier classifier : List.of(cold, warm)) {
        double temperature = classifier == cold ? 1 : 4;
        double[] powers = new double[3];
        double sum = 0;
        for (int k = 0; k < 3; k++) {
          powers[k] = Math.exp((scores[0][k] - scores[0][0]) / temperature);
          sum += powers[k];
        }
        for (int k = 0; k < 3; k++) {
          assertThat((double) classifier.posteriors(prepared)[0][k])
              .isCloseTo(powers[k] / sum, within(1e-5));
        }
      }
    }
  }

  @Test
  void ofAnotherLengthOneIsNamed() {
    try (ImageClassifier classifier = load()) {
      assertThatThrownBy(
              () -> classifier.posteriors(List.of(new float[LENGTH], new float[LENGTH - 1])))
          .isInstanceOf(InputException.class)
          .hasMessage(
              "prepared image 1 (of 0 to 1) has 3071 values, but this network takes 3 x 32 x 32,"
                  + " which are 3072: prepare it with this model");
      assertThatThrownBy(() -> classifier.scores(List.of(new float[0])))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("has 0 values");
      assertThatThrownBy(() -> classifier.posteriors(Collections.singletonList(null)))
          .isInstanceOf(NullPointerException.class)
          .hasMessage("one of the prepared images is null");
      assertThatThrownBy(() -> classifier.prepare(TestImages.noise(1, 20_000_000, 1)))
          .isInstanceOf(InputException.class);
    }
  }

  @Test
  void batchesRunBesideSingleImages() throws Exception {
    List<RgbImage> images = images();
    ExecutorService callers = Executors.newFixedThreadPool(6);
    try (ImageClassifier classifier = load()) {
      List<float[]> prepared = images.stream().map(classifier::prepare).toList();
      float[][] together = classifier.posteriors(prepared);
      List<List<Prediction>> alone =
          images.stream().map(image -> classifier.classify(image, 3)).toList();
      List<Future<?>> calls = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        int n = i % 7;
        calls.add(
            callers.submit(
                () -> {
                  if (n == 0) {
                    assertThat(classifier.posteriors(prepared)).isDeepEqualTo(together);
                  } else if (n % 2 == 0) {
                    assertThat(classifier.prepare(images.get(n))).isEqualTo(prepared.get(n));
                  } else {
                    assertThat(classifier.classify(images.get(n), 3)).isEqualTo(alone.get(n));
                  }
                }));
      }
      for (Future<?> call : calls) {
        call.get();
      }
    } finally {
      callers.shutdownNow();
    }
  }

  @Test
  void closedItRefuses() {
    ImageClassifier classifier = load();
    RgbImage image = TestImages.noise(50, 40, 1);
    List<float[]> prepared = List.of(classifier.prepare(image));
    classifier.close();
    assertThatThrownBy(() -> classifier.prepare(image))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("this classifier was closed: load the model again");
    assertThatThrownBy(() -> classifier.posteriors(prepared))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> classifier.scores(prepared)).isInstanceOf(IllegalStateException.class);
    assertThat(classifier.preprocessing().scale()).isEqualTo(36);
  }
}
