package org.vgg4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.MemoryOracle;
import org.vgg4j.network.MemoryPlan;
import org.vgg4j.parallel.Threads;

class AutoBatchTest {
  private static final int MANY = 1_000_000;

  @TempDir Path root;
  private final Engine engine = Engines.open(Device.CPU, 1);
  private final List<String> notes = new ArrayList<>();

  @AfterEach
  void close() {
    engine.close();
  }

  private static TrainingConfigBuilder options() {
    return TrainingConfig.builder().width(0.1).device(Device.CPU).autoBatch();
  }

  private static Architecture network(TrainingConfig options) {
    return new Architecture(options.configuration(), options.width(), options.crop(), 10);
  }

  /** A heap in which so many images of a batch just fit. */
  private long heapFor(TrainingConfig options, int images, int batch) {
    MemoryPlan plan = engine.memory().withThreads(2).training(network(options), images, batch);
    return (long) Math.ceil(plan.total() / MemoryOracle.USABLE) + 1;
  }

  private SgdConfig settle(TrainingConfig options, long heap, int images, int ranks) {
    MemoryOracle memory = engine.memory().withLimit(heap);
    return AutoBatch.settle(options, images, network(options), memory, ranks, notes::add).sgd();
  }

  /** The batch fits, and the next larger one does not: with and without batch normalisation. */
  @ParameterizedTest
  @CsvSource({
    "1, 1",
    "2, 2",
    "3, 2",
    "7, 4",
    "15, 8",
    "31, 16",
    "32, 32",
    "63, 32",
    "64, 64",
    "200, 192",
    "256, 256",
    "300, 256"
  })
  void theLargestThatFits(int room, int expected) {
    for (Configuration arch : List.of(Configuration.A, Configuration.A_BN)) {
      TrainingConfig options = options().configuration(arch).build();
      SgdConfig chosen = settle(options, heapFor(options, room, room), MANY, 1);
      assertThat(chosen.batch()).isEqualTo(expected);
      MemoryOracle memory = engine.memory().withLimit(heapFor(options, room, room));
      TrainingConfig settled = AutoBatch.as(options, chosen.batch());
      assertThat(MicroBatchSize.choose(settled, network(options), memory, 1)).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1",
    "31, 16",
    "32, 32",
    "2048, 32",
    "4095, 32",
    "4096, 64",
    "5400, 64",
    "6144, 96",
    "16383, 224",
    "16384, 256",
    "1281167, 256"
  })
  void enoughStepsOfAnEpoch(long images, int expected) {
    assertThat(AutoBatch.largest(images, batch -> true)).isEqualTo(expected);
  }

  /** Each of several processes holds its share. */
  @Test
  void severalProcesses() {
    TrainingConfig options = options().build();
    long heap = heapFor(options, 32, 64); // parts of a batch need room for their sums
    assertThat(settle(options, heap, MANY, 2).batch()).isEqualTo(64);
  }

  @Test
  void theNoteSaysWhy() {
    TrainingConfig options = options().build();
    assertThat(settle(options, Long.MAX_VALUE, MANY, 1).learningRate()).isEqualTo(0.01);
    assertThat(settle(options, heapFor(options, 40, 40), MANY, 1).batch()).isEqualTo(32);
    assertThat(settle(options, Long.MAX_VALUE, 5400, 1).batch()).isEqualTo(64);
    String end = " from now on; learning rates are not changed";
    assertThat(notes)
        .containsExactly(
            "256 images are the most that batch auto takes: option batch is 256" + end,
            "32 images fit a heap in one micro-batch, the next size does not: option batch is 32"
                + end,
            "more would make too few steps of 5,400 training images: option batch is 64" + end);
    assertThat(settle(options().batch(7).build(), 1, MANY, 1).batch()).isEqualTo(7);
    assertThat(notes).hasSize(3);
  }

  @Test
  void notEvenOneImage() {
    assertThatThrownBy(() -> settle(options().build(), 100_000, MANY, 1))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("with a micro-batch of 1 needs ")
        .hasMessageEndingWith("give Java more (-Xmx...), or lower option width or crop");
  }

  @Test
  void theWord() {
    TrainingConfig open = TrainingConfig.of(Map.of("batch", "Auto"));
    assertThat(open.sgd().autoBatch()).isTrue();
    assertThat(open.options()).containsEntry("batch", "auto");
    assertThat(TrainingConfig.of(open.options())).isEqualTo(open);
    assertThat(TrainingConfig.of(Map.of("batch", 32)).options()).containsEntry("batch", 32);
    assertThat(open.toBuilder().batch(32).build().options()).containsEntry("batch", 32);
  }

