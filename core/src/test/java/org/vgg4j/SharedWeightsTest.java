package org.vgg4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import org.vgg4j.base.InputException;
import org.vgg4j.descriptor.DescriptorRecipe;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.TestImages;
import org.vgg4j.model.Configuration;
import org.vgg4j.network.HeldArrays;
import org.vgg4j.weights.TestModels;

/** An embedder over a classifier's weights. */
class SharedWeightsTest {
  private static final DescriptorRecipe PAPER = DescriptorRecipe.paper();
  private static final ClassifierOptions OPTIONS =
      ClassifierOptions.defaults().withThreads(2).withPasses(2).withBatch(3);

  @TempDir static Path root;
  private static Path model;

  @BeforeAll
  static void writeModel() {
    model = root.resolve("model.safetensors");
    TestModels.random(Configuration.D_BN, "cat", "dog", "cow").write(model);
  }

  private static List<RgbImage> images() {
    return IntStream.range(0, 5).mapToObj(i -> TestImages.noise(40 + 9 * i, 50, i)).toList();
  }

  @Test
  void theSameDescriptorsAndNoSecondCopyOfTheWeights() {
    try (ImageClassifier classifier = ImageClassifier.load(model, OPTIONS);
        ImageEmbedder alone = ImageEmbedder.load(model, PAPER, OPTIONS);
        ImageEmbedder shared = classifier.embedder(PAPER)) {
      assertThat(shared.architecture()).isEqualTo(alone.architecture());
      assertThat(shared.recipe()).isEqualTo(alone.recipe());
      assertThat(shared.dimensions()).isEqualTo(alone.dimensions());
      long both = HeldArrays.bytes(classifier, shared);
      assertThat(both - HeldArrays.bytes(classifier)).isLessThan(1 << 12);
      assertThat(shared.embed(images())).isDeepEqualTo(alone.embed(images()));
    }
  }

  @Test
  void embedsBesideTheClassifiersCalls() throws Exception {
    List<RgbImage> images = images();
    ExecutorService callers = Executors.newFixedThreadPool(6);
    try (ImageClassifier classifier = ImageClassifier.load(model, OPTIONS);
        ImageEmbedder embedder = classifier.embedder(PAPER);
        ImageEmbedder pools = classifier.embedder(PAPER.withTap("pool5"))) {
      List<float[]> descriptors = images.stream().map(embedder::embed).toList();
      List<float[]> pooled = images.stream().map(pools::embed).toList();
      List<List<Prediction>> predictions =
          images.stream().map(image -> classifier.classify(image, 3)).toList();
      List<Future<?>> calls = new ArrayList<>();
      for (int i = 0; i < 75; i++) {
        int n = i % 5;
        int kind = i % 3;
        calls.add(
            callers.submit(
                () -> {
                  RgbImage image = images.get(n);
                  if (kind == 0) {
                    assertThat(embedder.embed(image)).isEqualTo(descriptors.get(n));
                  } else if (kind == 1) {
                    assertThat(pools.embed(image)).isEqualTo(pooled.get(n));
                  } else {
                    assertThat(classifier.classify(image, 3)).isEqualTo(predictions.get(n));
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
  void recipesThatDoNotSuitAreRefused() {
    try (ImageClassifier classifier = ImageClassifier.load(model, OPTIONS)) {
      assertThatThrownBy(() -> classifier.embedder(PAPER.withTap("fc9")))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("has no output 'fc9'");
      assertThat(classifier.classify(images().get(0), 1)).hasSize(1);
    }
  }

  @Test
  void closingTheEmbedderLeavesTheClassifierOpen() {
    try (ImageClassifier classifier = ImageClassifier.load(model, OPTIONS)) {
      ImageEmbedder embedder = classifier.embedder(PAPER);
      embedder.close();
      embedder.close();
      assertThatThrownBy(() -> embedder.embed(images()))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageStartingWith("this embedder was closed");
      assertThat(classifier.classify(images().get(0), 1)).hasSize(1);
      try (ImageEmbedder next = classifier.embedder(PAPER)) {
        assertThat(next.embed(images())).hasDimensions(5, next.dimensions());
      }
    }
  }

  @Test
  void closingTheClassifierFirstIsSaid() {
    ImageClassifier classifier = ImageClassifier.load(model, OPTIONS);
    ImageEmbedder embedder = classifier.embedder(PAPER);
    classifier.close();
    assertThatThrownBy(() -> embedder.embed(images()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("this classifier was closed: load the model again");
    assertThatThrownBy(() -> classifier.embedder(PAPER)).isInstanceOf(IllegalStateException.class);
    assertThat(embedder.dimensions()).isPositive();
    embedder.close();
  }

  /** Calls end with a result or a sentence, never within a closed network. */
  @Test
  void closingWhileOthersEmbed() throws Exception {
    ExecutorService callers = Executors.newFixedThreadPool(3);
    ImageClassifier classifier = ImageClassifier.load(model, OPTIONS);
    try (ImageEmbedder embedder = classifier.embedder(PAPER)) {
      float[] expected = embedder.embed(images().get(0));
      List<Future<Integer>> calls = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        calls.add(
            callers.submit(
                () -> {
                  int done = 0;
                  try {
                    while (done < 100_000) {
                      assertThat(embedder.embed(images().get(0))).isEqualTo(expected);
                      done++;
                    }
                  } catch (IllegalStateException e) {
                    assertThat(e).hasMessageStartingWith("this classifier was closed");
                  }
                  return done;
                }));
      }
      Thread.sleep(100);
      classifier.close();
      for (Future<Integer> call : calls) {
        assertThat(call.get()).isLessThan(100_000);
      }
    } finally {
      callers.shutdownNow();
    }
  }
}
