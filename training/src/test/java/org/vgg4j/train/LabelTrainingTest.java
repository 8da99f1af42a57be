package org.vgg4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.loading.ScaleRange;
import org.vgg4j.data.source.DataSources;
import org.vgg4j.evaluate.LabelEvaluation;
import org.vgg4j.model.Task;
import org.vgg4j.network.LabelLoss;
import org.vgg4j.parallel.Threads;
import org.vgg4j.weights.ModelFile;

/** Training of networks whose images show several classes: 33 images make batches of 16, 16, 1. */
class LabelTrainingTest {
  @TempDir static Path shared;
  private static Path data;

  @TempDir Path root;
  private final Options options = new Options();
  private final Recorder recorder = new Recorder();

  @BeforeAll
  static void pictures() throws IOException {
    data = TwoGarments.write(shared.resolve("clothes"), 33, 10, 12);
  }

  private void use(Path folder) {
    options.data = folder.resolve("pictures").toString();
    options.multiLabel = folder.resolve("labels.csv").toString();
    options.select = Selection.MAP;
  }

  private TrainingResult train(String out, int stopAfter) {
    use(data);
    Recorder counting = new Recorder();
    return Trainer.train(
        options.build(),
        root.resolve(out),
        counting,
        () -> stopAfter > 0 && counting.steps.size() == stopAfter,
        Map.of());
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

  @Test
  void learnsWhatPicturesShow() throws IOException {
    use(TwoGarments.write(root.resolve("clothes"), 400, 60, 100));
    options.epochs = 13;
    options.width = 0.12;
    options.schedule = ScheduleConfig.Kind.COSINE;
    options.dropout = 0;
    options.scale = ScaleRange.fixed(32);
    options.learningRate = 0.03;
    TrainingResult result =
        Trainer.train(options.build(), root.resolve("run"), recorder, () -> false, Map.of());
    LabelEvaluation first = (LabelEvaluation) recorder.epochs.get(0).validation();
    LabelEvaluation test = (LabelEvaluation) result.test();
    assertThat(test.images()).isEqualTo(100);
    assertThat(first.meanAveragePrecision()).isLessThan(75);
    assertThat(100 - result.bestError()).isGreaterThan(90);
    assertThat(test.meanAveragePrecision()).isGreaterThan(85);
    assertThat(test.f1()).isGreaterThan(75);
    EpochMetrics last = recorder.epochs.get(recorder.epochs.size() - 1);
    assertThat(last.trainLoss()).isLessThan(recorder.epochs.get(0).trainLoss() / 2);
    assertThat(last.trainError()).isLessThan(40);
  }

  static List<TargetConfig> targets() {
    return List.of(
        TargetConfig.PLAIN,
        new TargetConfig(ClassWeights.of("auto"), 0.1, 0, 0),
        new TargetConfig(ClassWeights.NONE, 0, 0.4, 1));
  }

  /** Three steps an epoch. */
  @ParameterizedTest
  @MethodSource("targets")
  void stoppedAnywhere(TargetConfig targets) throws IOException {
    byte[] plain = Files.readAllBytes(train("plain", 0).folder().lastModel());
    options.targets = targets;
    options.microBatch = 7; // does not divide the batch
    TrainingResult whole = train("whole", 0);
    assertThat(Files.readAllBytes(whole.folder().lastModel())).isNotEqualTo(plain);
    for (int stop : new int[] {1, 3, 5}) {
      String out = "part-" + stop;
      assertThat(train(out, stop).interrupted()).isTrue();
      TrainingResult rest =
          Trainer.resume(options.build(), root.resolve(out), new Recorder(), () -> false, Map.of());
      assertThat(rest.interrupted()).isFalse();
      assertSameModels(rest.folder(), whole.folder());
      assertThat(figures(rest.folder())).isEqualTo(figures(whole.folder()));
      assertThat(rest.test()).usingRecursiveComparison().isEqualTo(whole.test());
    }
  }

  @Test
  void twoRanksLearnWhatOneProcessLearns() throws IOException {
    use(data);
    options.threads = 1;
    options.targets = new TargetConfig(ClassWeights.of("auto"), 0, 0.4, 0);
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
            assertThat(told.multiLabel()).isEqualTo(options.multiLabel);
            assertThat(told.selection().watched()).isEqualTo(Selection.MAP);
            Trainer.follow(told, group, new Recorder(), () -> false);
          }
        });
    options.microBatch = 8;
    TrainingResult alone =
        Trainer.train(options.build(), root.resolve("alone"), recorder, () -> false, Map.of());
    assertSameModels(together.get().folder(), alone.folder());
    assertThat(figures(together.get().folder())).isEqualTo(figures(alone.folder()));
    LabelEvaluation one = (LabelEvaluation) together.get().test();
    LabelEvaluation other = (LabelEvaluation) alone.test();
    assertThat(one.averagePrecision()).isEqualTo(other.averagePrecision());
    assertThat(one.found()).isEqualTo(other.found());
    assertThat(one.meanLoss()).isCloseTo(other.meanLoss(), within(1e-12));
  }

  @Test
  void leavesFiguresOfLabels() throws IOException {
    TrainingResult result = train("run", 0);
    RunFolder folder = result.folder();
    assertThat(Files.readAllLines(folder.metrics()))
        .hasSize(3)
        .first()
        .isEqualTo(
            "epoch,step,learning_rate,train_loss,train_image_error,val_loss,val_map,val_f1,"
                + "images_per_second,seconds,data_wait_share");
    assertThat(folder.recall()).doesNotExist();
    assertThat(folder.test()).usingRecursiveComparison().isEqualTo(result.test());
    LabelEvaluation test = (LabelEvaluation) result.test();
    assertThat(folder.provenance())
        .containsEntry("testMap", test.meanAveragePrecision())
        .containsEntry("testF1", test.f1())
        .doesNotContainKey("testTop1Error");
    ModelFile best = ModelFile.read(folder.bestModel());
    assertThat(best.architecture().task()).isEqualTo(Task.LABELS);
    assertThat(best.classNames()).containsExactly("ankle boot", "bag", "dress", "trouser");
    assertThat(best.provenance().metrics())
        .containsKeys("valMap", "valF1")
        .doesNotContainKey("valTop1Error");
    assertThat(folder.options()).containsKey("multi-label").doesNotContainKey("select");
  }

  /** All layers are taken but the last, whose outputs mean something else. */
  @Test
  void beginsWithANetworkOfOneClassAnImage() throws IOException {
    options.data = TinyPictures.write(root.resolve("colours"), 8, 4, 0).toString();
    options.epochs = 1;
    Path model =
        Trainer.train(options.build(), root.resolve("a"), recorder, () -> false, Map.of())
            .folder()
            .lastModel();
    options.from = model;
    assertThat(beginning("same")).doesNotContain("drawn");
    Path table = root.resolve("colours.csv");
    List<String> lines = new ArrayList<>(List.of("image,labels,part"));
    for (String colour : TinyPictures.CLASSES) { // the same classes
      lines.add("train/%s/0.png,%s,train".formatted(colour, colour));
      lines.add("val/%s/0.png,%s,val".formatted(colour, colour));
    }
    Files.write(table, lines);
    options.multiLabel = table.toString();
    options.select = Selection.MAP;
    options.batch = 3;
    assertThat(beginning("labels")).endsWith("; drawn (glorot): fc8");
  }

  /** What a run says of where its weights come from. */
  private String beginning(String out) {
    Recorder notes = new Recorder();
    Trainer.train(options.build(), root.resolve(out), notes, () -> false, Map.of());
    return notes.notes.stream().filter(note -> note.contains("fc7")).findFirst().orElseThrow();
  }

  /** No test image shows a label, so there is nothing to measure on them. */
  @Test
  void testImagesWithoutLabelsAreRefusedUnlessTheyAreNotUsed() throws IOException {
    Path table = root.resolve("labels.csv");
    Files.write(
        table,
        Files.readAllLines(data.resolve("labels.csv")).stream()
            .map(line -> line.endsWith(",test") ? line.replaceFirst(",.*,", ",,") : line)
            .toList());
    use(data);
    options.multiLabel = table.toString();
    options.epochs = 1;
    TrainingConfig config = options.build();
    assertThatThrownBy(
            () -> Trainer.train(config, root.resolve("a"), recorder, () -> false, Map.of()))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("no image of pictures/test shows any label, so there is nothing")
        .hasMessageEndingWith("or add images, or set option test to false");
    TrainingResult untested =
        Trainer.train(
            config.toBuilder().test(false).build(),
            root.resolve("b"),
            recorder,
            () -> false,
            Map.of());
    assertThat(untested.test()).isNull();
  }

  @Test
  void theLossOfGuessingIsThatOfTheSharesOfLabels() {
    use(data);
    Dataset train = DataSources.openLabelSets(options.data, options.multiLabel, 0, 0.1, 1).train();
    double entropy = 0;
    double precision = 0;
    for (int k = 0; k < 4; k++) {
      int label = k;
      double share =
          IntStream.range(0, train.size()).filter(i -> train.state(i, label) == 1).count()
              / (double) train.size();
      entropy -= share * Math.log(share) + (1 - share) * Math.log(1 - share);
      precision += share;
    }
    assertThat(LabelGuess.loss(train, List.of(), 0)).isCloseTo(entropy / 4, within(1e-9));
    assertThat(LabelGuess.averagePrecision(train)).isCloseTo(25 * precision, within(1e-9));
    // with weights and smoothing no other constant score is better
    List<Double> weights = ClassWeights.of("auto").of(train);
    double least = LabelGuess.loss(train, weights, 0.2);
    for (double moved : new double[] {-0.1, 0, 0.1}) {
      double loss = 0;
      for (int i = 0; i < train.size(); i++) {
        for (int k = 0; k < 4; k++) {
          double target = train.state(i, k) == 1 ? 0.9 : 0.1;
          loss += LabelLoss.of(best(train, k, weights.get(k)) + moved, target, weights.get(k)) / 4;
        }
      }
      loss /= train.size();
      if (moved == 0) {
        assertThat(loss).isCloseTo(least, within(1e-9));
      } else {
        assertThat(loss).isGreaterThan(least);
      }
    }
  }

  private static double best(Dataset train, int label, double weight) {
    double shown = 0;
    double not = 0;
    for (int i = 0; i < train.size(); i++) {
      double target = train.state(i, label) == 1 ? 0.9 : 0.1;
      shown += weight * target;
      not += 1 - target;
    }
    return Math.log(shown / not);
  }

  @Test
  void weightsMakeThoseThatShowAClassCountAsMuchAsTheOthers() {
    use(data);
    Dataset train = DataSources.openLabelSets(options.data, options.multiLabel, 0, 0.1, 1).train();
    List<Double> weights = ClassWeights.of("auto").of(train);
    for (int k = 0; k < 4; k++) {
      int label = k;
      long shown = IntStream.range(0, train.size()).filter(i -> train.state(i, label) == 1).count();
      assertThat(weights.get(k) * shown).isCloseTo(train.size() - shown, within(1e-9));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      value = {
        "sampling ! balanced ! option sampling is balanced, but with option multi-label an image",
        "class-weights ! effective ! option class-weights is effective:0.999 but must be auto or a",
        "select ! top1 ! option select is top1 but must be map or loss with option multi-label",
        "select ! balanced ! option select is balanced but must be map or loss with option",
        "regression ! pcr ! option multi-label is for networks that say what an image shows, and",
      })
  void whatDoesNotGoTogether(String key, String value, String sentence) {
    Map<String, Object> all = Map.of("data", "pictures", "multi-label", "labels.csv", key, value);
    assertThatThrownBy(() -> TrainingConfig.of(all))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(sentence);
    assertThatThrownBy(() -> TrainingConfig.of(Map.of("select", "map")))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(
            "option select is map but must be top1, balanced or loss where an image shows one");
  }

  @Test
  void theUsualMeasureOfLabelsIsMap() {
    TrainingConfig config = TrainingConfig.of(Map.of("multi-label", "labels.csv"));
    assertThat(config.selection().watched()).isEqualTo(Selection.MAP);
    assertThat(config.toBuilder().build()).isEqualTo(config);
    assertThat(TrainingConfig.of(config.options())).isEqualTo(config);
    TrainingConfig loss = config.toBuilder().select(Selection.LOSS).build();
    assertThat(TrainingConfig.of(loss.options())).isEqualTo(loss);
    assertThat(TrainingConfig.DEFAULTS.options()).doesNotContainKeys("multi-label", "select");
  }
}
