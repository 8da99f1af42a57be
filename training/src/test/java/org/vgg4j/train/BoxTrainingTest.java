package org.vgg4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.vgg4j.data.loading.ScaleRange;
import org.vgg4j.evaluate.BoxEvaluation;
import org.vgg4j.image.ImageDecoder;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.transform.Outline;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.model.Task;
import org.vgg4j.network.BoxLoss;
import org.vgg4j.parallel.Threads;
import org.vgg4j.weights.ModelFile;

/** Training of networks that find boxes: 33 images make batches of 16, 16 and 1. */
class BoxTrainingTest {
  @TempDir static Path shared;
  private static Path data;

  @TempDir Path root;
  private final Options options = new Options();
  private final Recorder recorder = new Recorder();

  @BeforeAll
  static void pictures() throws IOException {
    data = TinyObjects.write(shared.resolve("objects"), 11, 4, 4);
  }

  private TrainingResult train(String out, Task form, int stopAfter) {
    options.data = data.toString();
    options.boxes = boxes(form, BoxLoss.SQUARED);
    Recorder counting = new Recorder();
    return Trainer.train(
        options.build(),
        root.resolve(out),
        counting,
        () -> stopAfter > 0 && counting.steps.size() == stopAfter,
        Map.of());
  }

  private static BoxConfig boxes(Task form, BoxLoss loss) {
    return new BoxConfig(form, loss, 0.5, null);
  }

  private static void assertSameModels(RunFolder one, RunFolder other) throws IOException {
    assertThat(Files.readAllBytes(one.lastModel()))
        .isEqualTo(Files.readAllBytes(other.lastModel()));
    assertThat(Files.readAllBytes(one.bestModel()))
        .isEqualTo(Files.readAllBytes(other.bestModel()));
  }

  /** Columns of metrics.csv that are no times. */
  private static List<String> figures(RunFolder folder) throws IOException {
    return Files.readAllLines(folder.metrics()).stream()
        .map(line -> String.join(",", List.of(line.split(",")).subList(0, 8)))
        .toList();
  }

  @ParameterizedTest
  @CsvSource({"BOX_PER_CLASS, SQUARED", "SINGLE_BOX, GIOU"})
  void learnsWhereObjectsAre(Task form, BoxLoss loss) throws IOException {
    options.data = TinyObjects.write(root.resolve("objects"), 48, 16, 16).toString();
    options.boxes = boxes(form, loss);
    options.epochs = 40;
    options.width = 0.06;
    options.dropout = 0;
    options.learningRate = 0.003;
    TrainingResult result =
        Trainer.train(options.build(), root.resolve("run"), recorder, () -> false, Map.of());
    BoxEvaluation first = (BoxEvaluation) recorder.epochs.get(0).validation();
    BoxEvaluation test = (BoxEvaluation) result.test();
    assertThat(test.images()).isEqualTo(48);
    assertThat(first.error()).isGreaterThan(60);
    assertThat(result.bestError()).isLessThan(20);
    assertThat(test.error()).isLessThan(30);
    assertThat(test.meanOverlap()).isGreaterThan(first.meanOverlap() + 0.2);
    EpochMetrics last = recorder.epochs.get(recorder.epochs.size() - 1);
    assertThat(last.trainLoss()).isLessThan(recorder.epochs.get(0).trainLoss() / 2);
    assertThat(last.trainError()).isLessThan(30);
  }

