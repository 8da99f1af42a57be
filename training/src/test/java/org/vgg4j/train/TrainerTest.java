package org.vgg4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.AbortedException;
import org.vgg4j.base.InputException;
import org.vgg4j.base.SmallDisk;
import org.vgg4j.base.Version;
import org.vgg4j.data.Split;
import org.vgg4j.data.source.DataSources;
import org.vgg4j.evaluate.CenterCropEvaluator;
import org.vgg4j.model.Configuration;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.Parameters;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.safetensors.SafeTensors;

class TrainerTest {
  @TempDir static Path shared;
  private static Path data;

  @TempDir Path root;
  private final Options options = new Options();
  private final Recorder recorder = new Recorder();

  @BeforeAll
  static void pictures() throws IOException {
    data = TinyPictures.write(shared.resolve("pets"), 16, 4, 4);
  }

  private TrainingResult train(String out) {
    if (options.data.equals("pets")) {
      options.data = data.toString();
    }
    return Trainer.train(
        options.build(), root.resolve(out), recorder, () -> false, Map.of("host", "here"));
  }

  private byte[] lastModelOf(String out) throws IOException {
    return Files.readAllBytes(train(out).folder().lastModel());
  }

  private static List<String> filesBelow(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> folder.relativize(file).toString())
          .sorted()
          .toList();
    }
  }

  private static Map<?, ?> yaml(Path file) throws IOException {
    return new YAMLMapper().readValue(file.toFile(), Map.class);
  }

  private static Map<?, ?> json(Path file) throws IOException {
    return new ObjectMapper().readValue(file.toFile(), Map.class);
  }

  @Test
  void learns() throws IOException {
    options.epochs = 12;
    options.dropout = 0.1;
    options.learningRate = 0.003; // at 0.01 some seeds diverge, with any kernels
    TrainingResult result = train("run");
    assertThat(recorder.epochs.get(0).trainLoss()).isGreaterThan(0.3);
    assertThat(recorder.epochs.get(result.bestEpoch() - 1).trainLoss()).isLessThan(0.3);
    assertThat(result.bestError()).isZero();
    assertThat(result.test().images()).isEqualTo(12);
    assertThat(result.test().error()).isLessThan(10);
    assertThat(result.test().classNames()).isEqualTo(TinyPictures.CLASSES);
    assertThat(result.steps()).isEqualTo(12 * 3);
    assertThat(result.interrupted()).isFalse();
  }

  /** 12 GB were planned for 900 images in a batch of 100,000. */
  @Test
  void aBatchLargerThanTheDataSetIsTheDataSet() throws IOException {
    options.epochs = 2;
    options.batch = 48;
    byte[] all = lastModelOf("all");
    assertThat(recorder.notes).isEmpty();
    options.batch = 100_000_000; // far more than memory has room for
    assertThat(lastModelOf("more")).isEqualTo(all);
    assertThat(recorder.notes)
        .containsExactly(
            "a batch of 100000000 is more than there are training images: each step takes all 48");
    assertThat(yaml(root.resolve("more/config.yaml")).get("batch")).isEqualTo(48);
    options.microBatch = 30;
    options.batch = 48;
    byte[] parts = lastModelOf("parts");
    options.batch = 1000;
    assertThat(lastModelOf("more parts")).isEqualTo(parts);
  }

  @Test
  void leavesACompleteFolder() throws IOException {
    options.epochs = 3;
    options.batch = 20;
    TrainingResult result = train("run");
    Path folder = result.folder().path();
    assertThat(filesBelow(folder))
        .containsExactly(
            "best/model.safetensors",
            "config.yaml",
            "last/checkpoint.safetensors",
            "last/model.safetensors",
            "metrics.csv",
            "provenance.json",
            "recall.csv",
            "samples.png",
            "test.json",
            "unreadable.csv");

    // config.yaml: all options, the micro-batch no longer 0
    options.microBatch = 20;
    Map<String, Object> config = new LinkedHashMap<>(options.build().options());
    config.put("seed", 7);
    assertThat(yaml(folder.resolve("config.yaml"))).isEqualTo(config);

    List<String> metrics = Files.readAllLines(folder.resolve("metrics.csv"));
    assertThat(metrics).hasSize(4);
    assertThat(metrics.get(0))
        .isEqualTo(
            "epoch,step,learning_rate,train_loss,train_top1_error,val_loss,val_top1_error,"
                + "val_top5_error,images_per_second,seconds,data_wait_share");
    assertThat(metrics.get(1)).startsWith("1,3,0.01,");
    assertThat(metrics.get(2)).startsWith("2,6,0.01,");
    String[] cells = metrics.get(3).split(",");
    EpochMetrics third = recorder.epochs.get(2);
    assertThat(cells).hasSize(11);
    assertThat(Double.parseDouble(cells[10])).isBetween(0.0, 1.0);
    assertThat(Double.parseDouble(cells[3])).isCloseTo(third.trainLoss(), within(1e-6));
    assertThat(Double.parseDouble(cells[6])).isCloseTo(third.validation().error(), within(1e-4));

    assertThat(json(folder.resolve("provenance.json")).keySet())
        .map(String::valueOf)
        .contains("configuration", "datasetFingerprint", "codeVersion", "seconds", "testTop1Error")
        .contains("host");
    assertThat(json(folder.resolve("provenance.json")).get("steps")).isEqualTo(9);
    assertThat(json(folder.resolve("provenance.json")).get("interrupted")).isEqualTo(false);
  }

  @Test
  void modelCarriesWhatDeterminesItAndNoMore() throws IOException {
    TrainingResult result = train("run-folder-here");
    ModelFile model = ModelFile.read(result.folder().lastModel());
    assertThat(model.classNames()).isEqualTo(TinyPictures.CLASSES);
    assertThat(model.preprocessing().scale()).isEqualTo(36);
    assertThat(model.preprocessing().mean().red()).isBetween(50f, 150f);
    assertThat(model.provenance().dataset()).isEqualTo("pets");
    assertThat(model.provenance().datasetFingerprint())
        .isEqualTo(DataSources.open(data.toString(), 0.1, 7).fingerprint());
    assertThat(model.provenance().codeVersion()).isEqualTo(Version.get());
    assertThat(model.provenance().configuration())
        .containsEntry("micro-batch", 16)
        .containsEntry("lr", 0.01)
        .doesNotContainKeys("threads", "data", "out");
    assertThat(model.provenance().metrics())
        .containsEntry("epoch", 2.0)
        .containsKeys("trainLoss", "valTop1Error", "valTop5Error");
    String metadata = SafeTensors.read(result.folder().lastModel()).metadata().toString();
    assertThat(metadata)
        .doesNotContain("run-folder-here")
        .doesNotContain(root.toString())
        .doesNotContain(data.toString())
        .doesNotContain("threads")
        .doesNotContain("host");
  }

  /** With micro-batches that do not divide the batch, and LRN and dropout in the network. */
  @Test
  void sameSeedSameBytesWhateverTheThreads() throws IOException {
    options.configuration = Configuration.A_LRN;
    options.microBatch = 7;
    options.threads = 1;
    byte[] expected = lastModelOf("one");
    assertThat(lastModelOf("again")).isEqualTo(expected);
    for (int threads = 2; threads <= 3; threads++) {
      options.threads = threads;
      assertThat(lastModelOf("threads-" + threads)).isEqualTo(expected);
    }
    options.seed = 8;
    Map<String, float[]> other = ModelFile.read(train("other-seed").folder().lastModel()).arrays();
    Map<String, float[]> first =
        ModelFile.read(root.resolve("one/last/model.safetensors")).arrays();
    other.forEach((name, values) -> assertThat(values).as(name).isNotEqualTo(first.get(name)));
  }

  @Test
  void microBatchesGiveTheSameGradientUpToRounding() {
    options.maxSteps = 3;
    options.dropout = 0;
    Map<String, float[]> whole = ModelFile.read(train("whole").folder().lastModel()).arrays();
    options.microBatch = 5;
    Map<String, float[]> parts = ModelFile.read(train("parts").folder().lastModel()).arrays();
    whole.forEach(
        (name, values) -> {
          for (int i = 0; i < values.length; i++) {
            assertThat(parts.get(name)[i]).as(name).isCloseTo(values[i], within(1e-3f));
          }
        });
  }

  @Test
  void maxStepsEndsInTheMiddleOfAnEpoch() {
    options.maxSteps = 4;
    TrainingResult result = train("run");
    assertThat(result.steps()).isEqualTo(4);
    assertThat(result.interrupted()).isFalse();
    assertThat(recorder.epochs).extracting(EpochMetrics::step).containsExactly(3, 4);
    assertThat(recorder.steps).hasSize(4);
  }

  @Test
  void stopRequestKeepsTheModelSoFar() {
    options.data = data.toString();
    options.epochs = 50;
    TrainingResult result =
        Trainer.train(
            options.build(),
            root.resolve("run"),
            recorder,
            () -> recorder.steps.size() == 5,
            Map.of());
    assertThat(result.interrupted()).isTrue();
    assertThat(result.steps()).isEqualTo(5);
    assertThat(result.test()).isNull();
    assertThat(result.bestEpoch()).isEqualTo(1);
    assertThat(recorder.epochs).hasSize(1);
    Map<String, float[]> last = ModelFile.read(result.folder().lastModel()).arrays();
    Map<String, float[]> best = ModelFile.read(result.folder().bestModel()).arrays();
    assertThat(last.get("classifier.6.bias")).isNotEqualTo(best.get("classifier.6.bias"));
    assertThat(root.resolve("run/provenance.json")).content().contains("\"interrupted\" : true");
  }

  @Test
  void stopInTheFirstEpoch() throws IOException {
    options.data = data.toString();
    TrainingResult result =
        Trainer.train(
            options.build(),
            root.resolve("run"),
            recorder,
            () -> !recorder.steps.isEmpty(),
            Map.of());
    assertThat(result.steps()).isEqualTo(1);
    assertThat(result.bestEpoch()).isZero();
    assertThat(result.bestError()).isNaN();
    assertThat(filesBelow(root.resolve("run")))
        .containsExactly(
            "config.yaml",
            "last/checkpoint.safetensors",
            "last/model.safetensors",
            "metrics.csv",
            "provenance.json",
            "samples.png",
            "unreadable.csv");
    assertThat(json(root.resolve("run/provenance.json")).get("steps")).isEqualTo(1);
  }

  /** In one piece, where weights change layer by layer, and in micro-batches. */
  @ParameterizedTest
  @ValueSource(ints = {16, 5})
  void divergenceIsExplainedAndNothingLost(int microBatch) throws IOException {
    options.microBatch = microBatch;
    options.learningRate = 1e6;
    options.epochs = 50;
    assertThatThrownBy(() -> train("run"))
        .isInstanceOf(AbortedException.class)
        .hasMessageStartingWith("training diverged: the loss at step ")
        .hasMessageContaining("Lower option lr (it is 1000000.0)");
    assertThat(filesBelow(root.resolve("run"))).contains("config.yaml", "metrics.csv");
  }

  /**
   * The last step of an epoch is the one that breaks the weights: no loss but validation's says so.
   */
  @ParameterizedTest
  @ValueSource(ints = {0, 5})
  void brokenModelTakesNoGoodOnesPlace(int microBatch) throws IOException {
    options.microBatch = microBatch;
    options.learningRate = 1e12;
    options.batch = 1000; // an epoch is one step
    assertThatThrownBy(() -> train("run"))
        .isInstanceOf(AbortedException.class)
        .hasMessageStartingWith("training diverged: the loss at step 1 is NaN");
    assertThat(filesBelow(root.resolve("run")))
        .containsExactly("config.yaml", "metrics.csv", "samples.png", "unreadable.csv");
  }

  /**
   * Bytes that stay in the heap. The loader's threads and the JIT compiler go on while this is
   * measured, and what they make meanwhile is counted, too: so the least of several times.
   */
  private static long retained() {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 8; i++) {
      System.gc();
      long used = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
      least = Math.min(least, used);
      LockSupport.parkNanos(30_000_000);
    }
    return least;
  }

  /** What stays in the heap does not grow from step to step, nor with the epochs. */
  @Test
  void heapIsFlatOverAThousandSteps() {
    options.data = data.toString();
    options.batch = 1;
    options.epochs = 100;
    options.maxSteps = 1000;
    options.learningRate = 1e-5;
    Map<Integer, Long> used = new LinkedHashMap<>();
    Recorder forgetful =
        new Recorder() {
          @Override
          public void stepped(Progress progress) {
            int step = (progress.epoch() - 1) * progress.stepsPerEpoch() + progress.step();
            if (step == 100 || step == 999) {
              used.put(step, retained());
            }
          }
        };
    TrainingResult result =
        Trainer.train(options.build(), root.resolve("run"), forgetful, () -> false, Map.of());
    assertThat(result.steps()).isEqualTo(1000);
    assertThat(used).hasSize(2);
    assertThat(used.get(999) - used.get(100)).as("bytes more").isLessThan(1_000_000);
  }

  @Test
  void networkThatCannotLearnIsNoticed() {
    options.learningRate = 1e-12;
    options.initialisation = Initialisation.GAUSSIAN;
    options.configuration = Configuration.D;
    options.batch = 1;
    options.epochs = 3;
    train("run");
    assertThat(recorder.warnings)
        .hasSize(2) // and at the end that it is no better than guessing
        .first()
        .asString()
        .startsWith("the loss is stuck at 1.099, that of random guessing among 3 classes");
  }

  @Test
  void plateauLowersTheRateAndEndsTraining() {
    options.learningRate = 1e-12;
    options.patience = 1;
    options.epochs = 50;
    TrainingResult result = train("run");
    assertThat(recorder.epochs)
        .extracting(metrics -> Math.round(Math.log10(metrics.learningRate())))
        .containsExactly(-12L, -12L, -13L, -14L, -15L);
    assertThat(recorder.warnings)
        .filteredOn(warning -> warning.startsWith("the validation error did not improve"))
        .hasSize(4);
    assertThat(result.interrupted()).isFalse();
  }

  @Test
  void bestModelIsTheOneOfTheSmallestError() {
    options.epochs = 12; // enough for the last not to be the best
    options.dropout = 0.1;
    options.learningRate = 0.003; // at 0.01 some seeds diverge, with any kernels
    TrainingResult result = train("run");
    ModelFile best = ModelFile.read(result.folder().bestModel());
    double smallest =
        recorder.epochs.stream().mapToDouble(m -> m.validation().error()).min().orElseThrow();
    assertThat(result.bestError()).isEqualTo(smallest);
    assertThat(best.provenance().metrics())
        .containsEntry("valTop1Error", smallest)
        .containsEntry("epoch", (double) result.bestEpoch());
    assertThat(recorder.best.lastIndexOf(true) + 1).isEqualTo(result.bestEpoch());
    assertThat(recorder.best.get(0)).isTrue();
    EpochMetrics bestMetrics =
        Collections.min(
            recorder.epochs,
            Comparator.comparingDouble((EpochMetrics m) -> m.validation().error())
                .thenComparingDouble(m -> m.validation().meanLoss()));
    assertThat(result.bestEpoch()).isEqualTo(bestMetrics.epoch());
  }

  @Test
  void testImagesAreClassifiedByTheBestModel() {
    options.epochs = 12; // enough for the last not to be the best
    options.dropout = 0.1;
    options.learningRate = 0.003; // at 0.01 some seeds diverge, with any kernels
    TrainingResult result = train("run");
    ModelFile best = ModelFile.read(result.folder().bestModel());
    try (Engine engine = Engines.open(Device.CPU, 1)) {
      Parameters parameters = new Parameters(best.architecture(), best.arrays());
      double expected =
          new CenterCropEvaluator(
                  engine.hostThreads(),
                  engine.load(parameters).inference(16, Set.of()),
                  best.preprocessing(),
                  best.classNames())
              .evaluate(DataSources.openLabelled(data.toString(), Split.TEST, 0.1, 7), done -> {})
              .meanLoss();
      assertThat(result.test().meanLoss()).isEqualTo(expected);
    }
  }

  /** A test image that cannot be read does not disturb training: nobody looks at it before. */
  @Test
  void withoutTestImages() throws IOException {
    options.data = TinyPictures.write(root.resolve("few"), 4, 2, 0).toString();
    assertThat(train("run").test()).isNull();
    assertThat(json(root.resolve("run/provenance.json")).keySet())
        .map(String::valueOf)
        .doesNotContain("testTop1Error");
  }

  @Test
  void nonEmptyFolderIsRefusedBeforeAnything() throws IOException {
    Files.createDirectories(root.resolve("run/precious"));
    assertThatThrownBy(() -> train("run"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("is not empty");
    assertThat(filesBelow(root.resolve("run"))).isEmpty();
    assertThat(recorder.started).isNull();
  }

  @Test
  void cropTooSmall() {
    options.crop = 31;
    assertThatThrownBy(() -> train("run"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("the smallest legal crop is 32");
    assertThat(root.resolve("run")).doesNotExist();
  }

  /** Room for the models of the first epoch, but not for the next one's temporary file. */
  @Test
  void fullDiskKeepsTheModelsOfTheEpochBefore() throws IOException {
    RunFolder elsewhere = train("elsewhere").folder();
    long model = Files.size(elsewhere.lastModel());
    long all =
        2 * model + Files.size(elsewhere.checkpoint()) + Files.size(elsewhere.samples()) + 4096;
    Path disk = root.resolve("disk");
    try (SmallDisk mounted = SmallDisk.mount(disk, (int) ((all + model / 2) / 1024) + 16)) {
      assertThat(mounted).isNotNull();
      recorder.epochs.clear();
      assertThatThrownBy(() -> train("disk/run"))
          .isInstanceOf(InputException.class)
          .hasMessage(
              "cannot write %s: No space left on device; an older file of that name is kept",
              disk.resolve("run/best/model.safetensors"));
      assertThat(recorder.epochs).hasSize(1);
      assertThat(filesBelow(disk))
          .containsExactly(
              "run/best/model.safetensors",
              "run/config.yaml",
              "run/last/checkpoint.safetensors",
              "run/last/model.safetensors",
              "run/metrics.csv",
              "run/recall.csv",
              "run/samples.png",
              "run/unreadable.csv");
      ModelFile last = ModelFile.read(disk.resolve("run/best/model.safetensors"));
      assertThat(last.provenance().metrics()).containsEntry("epoch", 1.0);
    }
  }
}
