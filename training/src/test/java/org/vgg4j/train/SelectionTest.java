package org.vgg4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.vgg4j.base.InputException;
import org.vgg4j.evaluate.Evaluation;
import org.vgg4j.weights.ModelFile;

/** Which epoch is the best, and when training ends for want of a better one. */
class SelectionTest {
  @TempDir static Path shared;
  private static Path data;

  @TempDir Path root;
  private final Options options = new Options();
  private final Recorder recorder = new Recorder();

  /** 8 and 8 validation images of two classes, 2 of the third. */
  @BeforeAll
  static void pictures() throws IOException {
    data = TinyPictures.write(shared.resolve("pets"), 11, 8, 0);
    for (int i = 2; i < 8; i++) {
      Files.delete(data.resolve("val/red/" + i + ".png"));
    }
  }

  private TrainingResult train(String out, int stopAfterSteps) {
    options.data = data.toString();
    return Trainer.train(
        options.build(),
        root.resolve(out),
        recorder,
        () -> stopAfterSteps > 0 && recorder.steps.size() >= stopAfterSteps,
        Map.of());
  }

  private static double value(Selection selection, EpochMetrics metrics) {
    Evaluation validation = (Evaluation) metrics.validation();
    double recalls = 0;
    for (int c = 0; c < 3; c++) {
      int images = c == 2 ? 2 : 8;
      recalls += (double) validation.confusion()[c][c] / images;
    }
    return switch (selection) {
      case TOP1 -> 100 - 100.0 * validation.correct() / 18;
      case BALANCED -> 100 - 100 * recalls / 3;
      case LOSS -> validation.meanLoss();
      case MAP -> throw new AssertionError("is of labels");
    };
  }

  /** Others are shown accuracies as such, although the smaller value is the better one inside. */
  @Test
  void measuresAreShownAsTheyAreCalled() {
    assertThat(Selection.TOP1.shown(3.5)).isEqualTo(3.5);
    assertThat(Selection.LOSS.shown(0.25)).isEqualTo(0.25);
    assertThat(Selection.BALANCED.shown(3.5)).isEqualTo(96.5);
    assertThat(Selection.MAP.shown(3.5)).isEqualTo(96.5);
  }

  @ParameterizedTest
  @EnumSource(value = Selection.class, mode = EnumSource.Mode.EXCLUDE, names = "MAP")
  void decidesBestEpochAndRate(Selection selection) throws IOException {
    options.select = selection;
    options.epochs = 10;
    options.patience = 1;
    options.learningRate = 0.004;
    options.dropout = 0.1;
    TrainingResult result = train("run", 0);
    int best = 0;
    PlateauSchedule plateau =
        new PlateauSchedule(0.004, 1, selection == Selection.LOSS ? 0.001 : 0.1);
    for (int i = 0; i < recorder.epochs.size(); i++) {
      assertThat(recorder.epochs.get(i).learningRate())
          .as("rate of epoch %d", i + 1)
          .isEqualTo(plateau.rate());
      double value = value(selection, recorder.epochs.get(i));
      double before = value(selection, recorder.epochs.get(best));
      double loss = recorder.epochs.get(i).validation().meanLoss();
      boolean better =
          value < before - 1e-9
              || (value < before + 1e-9
                  && loss < recorder.epochs.get(best).validation().meanLoss());
      best = better ? i : best;
      boolean unused = plateau.observe(value);
    }
    assertThat(result.bestEpoch()).isEqualTo(best + 1);
    assertThat(result.bestError())
        .isCloseTo(value(selection, recorder.epochs.get(best)), within(1e-9));
    Map<String, Double> figures =
        ModelFile.read(result.folder().bestModel()).provenance().metrics();
    assertThat(figures).containsEntry("epoch", (double) result.bestEpoch());
    switch (selection) {
      case TOP1 -> assertThat(figures).doesNotContainKeys("valLoss", "valBalancedAccuracy");
      case BALANCED ->
          assertThat(figures.get("valBalancedAccuracy"))
              .isCloseTo(100 - result.bestError(), within(1e-9));
      case LOSS -> assertThat(figures).containsEntry("valLoss", result.bestError());
      case MAP -> throw new AssertionError("is of labels");
    }
  }

  @Test
  void recallOfEachClassIsWritten() throws IOException {
    options.epochs = 3;
    TrainingResult result = train("run", 0);
    List<String> lines = Files.readAllLines(result.folder().recall());
    assertThat(lines).hasSize(4);
    assertThat(lines.get(0)).isEqualTo("epoch,balanced_accuracy,blue,green,red");
    for (int epoch = 1; epoch <= 3; epoch++) {
      EpochMetrics metrics = recorder.epochs.get(epoch - 1);
      int[][] confusion = ((Evaluation) metrics.validation()).confusion();
      assertThat(lines.get(epoch))
          .isEqualTo(
              String.format(
                  Locale.ROOT,
                  "%d,%.4f,%.4f,%.4f,%.4f",
                  epoch,
                  100 - value(Selection.BALANCED, metrics),
                  confusion[0][0] * 12.5,
                  confusion[1][1] * 12.5,
                  confusion[2][2] * 50.0));
    }
  }

