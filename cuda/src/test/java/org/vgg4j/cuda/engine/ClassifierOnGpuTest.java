package org.vgg4j.cuda.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.ClassifierOptions;
import org.vgg4j.ImageClassifier;
import org.vgg4j.ImageEmbedder;
import org.vgg4j.base.InputException;
import org.vgg4j.cuda.driver.Emulator;
import org.vgg4j.descriptor.DescriptorRecipe;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.TestImages;
import org.vgg4j.model.Configuration;
import org.vgg4j.network.FcWeights;
import org.vgg4j.views.HeatMap;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.TestModels;

/** What the in-process API does with weights that only the emulated GPU has, beside the CPU's. */
@ExtendWith(Emulator.class)
class ClassifierOnGpuTest {
  private static final ClassifierOptions CPU = ClassifierOptions.defaults().withThreads(2);
  private static final ClassifierOptions GPU = CPU.withDevice("cuda").withPasses(2);
  private static final RgbImage IMAGE = TestImages.noise(60, 40, 1);

  @TempDir Path root;
  private Path model;

  @BeforeEach
  void writeModel() {
    ModelFile random = TestModels.random(Configuration.A, "cat", "dog", "cow");
    float[] last = random.arrays().get("classifier.6.weight");
    for (int i = 0; i < last.length; i++) {
      last[i] *= 0.01f; // so that the soft-max is not 1 for one class
    }
    model = root.resolve("model.safetensors");
    random.write(model);
  }

  @Test
  void gradCamAndPosteriorsAreTheCpus() {
    try (ImageClassifier cpu = ImageClassifier.load(model, CPU);
        ImageClassifier gpu = ImageClassifier.load(model, GPU)) {
      float[] prepared = gpu.prepare(IMAGE);
      assertThat(prepared).isEqualTo(cpu.prepare(IMAGE));
      List<float[]> two = List.of(prepared, prepared);
      for (int k = 0; k < 3; k++) {
        assertThat(gpu.posteriors(two)[1][k]).isCloseTo(cpu.posteriors(two)[1][k], within(0.02f));
      }
      List<HeatMap> expected = cpu.gradCam(IMAGE, 0, 1, 2);
      List<HeatMap> actual = gpu.gradCam(IMAGE, 0, 1, 2);
      for (int k = 0; k < 3; k++) {
        assertThat(expected.get(k).largest()).isEqualTo(1);
        for (int row = 0; row < expected.get(k).rows(); row++) {
          for (int column = 0; column < expected.get(k).columns(); column++) {
            assertThat(actual.get(k).values()[row][column])
                .isCloseTo(expected.get(k).values()[row][column], within(0.05f));
          }
        }
      }
    }
  }

  @Test
  void roundedWeightsAreRefusedForGradCam() {
    try (ImageClassifier gpu = ImageClassifier.load(model, GPU.withFcWeights(FcWeights.BF16))) {
      assertThatThrownBy(() -> gpu.gradCam(IMAGE))
          .isInstanceOf(InputException.class)
          .hasMessageStartingWith("Grad-CAM needs 32-bit weights");
    }
  }

  /** In either order of closing. */
  @Test
  void embeddersShareTheWeights() {
    DescriptorRecipe recipe = DescriptorRecipe.paper();
    ImageClassifier gpu = ImageClassifier.load(model, GPU);
    ImageEmbedder last = gpu.embedder(recipe);
    try (ImageEmbedder cpu = ImageEmbedder.load(model, recipe, CPU);
        ImageEmbedder shared = gpu.embedder(recipe)) {
      float[] expected = cpu.embed(IMAGE);
      float[] actual = shared.embed(IMAGE);
      double cosine = 0;
      for (int i = 0; i < expected.length; i++) {
        cosine += expected[i] * actual[i];
      }
      assertThat(cosine).isGreaterThan(0.999);
      assertThat(last.embed(IMAGE)).isEqualTo(actual);
    }
    assertThat(gpu.classify(IMAGE, 1)).hasSize(1);
    gpu.close();
    assertThatThrownBy(() -> last.embed(IMAGE))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("this classifier was closed");
    last.close();
    gpu.close();
  }
}
