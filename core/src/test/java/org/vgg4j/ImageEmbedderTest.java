package org.vgg4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;
import org.vgg4j.descriptor.DescriptorRecipe;
import org.vgg4j.descriptor.Pooling;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.TestImages;
import org.vgg4j.image.UnreadableImageException;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.HeadLayers;
import org.vgg4j.model.Task;
import org.vgg4j.network.HeldArrays;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Provenance;
import org.vgg4j.weights.TestModels;

class ImageEmbedderTest {
  private static final DescriptorRecipe PAPER = DescriptorRecipe.paper();
  @TempDir static Path root;
  private static Path model;

  @BeforeAll
  static void writeModel() {
    model = root.resolve("model.safetensors");
    TestModels.random(Configuration.C, "cat", "dog", "cow").write(model);
  }

  private static ImageEmbedder load(DescriptorRecipe recipe) {
    return ImageEmbedder.load(model, recipe, ClassifierOptions.defaults().withThreads(2));
  }

  private static double length(float[] values) {
    double squares = 0;
    for (float value : values) {
      squares += (double) value * value;
    }
    return Math.sqrt(squares);
  }

  private static List<RgbImage> images() {
    List<RgbImage> images = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      images.add(TestImages.noise(40 + 9 * (i % 3), 50 + i % 2 * 30, i));
    }
    return images;
  }

  /** At the crop's own size a map has one window, so fc7 is what the classifier describes. */
  @Test
  void ofOneWindowItIsTheClassifiersDescriptor() {
    RgbImage image = TestImages.noise(32, 32, 3);
    RgbImage larger = TestImages.noise(36, 36, 4);
    DescriptorRecipe plain =
        PAPER.withMirrorImages(false).withNormalisation(false).withScales(List.of(32));
    try (ImageEmbedder embedder = load(plain);
        ImageClassifier classifier = ImageClassifier.load(model)) {
      // the classifier's scale is 36: its centre crop of an image that is 36 wide is of its pixels
      RgbImage crop = larger.crop(2, 2, 32, 32);
      assertThat(embedder.embed(crop)).isEqualTo(classifier.describe(larger, "fc7").values());
      assertThat(embedder.embed(image)).isNotEqualTo(embedder.embed(crop));
    }
  }

  @Test
  void mirrorImagesAreDescribedAlike() {
    RgbImage image = TestImages.noise(50, 70, 5);
    try (ImageEmbedder embedder = load(PAPER)) {
      assertThat(embedder.recipe().scales()).containsExactly(36);
      float[] descriptor = embedder.embed(image);
      assertThat(descriptor).hasSize(embedder.dimensions());
      assertThat(length(descriptor)).isCloseTo(1, within(1e-6));
      float[] mirrored = embedder.embed(image.flipHorizontally());
      for (int i = 0; i < descriptor.length; i++) {
        assertThat(mirrored[i]).isCloseTo(descriptor[i], within(1e-6f));
      }
    }
  }

  /** Left and right matter to it: its descriptors are of images as they are. */
  @Test
  void aModelThatWasTrainedWithoutMirrorImagesIsShownNone() {
    ModelFile flipped = ModelFile.read(model);
    Path file = root.resolve("unflipped.safetensors");
    new ModelFile(
            flipped.architecture(),
            flipped.arrays(),
            flipped.preprocessing(),
            flipped.classNames(),
            new Provenance(Map.of("flip", false), "text", "0123", "1.0", Map.of()))
        .write(file);
    try (ImageEmbedder usual = ImageEmbedder.load(model);
        ImageEmbedder embedder = ImageEmbedder.load(file);
        ImageClassifier classifier = ImageClassifier.load(file);
        ImageEmbedder sharing = classifier.embedder()) {
      assertThat(usual.recipe().mirrored()).isTrue();
      assertThat(embedder.recipe()).isEqualTo(usual.recipe().withMirrorImages(false));
      assertThat(sharing.recipe()).isEqualTo(embedder.recipe());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"average", "max", "gem:3", "rmac:3"})
  void severalScalesAreAveragedOrStackedBeforeTheyAreNormalised(String pooling) {
    DescriptorRecipe recipe =
        PAPER.withTap("relu4_2").withPooling(Pooling.of(pooling)).withNormalisation(false);
    RgbImage image = TestImages.noise(90, 60, 6);
    List<float[]> parts = new ArrayList<>();
    for (int scale : List.of(40, 64)) {
      try (ImageEmbedder embedder = load(recipe.withScales(List.of(scale)))) {
        parts.add(embedder.embed(image));
      }
    }
    DescriptorRecipe both = recipe.withScales(List.of(40, 64)).withNormalisation(true);
    int channels = parts.get(0).length;
    try (ImageEmbedder averaging = load(both);
        ImageEmbedder stacking = load(both.withStacking(true))) {
      float[] mean = new float[channels];
      float[] stack = new float[2 * channels];
      for (int i = 0; i < channels; i++) {
        mean[i] = (parts.get(0)[i] + parts.get(1)[i]) / 2;
        stack[i] = parts.get(0)[i];
        stack[channels + i] = parts.get(1)[i];
      }
      assertParallel(averaging.embed(image), mean);
      assertThat(stacking.dimensions()).isEqualTo(2 * channels);
      assertParallel(stacking.embed(image), stack);
    }
  }

  private static void assertParallel(float[] unit, float[] expected) {
    double length = length(expected);
    assertThat(unit).hasSameSizeAs(expected);
    for (int i = 0; i < unit.length; i++) {
      assertThat((double) unit[i]).isCloseTo(expected[i] / length, within(1e-5));
    }
  }

  @Test
  void manyThreadsGetWhatOneGets() throws Exception {
    List<RgbImage> images = images();
    ExecutorService callers = Executors.newFixedThreadPool(6);
    try (ImageEmbedder embedder = load(PAPER);
        ImageEmbedder single =
            ImageEmbedder.load(model, PAPER, ClassifierOptions.defaults().withThreads(1))) {
      List<float[]> expected = images.stream().map(single::embed).toList();
      List<Future<float[]>> answers = new ArrayList<>();
      for (int i = 0; i < 48; i++) {
        RgbImage image = images.get(i % 8);
        answers.add(callers.submit(() -> embedder.embed(image)));
      }
      for (int i = 0; i < 48; i++) {
        assertThat(answers.get(i).get()).isEqualTo(expected.get(i % 8));
      }
      float[][] together = embedder.embed(images);
      assertThat(single.embed(images)).isDeepEqualTo(together);
      for (int i = 0; i < 8; i++) {
        for (int k = 0; k < embedder.dimensions(); k++) {
          assertThat(together[i][k]).isCloseTo(expected.get(i)[k], within(1e-5f));
        }
      }
    } finally {
      callers.shutdownNow();
    }
  }

  @Test
  void filesAndStreams() throws IOException {
    Path file = root.resolve("image.png");
    TestImages.noise(70, 50, 8).writePng(file);
    try (InputStream stream = Files.newInputStream(model);
        ImageEmbedder byStream =
            ImageEmbedder.load(stream, PAPER, ClassifierOptions.defaults().withThreads(2));
        ImageEmbedder embedder = ImageEmbedder.load(model)) {
      assertThat(byStream.embed(file)).isEqualTo(embedder.embed(file));
      assertThat(embedder.architecture()).isEqualTo(byStream.architecture());
      assertThat(embedder.embed(List.of())).isEmpty();
      Path text = root.resolve("text.png");
      Files.writeString(text, "no image");
      assertThatThrownBy(() -> embedder.embed(text)).isInstanceOf(UnreadableImageException.class);
      assertThatThrownBy(() -> embedder.embed(TestImages.noise(1, 20_000_000, 1)))
          .isInstanceOf(InputException.class);
    }
  }

  @Test
  void recipesThatDoNotSuitTheNetworkAreRefused() {
    assertRefused(PAPER.withTap("fc9"), "has no output 'fc9': choose from ");
    assertRefused(PAPER.withScales(List.of(48, 31)), "test scale Q = 31 is below crop 32");
    assertRefused(PAPER.withScales(List.of(20_000)), "test scale Q = 20000 is too large");
    assertRefused(
        PAPER.withTap("fc8").withPooling(Pooling.gem(3)), "fc8, the network's last output, may be");
  }

  private static void assertRefused(DescriptorRecipe recipe, String message) {
    assertThatThrownBy(() -> load(recipe))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(message);
  }

  @Test
  void anElongatedImageKeepsNoMemory() {
    try (ImageEmbedder embedder = load(PAPER)) {
      assertThat(embedder.embed(TestImages.noise(40, 40, 1))).isNotEmpty();
      long before = HeldArrays.bytes(embedder);
      assertThat(embedder.embed(TestImages.noise(40, 900, 1))).isNotEmpty();
      assertThat(HeldArrays.bytes(embedder)).isLessThanOrEqualTo(before);
    }
  }

  @Test
  void ofOtherHeadsTheLastLayerBelowTheOutputsIsTaken() {
    for (String head : List.of("24", "none", "24,20,16")) {
      Path file = root.resolve("head.safetensors");
      HeadLayers layers = HeadLayers.of(head, null);
      TestModels.random(
              new Architecture(Configuration.A, 0.02, 32, 2, Task.CLASSIFICATION, layers),
              "cat",
              "dog")
          .write(file);
      try (ImageEmbedder embedder = ImageEmbedder.load(file)) {
        assertThat(embedder.recipe().tap())
            .isEqualTo(head.equals("24") ? "fc6" : head.equals("none") ? "pool5" : "fc7");
        assertThat(embedder.embed(TestImages.noise(40, 40, 1))).hasSize(embedder.dimensions());
      }
    }
  }

  /** Only the call that computes is waited for. */
  @Test
  @Timeout(120)
  void closingRefusesTheCallsThatWait() throws Exception {
    ImageEmbedder embedder = load(PAPER);
    ExecutorService callers = Executors.newCachedThreadPool();
    List<Future<?>> calls = new ArrayList<>();
    Future<?> closing;
    embedder.turn.lock(); // as a call that computes
    try {
      for (int i = 0; i < 3; i++) {
        calls.add(callers.submit(() -> embedder.embed(TestImages.noise(40, 40, 1))));
      }
      awaitQueue(embedder, 3);
      closing = callers.submit(embedder::close);
      awaitQueue(embedder, 4);
    } finally {
      embedder.turn.unlock();
      callers.shutdown();
    }
    for (Future<?> call : calls) {
      assertThatThrownBy(call::get).hasCauseInstanceOf(IllegalStateException.class);
    }
    assertThat(closing.get()).isNull();
  }

  private static void awaitQueue(ImageEmbedder embedder, int length) throws InterruptedException {
    while (embedder.turn.getQueueLength() < length) {
      Thread.sleep(1);
    }
  }

  @Test
  void closedItRefuses() {
    ImageEmbedder embedder = load(PAPER);
    embedder.close();
    embedder.close();
    assertThatThrownBy(() -> embedder.embed(TestImages.noise(40, 40, 1)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("this embedder was closed: load the model again");
    assertThat(embedder.dimensions()).isPositive();
  }
}