  /** Names with commas and quotes are quoted; a class without images has no recall. */
  @Test
  void recallOfOddClasses() throws IOException {
    Path file = root.resolve("recall.csv");
    List<String> names = List.of("a, \"b\"", "c", "d");
    int[][] confusion = {{3, 1, 0}, {0, 0, 0}, {1, 0, 1}};
    Evaluation evaluation = new Evaluation(names, confusion, new int[3], 1);
    assertThat(evaluation.recall(1)).isNaN();
    assertThat(evaluation.balancedAccuracy()).isEqualTo((75.0 + 50) / 2);
    RecallFile.add(file, 1, evaluation);
    RecallFile.add(file, 2, evaluation);
    RecallFile.add(file, 3, evaluation);
    RecallFile.add(file, 2, evaluation); // a resumed run repeats epochs 2 and 3
    assertThat(Files.readAllLines(file))
        .containsExactly(
            "epoch,balanced_accuracy,\"a, \"\"b\"\"\",c,d",
            "1,62.5000,75.0000,,50.0000",
            "2,62.5000,75.0000,,50.0000");
    assertThat(RecallFile.balancedAccuracy(file, new double[] {1, 2, 3}))
        .containsExactly(62.5, 62.5, Double.NaN);
    Evaluation other = new Evaluation(List.of("x", "y", "z"), confusion, new int[3], 1);
    assertThatThrownBy(() -> RecallFile.add(file, 3, other))
        .isInstanceOf(InputException.class)
        .hasMessage(file + " has other columns than the run: restore or remove it");
    Files.writeString(file, "epoch,balanced_accuracy\n1\n");
    assertThatThrownBy(() -> RecallFile.balancedAccuracy(file, new double[] {1}))
        .isInstanceOf(InputException.class)
        .hasMessage(file + " is damaged at '1': restore or remove it");
  }

  @Test
  void endsAfterEpochsWithoutABetterOne() {
    options.learningRate = 1e-12; // nothing changes, so the first epoch stays the best
    options.schedule = ScheduleConfig.Kind.COSINE;
    options.epochs = 30;
    options.stopAfter = 3;
    TrainingResult result = train("run", 0);
    assertThat(result.bestEpoch()).isEqualTo(1);
    assertThat(result.interrupted()).isFalse();
    assertThat(recorder.epochs).hasSize(4);
    assertThat(recorder.notes)
        .contains("3 epochs without a better validation error: training ends");
  }

  /** Stopped after each step, with the balanced accuracy watched and an early end. */
  @Test
  void resumedRunsEndAlike() throws IOException {
    options.select = Selection.BALANCED;
    options.stopAfter = 2;
    options.epochs = 9;
    options.patience = 1;
    TrainingResult whole = train("whole", 0);
    recorder.steps.clear();
    TrainingResult part = train("part", 1);
    for (int turn = 2; part.interrupted(); turn++) {
      Recorder counting = new Recorder();
      part =
          Trainer.resume(
              options.build(),
              root.resolve("part"),
              counting,
              () -> !counting.steps.isEmpty(),
              Map.of());
      assertThat(turn).isLessThan(40);
    }
    assertThat(part.steps()).isEqualTo(whole.steps());
    assertThat(part.bestEpoch()).isEqualTo(whole.bestEpoch());
    for (String file : List.of("best/model.safetensors", "last/model.safetensors", "recall.csv")) {
      assertThat(Files.readAllBytes(root.resolve("part").resolve(file)))
          .as(file)
          .isEqualTo(Files.readAllBytes(root.resolve("whole").resolve(file)));
    }
  }

  /** Runs that older versions began have no such file, and their options no such keys. */
  @Test
  void runsOfOlderVersionsGoOn() throws IOException {
    assertThat(options.build().options()).doesNotContainKeys("select", "stop-after");
    assertThat(train("run", 4).interrupted()).isTrue();
    Files.delete(root.resolve("run/recall.csv"));
    TrainingResult rest =
        Trainer.resume(options.build(), root.resolve("run"), new Recorder(), () -> false, Map.of());
    assertThat(Files.readAllLines(rest.folder().recall()))
        .hasSize(2)
        .last()
        .asString()
        .startsWith("2,");
  }

  @Test
  void wrongValuesAreRefused() {
    assertThatThrownBy(() -> TrainingConfig.of(Map.of("select", "best")))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "option select is best but must be top1, balanced or loss, or map with option"
                + " multi-label");
    assertThatThrownBy(() -> TrainingConfig.of(Map.of("stop-after", "-1")))
        .isInstanceOf(InputException.class)
        .hasMessage("option stop-after is -1 but must be at least 0");
    assertThatThrownBy(() -> TrainingConfig.of(Map.of("select", "balanced", "regression", "pcr")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("option select is balanced but must be top1 (the error of boxes)");
    TrainingConfig config = TrainingConfig.of(Map.of("select", "Loss", "stop-after", 4));
    assertThat(config.options()).containsEntry("select", "loss").containsEntry("stop-after", 4);
    assertThat(TrainingConfig.of(config.options())).isEqualTo(config);
  }
}
