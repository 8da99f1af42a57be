package org.vgg4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.vgg4j.base.InputException;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.TestImages;
import org.vgg4j.model.Configuration;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.FcWeights;
import org.vgg4j.network.HeldArrays;
import org.vgg4j.network.Parameters;
import org.vgg4j.views.GradCam;
import org.vgg4j.views.HeatMap;
import org.vgg4j.views.HeatMaps;
import org.vgg4j.views.Temperature;
import org.vgg4j.weights.Calibration;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.TestModels;

/** Grad-CAM by a classifier. */
class ClassMapsTest {
  private static final ClassifierOptions OPTIONS =
      ClassifierOptions.defaults().withThreads(2).withPasses(2).withBatch(3);

  @TempDir Path root;

  private Path model(Configuration configuration) {
    Path file = root.resolve("model.safetensors");
    ModelFile random = TestModels.random(configuration, "cat", "dog", "cow");
    float[] last = random.arrays().get("classifier.6.weight");
    for (int i = 0; i < last.length; i++) {
      last[i] *= 0.01f;
    }
    random.withCalibration(new Calibration(2, "pets", 9, "center-crop", List.of(36))).write(file);
    return file;
  }

  private static List<HeatMap> expected(Path model, RgbImage image, int... classes) {
    ModelFile read = ModelFile.read(model);
    Parameters parameters = new Parameters(read.architecture(), read.arrays());
    try (Engine engine = Engines.open(Device.CPU, 2)) {
      return new HeatMaps(
              engine.hostThreads(),
              engine.load(parameters),
              read.preprocessing(),
              new Temperature(read.temperature()),
              image)
          .gradCam(new GradCam(parameters), read.preprocessing().scale(), classes);
    }
  }

  private static void assertSame(List<HeatMap> actual, List<HeatMap> expected) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.size(); i++) {
      assertThat(actual.get(i))
          .usingRecursiveComparison()
          .ignoringFields("values")
          .isEqualTo(expected.get(i));
      assertThat(actual.get(i).values()).isDeepEqualTo(expected.get(i).values());
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"C", "D_BN"})
  void gradCamIsThatOfTheCommand(Configuration configuration) {
    Path model = model(configuration);
    RgbImage image = TestImages.noise(150, 60, 1);
    try (ImageClassifier classifier = ImageClassifier.load(model, OPTIONS)) {
      List<HeatMap> maps = classifier.gradCam(image, 2, 0);
      assertSame(maps, expected(model, image, 2, 0));
      assertThat(maps).anyMatch(map -> map.largest() == 1);
      List<Prediction> all = classifier.classify(image, 3);
      HeatMap best = classifier.gradCam(image).get(0);
      assertThat(best.label()).isEqualTo(all.get(0).index());
      assertThat(best.probability()).isEqualTo(all.get(0).probability());
      assertThat(best.method()).isEqualTo(HeatMap.Method.GRAD_CAM);
      assertThat(best.columns()).as("of the whole image").isGreaterThan(best.rows());
      assertThatThrownBy(() -> classifier.gradCam(image, 3))
          .isInstanceOf(InputException.class)
          .hasMessage("there is no class 3: give indices from 0 to 2");
      assertThat(classifier.draw(image, maps, "noise").width()).isGreaterThan(3 * 384);
    }
  }

  @Test
  void roundedWeightsAreRefused() {
    try (ImageClassifier classifier =
        ImageClassifier.load(
            model(Configuration.A), ClassifierOptions.defaults().withFcWeights(FcWeights.BF16))) {
      assertThatThrownBy(() -> classifier.gradCam(TestImages.noise(40, 40, 1)))
          .isInstanceOf(InputException.class)
          .hasMessage(
              "Grad-CAM needs 32-bit weights: leave out --fc-weights, or load the model with"
                  + " FcWeights.FP32");
    }
  }

  @Test
  void mapsAreMadeBesideSingleImagesAndBatches() throws Exception {
    Path model = model(Configuration.C);
    List<RgbImage> images =
        List.of(
            TestImages.noise(60, 90, 1), TestImages.noise(40, 40, 2), TestImages.noise(99, 50, 3));
    ExecutorService callers = Executors.newFixedThreadPool(6);
    try (ImageClassifier classifier = ImageClassifier.load(model, OPTIONS)) {
      List<List<HeatMap>> maps =
          images.stream().map(image -> expected(model, image, 0, 1, 2)).toList();
      List<List<Prediction>> alone =
          images.stream().map(image -> classifier.classify(image, 3)).toList();
      List<List<Prediction>> together = classifier.classify(images, 3);
      List<Future<?>> calls = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        int n = i % 3;
        int kind = i / 3 % 3;
        calls.add(
            callers.submit(
                () -> {
                  if (kind == 0) {
                    assertSame(classifier.gradCam(images.get(n), 0, 1, 2), maps.get(n));
                  } else if (kind == 1) {
                    assertThat(classifier.classify(images.get(n), 3)).isEqualTo(alone.get(n));
                  } else {
                    assertThat(classifier.classify(images, 3)).isEqualTo(together);
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

  /** What a call takes, it gives back, but for the sums of fc6. */
  @Test
  void memoryDoesNotGrowWithTheImages() {
    try (ImageClassifier classifier = ImageClassifier.load(model(Configuration.C), OPTIONS)) {
      List<HeatMap> unused = classifier.gradCam(TestImages.noise(40, 40, 1));
      long before = HeldArrays.bytes(classifier);
      List<HeatMap> unusedAfter = classifier.gradCam(TestImages.noise(40, 900, 1));
      assertThat(HeldArrays.bytes(classifier) - before).isZero();
    }
  }

  @Test
  void closedItRefuses() {
    ImageClassifier classifier = ImageClassifier.load(model(Configuration.A), OPTIONS);
    classifier.close();
    assertThatThrownBy(() -> classifier.gradCam(TestImages.noise(40, 40, 1)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("this classifier was closed: load the model again");
  }
}
