package org.vgg4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;
import org.vgg4j.data.loading.Distortions;
import org.vgg4j.data.loading.ResizedCrop;
import org.vgg4j.data.loading.ScaleRange;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.HeadLayers;

/** A run that was stopped and resumed equals one that was not, byte for byte. */
class ResumeTest {
  @TempDir static Path shared;
  private static Path data;

  @TempDir Path root;
  private final Options options = new Options();
  private final Recorder recorder = new Recorder();

  @BeforeAll
  static void pictures() throws IOException {
    data = TinyPictures.write(shared.resolve("pets"), 11, 4, 4);
  }

  private TrainingResult train(String out, int stopAfter) {
    options.data = data.toString();
    Recorder counting = new Recorder();
    return Trainer.train(
        options.build(),
        root.resolve(out),
        counting,
        () -> stopAfter > 0 && counting.steps.size() == stopAfter,
        Map.of());
  }

  private TrainingResult resume(String out, int stopAfter) {
    Recorder counting = new Recorder();
    TrainingResult result =
        Trainer.resume(
            options.build(),
            root.resolve(out),
            counting,
            () -> stopAfter > 0 && counting.steps.size() == stopAfter,
            Map.of());
    recorder.resumedAt.addAll(counting.resumedAt);
    recorder.warnings.addAll(counting.warnings);
    recorder.notes.addAll(counting.notes);
    return result;
  }

  private static void assertSameModels(RunFolder one, RunFolder other) throws IOException {
    assertThat(Files.readAllBytes(one.lastModel()))
        .isEqualTo(Files.readAllBytes(other.lastModel()));
    assertThat(Files.readAllBytes(one.bestModel()))
        .isEqualTo(Files.readAllBytes(other.bestModel()));
  }

  /** Columns of metrics.csv that are no times. */
  private static List<String> figures(RunFolder folder) throws IOException {
    List<String> lines = new ArrayList<>();
    for (String line : Files.readAllLines(folder.metrics())) {
      lines.add(String.join(",", List.of(line.split(",")).subList(0, 8)));
    }
    return lines;
  }