  @ParameterizedTest
  @ValueSource(strings = {"automatic", "auto:32", "16.5", "", "auto 3"})
  void wrongWords(String text) {
    assertThatThrownBy(() -> TrainingConfig.of(Map.of("batch", text)))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "option batch is %s but must be a whole number or auto", text.isEmpty() ? "''" : text);
  }

  @Test
  void noMicroBatchOfItsOwn() {
    assertThatThrownBy(() -> TrainingConfig.of(Map.of("batch", "auto", "micro-batch", 8)))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "option micro-batch is 8 but must be left out with batch auto, which is a single"
                + " micro-batch");
  }

  /** config.yaml has the result, with which the run goes on, and any other run learns the same. */
  @Test
  void theNumberIsWrittenOnceAndThenFixed() throws IOException {
    TrainingConfig options =
        TrainingConfig.builder()
            .data(TinyPictures.write(root.resolve("pets"), 30, 4, 4).toString())
            .width(0.03)
            .epochs(2)
            .device(Device.CPU)
            .autoBatch()
            .build();
    Recorder recorder = new Recorder();
    RunFolder run = new RunFolder(root.resolve("run"));
    TrainingResult part =
        Trainer.train(options, run.path(), recorder, () -> recorder.steps.size() == 2, Map.of());
    assertThat(part.interrupted()).isTrue();
    assertThat(run.options()).containsEntry("batch", 32).containsEntry("micro-batch", 32);
    TrainingResult rest = // as a recipe resumes: its options still leave the batch open
        Trainer.resume(options, run.path(), new Recorder(), () -> false, Map.of());
    assertThat(rest.interrupted()).isFalse();
    TrainingConfig written = TrainingConfig.of(run.options());
    TrainingResult again =
        Trainer.train(written, root.resolve("again"), new Recorder(), () -> false, Map.of());
    for (String file : List.of("best/model.safetensors", "last/model.safetensors")) {
      assertThat(Files.readAllBytes(again.folder().path().resolve(file)))
          .isEqualTo(Files.readAllBytes(run.path().resolve(file)));
    }
  }

  /** Rank 0 chooses for all; they learn what one process learns with that batch in two parts. */
  @Test
  void rankZeroChooses() throws IOException {
    TrainingConfig options =
        TrainingConfig.builder()
            .data(TinyPictures.write(root.resolve("pets"), 30, 4, 4).toString())
            .width(0.03)
            .epochs(1)
            .threads(1)
            .device(Device.CPU)
            .autoBatch()
            .build();
    Threads.run(
        2,
        group -> {
          if (group.leads()) {
            TrainingResult unused =
                Trainer.train(
                    options, root.resolve("two"), group, new Recorder(), () -> false, Map.of());
          } else {
            Map<String, Object> told = new RunMessages(group).awaitOptions();
            assertThat(told).containsEntry("batch", 32).containsEntry("micro-batch", 16);
            Trainer.follow(TrainingConfig.of(told), group, new Recorder(), () -> false);
          }
        });
    TrainingConfig alone = options.toBuilder().batch(32).microBatch(16).build();
    TrainingResult one =
        Trainer.train(alone, root.resolve("one"), new Recorder(), () -> false, Map.of());
    assertThat(Files.readAllBytes(root.resolve("two/last/model.safetensors")))
        .isEqualTo(Files.readAllBytes(one.folder().lastModel()));
  }

  /** What is measured for a time has the batch that the run then has. */
  @Test
  void timeIsMeasuredWithIt() throws IOException {
    TrainingConfig options =
        TrainingConfig.builder()
            .data(TinyPictures.write(root.resolve("pets"), 30, 4, 4).toString())
            .width(0.03)
            .device(Device.CPU)
            .autoBatch()
            .time(Duration.ofHours(1))
            .build();
    TrainingConfig settled = TimeBudget.settle(options, Duration.ofMillis(100), notes::add);
    assertThat(settled.sgd().batch()).isEqualTo(32);
    assertThat(settled.sgd().autoBatch()).isFalse();
    assertThat(settled.time()).isNull();
    assertThat(notes).hasSize(2);
    assertThat(DryRun.of(options.toBuilder().time(null).build(), notes::add).config().sgd())
        .isEqualTo(settled.sgd());
  }
}
