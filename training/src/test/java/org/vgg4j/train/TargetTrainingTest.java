package org.vgg4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.source.DataSources;
import org.vgg4j.parallel.Threads;
import org.vgg4j.weights.ModelFile;

/**
 * Whatever the loss is taught, a run that was stopped and resumed, or shared by processes, equals
 * one that was not, byte for byte. The 21 images, 14, 5 and 2 of a class, make batches of 16 and 5.
 */
class TargetTrainingTest {
  @TempDir static Path shared;
  private static Path data;
  private static Path weights;

  @TempDir Path root;
  private final Options options = new Options();

  @BeforeAll
  static void pictures() throws IOException {
    data = TinyPictures.writeUneven(shared.resolve("pets"), 14, 5, 2);
    weights =
        Files.writeString(
            shared.resolve("weights.csv"), "class,weight\nblue,1\ngreen,3\nred,0.5\n");
  }

  static List<TargetConfig> targets() {
    return List.of(
        new TargetConfig(ClassWeights.of("auto"), 0, 0, 0),
        new TargetConfig(ClassWeights.NONE, 0.1, 0, 0),
        new TargetConfig(ClassWeights.NONE, 0, 0.4, 0),
        new TargetConfig(ClassWeights.NONE, 0, 0, 1),
        new TargetConfig(ClassWeights.of(weights.toString()), 0.2, 0.4, 1));
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

  private static byte[] last(TrainingResult result) throws IOException {
    return Files.readAllBytes(result.folder().lastModel());
  }

  @ParameterizedTest
  @MethodSource("targets")
  void stoppedOrSharedItLearnsTheSame(TargetConfig targets) throws IOException {
    byte[] plain = last(train("plain", 0));
    options.targets = targets;
    options.microBatch = 8;
    TrainingResult whole = train("whole", 0);
    assertThat(last(whole)).isNotEqualTo(plain);

    options.threads = 1;
    TrainingResult part = train("part", 3);
    assertThat(part.interrupted()).isTrue();
    part =
        Trainer.resume(
            options.build(), part.folder().path(), new Recorder(), () -> false, Map.of());
    assertThat(last(part)).isEqualTo(last(whole));

    options.microBatch = 0;
    assertThat(last(together(2))).isEqualTo(last(whole));
  }

  private TrainingResult together(int ranks) {
    AtomicReference<TrainingResult> result = new AtomicReference<>();
    Threads.run(
        ranks,
        group -> {
          if (group.leads()) {
            Path out = root.resolve("together");
            result.set(
                Trainer.train(options.build(), out, group, new Recorder(), () -> false, Map.of()));
          } else {
            Map<String, Object> told = new RunMessages(group).awaitOptions();
            assertThat(told).isNotNull();
            Trainer.follow(TrainingConfig.of(told), group, new Recorder(), () -> false);
          }
        });
    return result.get();
  }

  /** What the run began with counts, and is recorded. */
  @Test
  void theFileOfWeightsMayBeGoneWhenARunGoesOn() throws IOException {
    Path file = Files.copy(weights, root.resolve("mine.csv"));
    options.targets = new TargetConfig(ClassWeights.of(file.toString()), 0, 0, 0);
    TrainingResult whole = train("whole", 0);
    TrainingResult part = train("part", 1);
    Files.delete(file);
    TrainingResult rest =
        Trainer.resume(
            options.build(), part.folder().path(), new Recorder(), () -> false, Map.of());
    assertThat(last(rest)).isEqualTo(last(whole));
    List<Double> used = ClassWeights.of(weights.toString()).of(trainingImages());
    assertThat(ModelFile.read(whole.folder().lastModel()).provenance().configuration())
        .containsEntry("class-weights", used);
    assertThat(Files.readString(whole.folder().config())).contains(file.toString());
  }

  private static Dataset trainingImages() {
    return DataSources.open(data.toString(), 0, 0.1, 1).train();
  }

  @Test
  void otherWeightsThanTheRunsAreRefused() {
    options.targets = new TargetConfig(ClassWeights.of("auto"), 0, 0, 0);
    TrainingResult part = train("part", 1);
    options.targets = new TargetConfig(ClassWeights.of("effective"), 0, 0, 0);
    assertThatThrownBy(
            () ->
                Trainer.resume(
                    options.build(), part.folder().path(), new Recorder(), () -> false, Map.of()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("option class-weights")
        .hasMessageContaining("is auto, and cannot become effective:0.999");
    options.targets = TargetConfig.PLAIN;
    assertThatThrownBy(
            () ->
                Trainer.resume(
                    options.build(), part.folder().path(), new Recorder(), () -> false, Map.of()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("option class-weights")
        .hasMessageContaining("is missing from its config.yaml");
  }

  @Test
  void aFileThatDoesNotFitIsRefusedBeforeTheFirstLookAtAllImages() throws IOException {
    Path file = Files.writeString(root.resolve("other.csv"), "class,weight\ncats,1\n");
    options.targets = new TargetConfig(ClassWeights.of(file.toString()), 0, 0, 0);
    assertThatThrownBy(() -> train("run", 0))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("other.csv, line 2: the data have no class 'cats'");
    options.data = data.toString();
    assertThatThrownBy(() -> DryRun.of(options.build(), note -> {}))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("other.csv, line 2: the data have no class 'cats'");
  }

  @Test
  void theWeightsAreSaid() {
    options.targets = new TargetConfig(ClassWeights.of("auto"), 0, 0, 0);
    options.data = data.toString();
    options.epochs = 1;
    Recorder told = new Recorder();
    Trainer.train(options.build(), root.resolve("said"), told, () -> false, Map.of());
    assertThat(told.notes).contains("class weights: from 0.500 (blue) to 3.50 (red)");
  }

  @Test
  void balancedSamplingHasNoClassWeights() {
    options.sampling = Sampling.BALANCED;
    options.targets = targets().get(0);
    assertThatThrownBy(options::build)
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("option class-weights is auto, but option sampling is balanced");
  }

  @Test
  void aNetworkThatFindsBoxesHasNoClassWeights() {
    options.boxes = BoxConfig.DEFAULTS;
    for (TargetConfig targets : targets()) {
      options.targets = targets;
      List<String> keys = new ArrayList<>();
      Map<String, Object> set = new LinkedHashMap<>();
      targets.addTo(set);
      keys.addAll(set.keySet());
      assertThatThrownBy(options::build)
          .isInstanceOf(InputException.class)
          .hasMessageStartingWith("option " + keys.get(0) + " is for classification");
    }
  }
}
