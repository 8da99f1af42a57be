package org.vgg4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vgg4j.base.InputException;
import org.vgg4j.data.loading.ScaleRange;
import org.vgg4j.model.Configuration;
import org.vgg4j.parallel.Threads;

/** Runs whose epochs visit all classes equally often. */
class BalancedSamplingTest {
  @TempDir static Path shared;
  private static Path data;

  @TempDir Path root;
  private final Options options = new Options();

  /** 15 blue images, 15 green ones, 3 red ones. */
  @BeforeAll
  static void pictures() throws IOException {
    data = TinyPictures.write(shared.resolve("pets"), 15, 4, 4);
    for (int i = 3; i < 15; i++) {
      Files.delete(data.resolve("train/red/" + i + ".png"));
    }
  }

  private RunFolder train(String out, int stopAfter) {
    options.data = data.toString();
    options.sampling = Sampling.BALANCED;
    options.scale = new ScaleRange(32, 48);
    Recorder counting = new Recorder();
    return Trainer.train(
            options.build(),
            root.resolve(out),
            counting,
            () -> stopAfter > 0 && counting.steps.size() == stopAfter,
            Map.of())
        .folder();
  }

  private static void assertSame(RunFolder one, RunFolder other) throws IOException {
    assertThat(Files.readAllBytes(one.lastModel()))
        .isEqualTo(Files.readAllBytes(other.lastModel()));
    assertThat(Files.readAllBytes(one.bestModel()))
        .isEqualTo(Files.readAllBytes(other.bestModel()));
    assertThat(Files.readAllBytes(one.recall())).isEqualTo(Files.readAllBytes(other.recall()));
  }

  /** Micro-batches of 7 do not divide the batch of 16; an epoch has 33 samples, three steps. */
  @Test
  void threadsAndInterruptionsChangeNothing() throws IOException {
    options.microBatch = 7;
    RunFolder whole = train("whole", 0);
    options.threads = 1;
    assertSame(train("one-thread", 0), whole);
    for (int stop = 1; stop <= 6; stop++) {
      RunFolder part = train("part-" + stop, stop);
      Recorder listener = new Recorder();
      TrainingResult unused =
          Trainer.resume(options.build(), part.path(), listener, () -> false, Map.of());
      assertThat(listener.resumedAt).containsExactly(stop);
      assertSame(part, whole);
    }
    assertThat(options.build().options()).containsEntry("sampling", "balanced");
    options.sampling = Sampling.SHUFFLED;
    assertThat(options.build().options()).doesNotContainKey("sampling");
    assertThatThrownBy(
            () ->
                Trainer.resume(
                    options.build(), whole.path(), new Recorder(), () -> false, Map.of()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("option sampling");
  }

  @ParameterizedTest
  @CsvSource({"A, 2", "A_BN, 4"})
  void ranksLearnWhatOneProcessLearns(Configuration configuration, int ranks) throws IOException {
    options.configuration = configuration;
    options.microBatch = 16 / ranks;
    RunFolder alone = train("alone", 0);
    AtomicReference<RunFolder> together = new AtomicReference<>();
    Threads.run(
        ranks,
        group -> {
          if (group.leads()) {
            together.set(
                Trainer.train(
                        options.build(),
                        root.resolve("together"),
                        group,
                        new Recorder(),
                        () -> false,
                        Map.of())
                    .folder());
          } else {
            Map<String, Object> told = new RunMessages(group).awaitOptions();
            assertThat(told).containsEntry("sampling", "balanced");
            Trainer.follow(TrainingConfig.of(told), group, new Recorder(), () -> false);
          }
        });
    assertSame(together.get(), alone);
  }

  @Test
  void wrongValuesAreRefused() {
    assertThatThrownBy(() -> TrainingConfig.of(Map.of("sampling", "even")))
        .isInstanceOf(InputException.class)
        .hasMessage("option sampling is even but must be shuffled or balanced");
  }
}
