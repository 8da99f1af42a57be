package org.vgg4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;
import org.vgg4j.data.loading.BatchSequence;
import org.vgg4j.data.loading.ScaleRange;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.HeadLayers;
import org.vgg4j.parallel.ProcessGroup;
import org.vgg4j.parallel.Threads;
import org.vgg4j.weights.ModelFile;

/**
 * Several ranks, here threads, learn what one process learns in micro-batches of a rank's share.
 * The 33 training images make batches of 16, 16 and 1, the last of which is one rank's alone.
 */
class GroupTrainingTest {
  @TempDir static Path shared;
  private static Path data;

  @TempDir Path root;
  private final Options options = new Options();

  /** What rank 0 said last. */
  private Recorder leader = new Recorder();

  @BeforeAll
  static void pictures() throws IOException {
    data = TinyPictures.write(shared.resolve("pets"), 11, 4, 4);
  }

  /** What a rank is asked: whether to stop. */
  private interface StopOf {
    BooleanSupplier rank(int rank);
  }

  private static final StopOf NEVER = rank -> () -> false;

  private TrainingResult train(String out, int ranks, boolean resumed, StopOf stop) {
    options.data = data.toString();
    options.threads = 1;
    AtomicReference<TrainingResult> result = new AtomicReference<>();
    Threads.run(
        ranks,
        group -> {
          BooleanSupplier stopOfRank = stop.rank(group.rank());
          if (!group.leads()) {
            Map<String, Object> said = new RunMessages(group).awaitOptions();
            assertThat(said).containsEntry("batch", 16);
            TrainingConfig told = options.build().withMicroBatch((int) said.get("micro-batch"));
            Trainer.follow(told, group, new Recorder(), stopOfRank);
            return;
          }
          result.set(lead(out, group, resumed, stopOfRank));
        });
    return result.get();
  }