  /** Three steps an epoch: stops after each of the six. */
  @ParameterizedTest
  @EnumSource(names = {"SINGLE_BOX", "BOX_PER_CLASS"})
  void stoppedAnywhere(Task form) throws IOException {
    options.scale = new ScaleRange(32, 48);
    options.microBatch = 7; // does not divide the batch
    TrainingResult whole = train("whole", form, 0);
    assertThat(whole.steps()).isEqualTo(6);
    for (int stop = 1; stop <= 6; stop++) {
      String out = "part-" + stop;
      assertThat(train(out, form, stop).interrupted()).isTrue();
      TrainingResult rest =
          Trainer.resume(options.build(), root.resolve(out), new Recorder(), () -> false, Map.of());
      assertThat(rest.interrupted()).isFalse();
      assertSameModels(rest.folder(), whole.folder());
      assertThat(figures(rest.folder())).isEqualTo(figures(whole.folder()));
      assertThat(rest.test()).usingRecursiveComparison().isEqualTo(whole.test());
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"SINGLE_BOX", "BOX_PER_CLASS"})
  void twoRanksLearnWhatOneProcessLearns(Task form) throws IOException {
    options.data = data.toString();
    options.boxes = boxes(form, BoxLoss.GIOU);
    options.threads = 1;
    AtomicReference<TrainingResult> together = new AtomicReference<>();
    Threads.run(
        2,
        group -> {
          if (group.leads()) {
            together.set(
                Trainer.train(
                    options.build(),
                    root.resolve("together"),
                    group,
                    new Recorder(),
                    () -> false,
                    Map.of()));
          } else {
            Map<String, Object> said = new RunMessages(group).awaitOptions();
            TrainingConfig told = TrainingConfig.builder(said).threads(1).build();
            assertThat(told.boxes()).isEqualTo(options.boxes);
            Trainer.follow(told, group, new Recorder(), () -> false);
          }
        });
    options.microBatch = 8;
    TrainingResult alone =
        Trainer.train(options.build(), root.resolve("alone"), recorder, () -> false, Map.of());
    assertSameModels(together.get().folder(), alone.folder());
    assertThat(figures(together.get().folder())).isEqualTo(figures(alone.folder()));
    assertThat(together.get().test()).usingRecursiveComparison().isEqualTo(alone.test());
  }

  /** Of a network that classifies all layers are taken but the last, whose outputs are others. */
  @Test
  void beginsWithANetworkThatClassifies() {
    options.data = data.toString();
    options.epochs = 1;
    Path classifier =
        Trainer.train(options.build(), root.resolve("a"), recorder, () -> false, Map.of())
            .folder()
            .lastModel();
    options.boxes = BoxConfig.DEFAULTS;
    options.from = classifier;
    options.learningRate = 1e-30; // too small to change a float
    ModelFile boxes =
        ModelFile.read(
            Trainer.train(options.build(), root.resolve("b"), recorder, () -> false, Map.of())
                .folder()
                .lastModel());
    ModelFile source = ModelFile.read(classifier);
    assertThat(boxes.architecture().task()).isEqualTo(Task.BOX_PER_CLASS);
    Set<String> copied = new TreeSet<>();
    Set<String> drawn = new TreeSet<>();
    for (ParameterShape shape : boxes.architecture().parameters()) {
      if (shape.isWeight()) { // a bias of 0 does change
        boolean same =
            Arrays.equals(boxes.arrays().get(shape.name()), source.arrays().get(shape.name()));
        (same ? copied : drawn).add(shape.layer());
      }
    }
    assertThat(drawn).containsExactly("fc8");
    assertThat(copied).hasSize(10).doesNotContain("fc8");
    assertThat(recorder.notes).anyMatch(note -> note.endsWith("; drawn (glorot): fc8"));
  }

  @Test
  void leavesFiguresOfBoxes() throws IOException {
    TrainingResult result = train("run", Task.BOX_PER_CLASS, 0);
    RunFolder folder = result.folder();
    assertThat(Files.readAllLines(folder.metrics()))
        .hasSize(3)
        .first()
        .isEqualTo(
            "epoch,step,learning_rate,train_loss,train_box_error,val_loss,val_box_error,"
                + "val_mean_overlap,images_per_second,seconds,data_wait_share");
    assertThat(folder.test()).usingRecursiveComparison().isEqualTo(result.test());
    assertThat(folder.provenance())
        .containsEntry("testBoxError", result.test().error())
        .containsEntry("testMeanOverlap", ((BoxEvaluation) result.test()).meanOverlap())
        .doesNotContainKey("testTop1Error");
    assertThat(ModelFile.read(folder.bestModel()).provenance().metrics())
        .containsKeys("valBoxError", "valMeanOverlap")
        .doesNotContainKey("valTop1Error");
    RgbImage sheet = ImageDecoder.decode(folder.samples());
    int drawn = 0;
    for (int at = 0; at < sheet.pixels().length; at += 3) {
      int color =
          (sheet.pixels()[at] & 0xFF) << 16
              | (sheet.pixels()[at + 1] & 0xFF) << 8
              | sheet.pixels()[at + 2] & 0xFF;
      drawn += color == Outline.TRUE ? 1 : 0;
    }
    assertThat(drawn).isGreaterThan(33 * 20);
  }
}