  /** Three steps an epoch: stops after each of the nine, at the ends of epochs too. */
  @ParameterizedTest
  @EnumSource(names = {"A_LRN", "A_BN"})
  void stoppedAnywhere(Configuration configuration) throws IOException {
    options.epochs = 3;
    options.configuration = configuration;
    options.microBatch = 7; // does not divide the batch
    TrainingResult whole = train("whole", 0);
    assertThat(whole.steps()).isEqualTo(9);
    for (int stop = 1; stop <= 9; stop++) {
      TrainingResult part = train("part-" + stop, stop);
      assertThat(part.interrupted()).isTrue();
      options.threads = 1 + stop % 2;
      TrainingResult rest = resume("part-" + stop, 0);
      options.threads = 2;
      assertThat(rest.interrupted()).isFalse();
      assertThat(rest.steps()).isEqualTo(9);
      assertThat(rest.test().meanLoss()).isEqualTo(whole.test().meanLoss());
      assertThat(rest.bestEpoch()).isEqualTo(whole.bestEpoch());
      assertSameModels(rest.folder(), whole.folder());
      assertThat(figures(rest.folder())).isEqualTo(figures(whole.folder()));
      assertThat(rest.folder().isFinished()).isTrue();
    }
    assertThat(recorder.resumedAt).containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9);
  }

  /** What is known of the steps until a stop is not what a run is that goes on. */
  @Test
  void aRunThatGoesOnHasNotEnded() throws IOException {
    options.epochs = 2;
    RunFolder folder = train("part", 2).folder();
    assertThat(folder.provenance()).containsEntry("interrupted", true);
    List<Map<String, Object>> known = new ArrayList<>();
    Recorder reader =
        new Recorder() {
          @Override
          public void stepped(Progress progress) {
            known.add(folder.provenance());
          }
        };
    Trainer.resume(options.build(), root.resolve("part"), reader, () -> false, Map.of());
    assertThat(known).isNotEmpty().allMatch(Map::isEmpty);
    assertThat(folder.isFinished()).isTrue();
  }

  /** The average is of steps before and after each stop. */
  @ParameterizedTest
  @ValueSource(strings = {"ema:0.9", "last:2"})
  void withAveragesAndClipping(String average) throws IOException {
    options.epochs = 3;
    options.schedule = ScheduleConfig.Kind.COSINE;
    options.configuration = Configuration.A_BN;
    options.average = AverageConfig.of(average);
    options.clipGradients = 0.5;
    options.checkpointEvery = 2;
    TrainingResult whole = train("whole", 0);
    TrainingResult part = train("part", 1);
    while (part.interrupted()) {
      part = resume("part", 1);
    }
    assertSameModels(part.folder(), whole.folder());
    assertThat(figures(part.folder())).isEqualTo(figures(whole.folder()));
  }

  /** Three hidden layers, each with dropout of its own, above means. */
  @Test
  void withAnotherHead() throws IOException {
    options.crop = 64;
    options.scale = ScaleRange.fixed(64);
    options.head = HeadLayers.of("30,20,9", "average");
    options.dropout = 0.4;
    TrainingResult whole = train("whole", 0);
    TrainingResult part = train("part", 1);
    while (part.interrupted()) {
      part = resume("part", 1);
    }
    assertSameModels(part.folder(), whole.folder());
    options.head = HeadLayers.of("30,20,8", "average");
    assertThatThrownBy(() -> resume("part", 0)).isInstanceOf(InputException.class);
  }

  @Test
  void anAverageCannotBeginLater() {
    options.schedule = ScheduleConfig.Kind.COSINE;
    TrainingResult unused = train("run", 2);
    options.average = AverageConfig.ema(0.9);
    assertThatThrownBy(() -> resume("run", 0))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("option average of the run")
        .hasMessageContaining("is not set, and cannot become ema:0.9");
  }

  @Test
  void withAllDistortions() throws IOException {
    options.distortions = new Distortions(ResizedCrop.DEFAULT, 0, 0.5, true);
    TrainingResult whole = train("whole", 0);
    TrainingResult part = train("part", 2);
    while (part.interrupted()) {
      part = resume("part", 2);
    }
    assertSameModels(part.folder(), whole.folder());
  }

  /** Scales and colours are drawn again as they were. */
  @Test
  void withJitterAndShiftedColours() throws IOException {
    options.scale = new ScaleRange(32, 64);
    options.colorShift = 0.1;
    options.microBatch = 9;
    TrainingResult whole = train("whole", 0);
    TrainingResult part = train("part", 2);
    while (part.interrupted()) {
      part = resume("part", 2);
    }
    assertSameModels(part.folder(), whole.folder());
    options.colorShift = 0;
    assertThat(Files.readAllBytes(train("plain", 0).folder().lastModel()))
        .isNotEqualTo(Files.readAllBytes(whole.folder().lastModel()));
  }

  /** Stopped after each step, again and again, with every schedule. */
  @ParameterizedTest
  @EnumSource(ScheduleConfig.Kind.class)
  void stoppedEverywhere(ScheduleConfig.Kind schedule) throws IOException {
    options.epochs = 8;
    options.schedule = schedule;
    options.stepEpochs = List.of(2, 5);
    options.patience = 1;
    options.warmUp = 4;
    options.learningRate = 1e-9; // so that nothing improves and the paper's schedule ends early
    TrainingResult whole = train("whole", 0);
    TrainingResult part = train("part", 1);
    while (part.interrupted()) {
      part = resume("part", 1);
    }
    assertThat(part.steps())
        .isEqualTo(whole.steps())
        .isEqualTo(schedule == ScheduleConfig.Kind.PAPER ? 15 : 24);
    assertSameModels(part.folder(), whole.folder());
    assertThat(figures(part.folder())).isEqualTo(figures(whole.folder()));
  }

  /** In the middle of an epoch, all steps done, but not its validation. */
  @Test
  void stoppedAtTheLastStep() throws IOException {
    options.maxSteps = 4;
    TrainingResult whole = train("whole", 0);
    assertThat(train("part", 4).interrupted()).isTrue();
    TrainingResult rest = resume("part", 0);
    assertThat(figures(rest.folder())).hasSize(3).isEqualTo(figures(whole.folder()));
    assertSameModels(rest.folder(), whole.folder());
  }

  /** What a checkpoint at an interval leaves when the process is killed later. */
  @Test
  void fromACheckpointInTheMiddleOfAnEpoch() throws IOException {
    options.checkpointEvery = 2;
    TrainingResult whole = train("whole", 0);
    options.data = data.toString();
    Path run = root.resolve("killed");
    Recorder killer =
        new Recorder() {
          @Override
          public void stepped(Progress progress) {
            super.stepped(progress);
            if (steps.size() == 5) {
              throw new IllegalStateException("killed");
            }
          }
        };
    assertThatThrownBy(() -> Trainer.train(options.build(), run, killer, () -> false, Map.of()))
        .hasMessage("killed");
    TrainingResult rest = resume("killed", 0);
    assertThat(recorder.resumedAt).containsExactly(4);
    assertSameModels(rest.folder(), whole.folder());
  }

  /** Killed before its first checkpoint, a run begins anew in its folder. */
  @Test
  void withoutACheckpoint() throws IOException {
    TrainingResult whole = train("whole", 0);
    RunFolder folder = RunFolder.make(root.resolve("early"));
    folder.writeConfig(options.build().options());
    TrainingResult rest = resume("early", 0);
    assertThat(recorder.resumedAt).containsExactly(0);
    assertSameModels(rest.folder(), whole.folder());
  }

  /** Killed after its last checkpoint and before the test images. */
  @Test
  void onlyTheTestImagesAreLeft() throws IOException {
    TrainingResult whole = train("whole", 0);
    Files.delete(root.resolve("whole/provenance.json"));
    assertThat(resume("whole", 0).test().meanLoss()).isEqualTo(whole.test().meanLoss());
    assertThat(whole.folder().isFinished()).isTrue();
  }

  @Test
  void otherOptionsAreRefused() {
    train("run", 1);
    options.momentum = 0.8;
    assertThatThrownBy(() -> resume("run", 0))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("option momentum of the run " + root.resolve("run"))
        .hasMessageContaining("is 0.9, and cannot become 0.8");
  }

  /** A refused resume leaves the run as it is: it goes on once its options are back. */
  @Test
  void aRefusalChangesNothing() throws IOException {
    TrainingResult whole = train("whole", 0);
    RunFolder folder = train("run", 1).folder();
    String written = Files.readString(folder.config());
    options.momentum = 0.8;
    assertThatThrownBy(() -> resume("run", 0)).isInstanceOf(InputException.class);
    assertThat(folder.config()).content().isEqualTo(written);
    options.momentum = 0.9;
    assertSameModels(resume("run", 0).folder(), whole.folder());
  }

  /** As recipes and sweeps may ask for another than the one that the run began with. */
  @Test
  void theMicroBatchStays() throws IOException {
    options.microBatch = 7;
    TrainingResult whole = train("whole", 0);
    train("run", 2);
    options.microBatch = 5;
    TrainingResult rest = resume("run", 0);
    assertSameModels(rest.folder(), whole.folder());
    assertThat(rest.folder().options()).containsEntry("micro-batch", 7);
    assertThat(recorder.notes)
        .containsExactly(
            "the run goes on with the micro-batch that it began with, 7: option micro-batch, 5, is"
                + " for new runs");
  }

  /** Before its first checkpoint nothing is learnt with it, and another may fit the memory. */
  @Test
  void anotherMicroBatchBeforeTheFirstCheckpoint() {
    options.data = data.toString();
    options.microBatch = 7;
    RunFolder.make(root.resolve("early")).writeConfig(options.build().options());
    options.microBatch = 5;
    assertThat(resume("early", 0).folder().options()).containsEntry("micro-batch", 5);
    assertThat(recorder.notes).isEmpty();
  }

  /** Also where fewer images than a batch are left: that they are fewer is what is wrong. */
  @ParameterizedTest
  @ValueSource(ints = {16, 18})
  void otherDataAreRefused(int batch) throws IOException {
    options.data = TinyPictures.write(root.resolve("few"), 6, 2, 0).toString();
    options.batch = batch;
    TrainingConfig config = options.build();
    Recorder counting = new Recorder();
    RunFolder run =
        Trainer.train(
                config, root.resolve("run"), counting, () -> !counting.steps.isEmpty(), Map.of())
            .folder();
    String written = Files.readString(run.config());
    Files.delete(root.resolve("few/train/red/3.png"));
    assertThatThrownBy(() -> Trainer.resume(config, run.path(), recorder, () -> false, Map.of()))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "the data set %s has changed since the run %s began: restore it, or start a new run",
            options.data, run.path());
    assertThat(run.config()).content().isEqualTo(written);
  }

  /** Asked to stop while the last epoch is validated: the test can wait. */
  @Test
  void stoppedBeforeTheTest() throws IOException {
    TrainingResult whole = train("whole", 0);
    Recorder counting = new Recorder();
    TrainingResult part =
        Trainer.train(
            options.build(),
            root.resolve("part"),
            counting,
            () -> counting.epochs.size() == 2,
            Map.of());
    assertThat(part.interrupted()).isTrue();
    assertThat(part.test()).isNull();
    assertThat(part.folder().isFinished()).isFalse();
    assertThat(part.folder().provenance()).containsEntry("interrupted", true);
    assertThat(part.folder().testErrors()).doesNotExist();
    TrainingResult rest = resume("part", 0);
    assertThat(rest.interrupted()).isFalse();
    assertThat(rest.test().meanLoss()).isEqualTo(whole.test().meanLoss());
    assertSameModels(rest.folder(), whole.folder());
  }

  /** With nothing left to do, the run has finished. */
  @Test
  void stoppedAtTheEndWithoutATest() throws IOException {
    options.data = TinyPictures.write(root.resolve("few"), 6, 2, 0).toString();
    Recorder counting = new Recorder();
    TrainingResult result =
        Trainer.train(
            options.build(),
            root.resolve("run"),
            counting,
            () -> counting.epochs.size() == 2,
            Map.of());
    assertThat(result.interrupted()).isFalse();
    assertThat(result.folder().isFinished()).isTrue();
  }

  /**
   * Killed between the best model and the checkpoint of epoch 2, the run goes on with kernels by
   * which that epoch is not the best: the model of epoch 1 is lost, and no longer called the best.
   */
  @Test
  void theBestModelIsOfTheEpochThatItIsSaidToBe() throws IOException {
    options.learningRate = 1e-30; // all epochs are alike, and only the first is better than before
    TrainingResult whole = train("whole", 0);
    assertThat(whole.bestEpoch()).isEqualTo(1);
    Path run = root.resolve("killed");
    Recorder killer =
        new Recorder() {
          @Override
          public void epochEnded(EpochMetrics metrics, boolean isBest) {
            throw new IllegalStateException("killed");
          }
        };
    assertThatThrownBy(() -> Trainer.train(options.build(), run, killer, () -> false, Map.of()))
        .hasMessage("killed");
    RunFolder folder = new RunFolder(run);
    Files.copy( // it says that it is of epoch 2
        whole.folder().lastModel(), folder.bestModel(), StandardCopyOption.REPLACE_EXISTING);
    TrainingResult rest = resume("killed", 0);
    assertThat(folder.bestEpoch()).isEqualTo(2.0);
    assertThat(rest.bestEpoch()).isEqualTo(2);
    assertThat(rest.bestError()).isEqualTo(whole.bestError());
  }

  @Test
  void brokenCheckpointIsRefused() throws IOException {
    train("run", 1);
    Path checkpoint = new RunFolder(root.resolve("run")).checkpoint();
    byte[] bytes = Files.readAllBytes(checkpoint);
    Files.write(checkpoint, java.util.Arrays.copyOf(bytes, bytes.length / 2));
    assertThatThrownBy(() -> resume("run", 0))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(checkpoint.toString());
    options.configuration = Configuration.B;
    Files.write(checkpoint, bytes);
    assertThatThrownBy(() -> resume("run", 0))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("option arch of the run ")
        .hasMessageContaining(" is A, and cannot become B: restore its config.yaml");
  }
}