  private TrainingResult lead(
      String out, ProcessGroup group, boolean resumed, BooleanSupplier stop) {
    TrainingConfig config = options.build();
    Path folder = root.resolve(out);
    leader = new Recorder();
    return resumed
        ? Trainer.resume(config, folder, group, leader, stop, Map.of())
        : Trainer.train(config, folder, group, leader, stop, Map.of());
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

  @ParameterizedTest
  @CsvSource({"A, 2, ''", "A_BN, 3, ''", "A_LRN, 4, ''", "D, 2, features", "A_BN, 2, conv1_1"})
  void learnWhatOneProcessLearns(Configuration configuration, int ranks, String freeze)
      throws IOException {
    options.configuration = configuration;
    options.scale = new ScaleRange(32, 48);
    options.colorShift = 0.1;
    options.freeze = freeze.isEmpty() ? List.of() : List.of(freeze);
    TrainingResult together = train("together", ranks, false, NEVER);
    options.microBatch = BatchSequence.share(16, ranks);
    TrainingResult alone = train("alone", 1, false, NEVER);

    assertSameModels(together.folder(), alone.folder());
    assertThat(figures(together.folder())).isEqualTo(figures(alone.folder()));
    assertThat(together.test().error()).isEqualTo(alone.test().error());
    assertThat(Files.readString(together.folder().config()))
        .contains("micro-batch: " + options.microBatch);
  }

  /** Layers whose factors are exchanged, and others. */
  @ParameterizedTest
  @CsvSource({"none, average", "'600,9', none"})
  void learnOtherHeads(String head, String pooling) throws IOException {
    options.crop = 64;
    options.scale = ScaleRange.fixed(64);
    options.head = HeadLayers.of(head, pooling);
    TrainingResult together = train("together", 2, false, NEVER);
    options.microBatch = BatchSequence.share(16, 2);
    assertSameModels(together.folder(), train("alone", 1, false, NEVER).folder());
  }

  /** The norm is that of all ranks' gradients, and clips every step. */
  @ParameterizedTest
  @CsvSource({"A, 2, ema:0.8", "A_BN, 3, last:2"})
  void averageAndClipTogether(Configuration configuration, int ranks, String average)
      throws IOException {
    options.configuration = configuration;
    options.schedule = ScheduleConfig.Kind.COSINE;
    options.average = AverageConfig.of(average);
    options.clipGradients = 1e-3;
    TrainingResult together = train("together", ranks, false, NEVER);
    options.microBatch = BatchSequence.share(16, ranks);
    TrainingResult alone = train("alone", 1, false, NEVER);
    assertSameModels(together.folder(), alone.folder());
    assertThat(figures(together.folder())).isEqualTo(figures(alone.folder()));
    options.clipGradients = 0;
    TrainingResult longer = train("longer", ranks, false, NEVER);
    assertThat(Files.readAllBytes(longer.folder().lastModel()))
        .isNotEqualTo(Files.readAllBytes(together.folder().lastModel()));
  }

  /**
   * Shares of 8 in parts of 3, 3 and 2, or of 4 and 4: not in all bits what one process learns in
   * parts as large, since sums are added in another order, but the same but for rounding; and the
   * same every time.
   */
  @ParameterizedTest
  @ValueSource(ints = {3, 4})
  void severalPartsOfEachShare(int part) throws IOException {
    options.microBatch = part;
    TrainingResult together = train("together", 2, false, NEVER);
    TrainingResult again = train("again", 2, false, NEVER);
    assertSameModels(together.folder(), again.folder());
    TrainingResult alone = train("alone", 1, false, NEVER);
    ModelFile one = ModelFile.read(alone.folder().lastModel());
    ModelFile other = ModelFile.read(together.folder().lastModel());
    assertThat(one.arrays().get("features.0.weight"))
        .isNotEqualTo(other.arrays().get("features.0.weight"));
    one.arrays()
        .forEach(
            (name, values) ->
                assertThat(other.arrays().get(name))
                    .as(name)
                    .containsExactly(values, within(1e-5f)));
  }

  /** A micro-batch that is larger than the ranks' shares is written as what it comes to. */
  @ParameterizedTest
  @CsvSource({"16, 2, 8", "8, 3, 6", "7, 4, 4"})
  void microBatchIsWrittenAsItIsTaken(int asked, int ranks, int taken) throws IOException {
    options.configuration = Configuration.A_BN;
    options.microBatch = asked;
    TrainingResult together = train("together", ranks, false, NEVER);
    assertThat(together.folder().options()).containsEntry("micro-batch", taken);
    assertThat(together.folder().provenance().get("configuration"))
        .asInstanceOf(InstanceOfAssertFactories.MAP)
        .containsEntry("micro-batch", taken);
    options.microBatch = taken;
    assertSameModels(together.folder(), train("alone", 1, false, NEVER).folder());
  }

  /** Whichever rank is asked to stop, all do after the same step; and go on together, or alone. */
  @Test
  void stopTogetherAndGoOn() throws IOException {
    TrainingResult whole = train("whole", 2, false, NEVER);
    AtomicInteger asked = new AtomicInteger();
    TrainingResult part =
        train("part", 2, false, rank -> () -> rank == 1 && asked.incrementAndGet() == 4);
    assertThat(part.interrupted()).isTrue();
    assertThat(part.steps()).isEqualTo(4);
    copy(root.resolve("part"), root.resolve("again"));
    options.microBatch = 8;
    TrainingResult rest = train("part", 2, true, NEVER);
    assertThat(rest.interrupted()).isFalse();
    assertSameModels(rest.folder(), whole.folder());
    TrainingResult other = train("again", 1, true, NEVER);
    assertThat(other.steps()).isEqualTo(whole.steps());
    assertSameModels(other.folder(), whole.folder());
  }

  /** More ranks take fewer images at a time than the run began with, which a warning says. */
  @Test
  void goingOnWithMoreRanksWarns() throws IOException {
    stopAfterSteps("run");
    copy(root.resolve("run"), root.resolve("again"));
    options.microBatch = 8;
    assertThat(train("run", 4, true, NEVER).interrupted()).isFalse();
    assertThat(leader.warnings)
        .contains(
            "the run began with 8 images at a time and continues with 4 in each of 4 processes:"
                + " rounding, and the statistics of batch norms, will differ from an uninterrupted"
                + " run");
    assertThat(train("again", 2, true, NEVER).interrupted()).isFalse();
    assertThat(leader.warnings).noneMatch(warning -> warning.contains("at a time"));
  }

  /** Two ranks begin a run, and leave a checkpoint. */
  private void stopAfterSteps(String run) {
    AtomicInteger asked = new AtomicInteger();
    StopOf stop = rank -> () -> rank == 0 && asked.incrementAndGet() == 4;
    TrainingResult result = train(run, 2, false, stop);
    assertThat(result.interrupted()).isTrue();
    assertThat(result.folder().checkpoint()).exists();
  }

  /** As sweeps and recipes do: they ask for the same again. */
  @Test
  void theSameIsAskedForAgain() throws IOException {
    options.microBatch = 16;
    assertThat(train("early", 2, false, rank -> () -> true).interrupted()).isTrue();
    stopAfterSteps("late");
    for (String run : List.of("early", "late")) {
      assertThat(train(run, 2, true, NEVER).interrupted()).as(run).isFalse();
      assertThat(new RunFolder(root.resolve(run)).options()).containsEntry("micro-batch", 8);
      assertThat(leader.warnings).as(run).noneMatch(warning -> warning.contains("at a time"));
      assertThat(leader.notes).as(run).noneMatch(note -> note.contains("micro-batch"));
    }
  }

  /** The run may have begun with other kernels than rank 0 has now, which all have to have. */
  @Test
  void goOnWithOtherKernels() throws IOException {
    options.microBatch = 8;
    AtomicInteger asked = new AtomicInteger();
    Path checkpoint =
        train("part", 1, false, rank -> () -> asked.incrementAndGet() == 4).folder().checkpoint();
    String bytes = Files.readString(checkpoint, StandardCharsets.ISO_8859_1);
    Pattern name = Pattern.compile("(kernels\\\\\":\\\\\")(\\w+)"); // in JSON within JSON
    assertThat(bytes).containsPattern(name);
    String other = name.matcher(bytes).replaceFirst(GroupTrainingTest::otherName);
    Files.writeString(checkpoint, other, StandardCharsets.ISO_8859_1);
    assertThat(train("part", 2, true, NEVER).interrupted()).isFalse();
  }

  /** As long, so that the header is. */
  private static String otherName(MatchResult found) {
    return Matcher.quoteReplacement(found.group(1)) + "x".repeat(found.group(2).length());
  }

  /** Whichever rank is asked to stop during the last validation, all leave the test for later. */
  @Test
  void stopTogetherBeforeTheTest() throws IOException {
    options.microBatch = 8;
    TrainingResult whole = train("whole", 2, false, NEVER);
    AtomicInteger asked = new AtomicInteger();
    TrainingResult part =
        train("part", 2, false, rank -> () -> rank == 1 && asked.incrementAndGet() > 6);
    assertThat(part.interrupted()).isTrue();
    assertThat(part.test()).isNull();
    assertThat(part.steps()).isEqualTo(whole.steps()).isEqualTo(6);
    TrainingResult rest = train("part", 2, true, NEVER);
    assertThat(rest.test().meanLoss()).isEqualTo(whole.test().meanLoss());
    assertSameModels(rest.folder(), whole.folder());
  }

  private static void copy(Path from, Path to) throws IOException {
    try (var files = Files.walk(from)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
  }

  @Test
  void unequalDataAreNoticed() throws IOException {
    Path other = TinyPictures.write(root.resolve("other"), 11, 3, 4);
    options.data = data.toString();
    TrainingConfig config = options.build();
    options.data = other.toString();
    TrainingConfig elsewhere = options.build().withMicroBatch(8);
    assertThatThrownBy(
            () ->
                Threads.run(
                    2,
                    group -> {
                      if (group.leads()) {
                        Trainer.train(
                            config,
                            root.resolve("run"),
                            group,
                            new Recorder(),
                            () -> false,
                            Map.of());
                      } else {
                        assertThat(new RunMessages(group).awaitOptions()).isNotNull();
                        Trainer.follow(elsewhere, group, new Recorder(), () -> false);
                      }
                    }))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("differs from rank 0's: copy rank 0's to the same path here");
  }

  /**
   * A loss that is not a number ends all ranks with the same sentence, before any weight changes.
   */
  @Test
  void divergenceEndsAll() {
    options.learningRate = 1e30;
    assertThatThrownBy(() -> train("diverged", 2, false, NEVER))
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("step 2");
  }

  /** All ranks end a run that diverges after the same step, and can begin another one. */
  @Test
  void anotherRunFollowsOneThatDiverges() throws IOException {
    options.data = data.toString();
    options.threads = 1;
    TrainingConfig sound = options.build();
    options.learningRate = 1e30;
    TrainingConfig wild = options.build();
    Threads.run(
        2,
        group -> {
          RunMessages messages = new RunMessages(group);
          if (group.leads()) {
            assertThatThrownBy(() -> begin(wild, "wild", group))
                .isInstanceOf(DivergedException.class);
            assertThat(begin(sound, "sound", group).interrupted()).isFalse();
            messages.end();
            return;
          }
          for (int run = 0; run < 2; run++) {
            assertThat(messages.awaitOptions()).isNotNull();
            TrainingConfig told = (run == 0 ? wild : sound).withMicroBatch(8);
            Trainer.follow(told, group, new Recorder(), () -> false);
          }
          assertThat(messages.awaitOptions()).isNull();
        });
    options.learningRate = sound.sgd().learningRate();
    assertSameModels(
        RunFolder.existing(root.resolve("sound")), train("whole", 2, false, NEVER).folder());
  }

  private TrainingResult begin(TrainingConfig config, String out, ProcessGroup group) {
    return Trainer.train(config, root.resolve(out), group, new Recorder(), () -> false, Map.of());
  }

  @Test
  void tooManyRanksAreRefused() {
    assertThatThrownBy(() -> train("many", 9, false, NEVER))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(
            "a batch of 16 of the 33 training images is too small for 9 processes");
  }
}
