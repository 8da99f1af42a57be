package org.vgg4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;

class TimeBudgetTest {
  @TempDir Path root;
  private final Options options = new Options();

  @BeforeEach
  void pictures() throws IOException {
    options.data = TinyPictures.write(root.resolve("pets"), 11, 4, 4).toString();
    options.schedule = ScheduleConfig.Kind.COSINE;
  }

  @ParameterizedTest
  @CsvSource({"2h, 7200", "1h30m, 5400", "90s, 90", "1.5H, 5400", "2m30s, 150", "0.5s, 0.5"})
  void times(String text, double seconds) {
    Duration time = TimeBudget.of(text);
    assertThat(time.toMillis() / 1000.0).isEqualTo(seconds);
    assertThat(TimeBudget.of(TimeBudget.text(time))).isEqualTo(time);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "2", "0s", "h", "2 hours", "-1h", "30m1h", "1d"})
  void noTimes(String text) {
    assertThatThrownBy(() -> TimeBudget.of(text))
        .isInstanceOf(InputException.class)
        .hasMessage("option time is %s but must be a time such as 2h, 1h30m or 90s", text);
  }

  /** The form is right, but it is more than a run can take. */
  @ParameterizedTest
  @ValueSource(strings = {"99999999999h", "100000h", "99999h1s", "360000000000s"})
  void tooMuchTime(String text) {
    assertThatThrownBy(() -> TimeBudget.of(text))
        .isInstanceOf(InputException.class)
        .hasMessage("option time is %s but must be at most 99999h", text);
  }

  @Test
  void dropsStayAtTheirShares() {
    options.schedule = ScheduleConfig.Kind.STEP;
    options.stepEpochs = List.of(20, 40);
    options.epochs = 60;
    options.time = Duration.ofSeconds(5);
    TrainingConfig settled = TimeBudget.withEpochs(options.build(), 31.9);
    assertThat(settled.schedule().epochs()).isEqualTo(31);
    assertThat(settled.schedule().stepEpochs()).containsExactly(10, 21);
    assertThat(settled.time()).isNull();
    assertThatThrownBy(() -> TimeBudget.withEpochs(options.build(), 1.2))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(
            "1 epochs fit in option time, too few for the drops after epochs 20,40 of 60");
    options.stepEpochs = List.of(20, 58);
    assertThatThrownBy(() -> TimeBudget.withEpochs(options.build(), 10)) // 58 of 60 are 10 of 10
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(
            "10 epochs fit in option time, too few for the drops after epochs 20,58 of 60");
    assertThat(
            TimeBudget.withEpochs(
                    options.build().toBuilder().schedule(ScheduleConfig.Kind.COSINE).build(), 10)
                .schedule()
                .stepEpochs())
        .containsExactly(20, 58); // have no effect there
    assertThatThrownBy(() -> TimeBudget.withEpochs(options.build(), 0.456))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("only 0.46 epochs fit in option time");
  }

  /** The default limit is not one that a user has set. */
  @Test
  void stepsAreLimitedWhereThatIsAskedFor() {
    options.time = Duration.ofHours(8);
    options.maxSteps = TrainingConfig.DEFAULTS.schedule().maxSteps();
    assertThat(TimeBudget.withEpochs(options.build(), 5000).schedule().maxSteps())
        .isEqualTo(Integer.MAX_VALUE);
    options.maxSteps = 1000;
    assertThat(TimeBudget.withEpochs(options.build(), 5000).schedule().maxSteps()).isEqualTo(1000);
  }

  /** Runs that earlier versions began have the limit. */
  @ParameterizedTest
  @ValueSource(ints = {370_000, Integer.MAX_VALUE})
  void aRunThatHasBegunKeepsItsLimit(int maxSteps) {
    options.epochs = 5000;
    options.maxSteps = maxSteps;
    Path run = root.resolve("begun");
    RunFolder.make(run).writeConfig(options.build().options());
    options.maxSteps = 370_000;
    options.epochs = 2;
    options.time = Duration.ofHours(8);
    ScheduleConfig begun = TimeBudget.asBegun(options.build(), run).schedule();
    assertThat(begun.maxSteps()).isEqualTo(maxSteps);
    assertThat(begun.epochs()).isEqualTo(5000);
  }

  /** How many last epochs there can be is known with the number of all. */
  @Test
  void averagesAreHeldAgainstTheEpochsThatFit() {
    options.time = Duration.ofHours(10);
    options.average = AverageConfig.of("last:50");
    TrainingConfig asked = options.build();
    assertThat(TimeBudget.withEpochs(asked, 60).schedule().epochs()).isEqualTo(60);
    assertThatThrownBy(() -> TimeBudget.withEpochs(asked, 40))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "option average is last:50 but must be of at most as many epochs as the run has, 40");
  }

  /** The number of epochs follows from the measured time of one, whatever the machine. */
  @Test
  void epochsFollowFromTheMeasuredTime() {
    options.time = Duration.ofHours(1);
    List<String> notes = new ArrayList<>();
    TrainingConfig settled = TimeBudget.settle(options.build(), Duration.ofMillis(300), notes::add);
    int epochs = settled.schedule().epochs();
    assertThat(settled).isEqualTo(options.build().toBuilder().time(null).epochs(epochs).build());
    assertThat(notes)
        .singleElement()
        .asString()
        .endsWith("option epochs is " + epochs + " from now on");
    String said = notes.get(0).replaceFirst("an epoch takes about ([\\d.]+) s.*", "$1");
    assertThat(0.95 * 3600 / epochs).isCloseTo(Double.parseDouble(said), within(0.051));
  }

  /** The run is one of so many epochs, whether it is repeated, or interrupted and resumed. */
  @Test
  void theNumberIsWrittenOnceAndThenFixed() throws IOException {
    options.time = Duration.ofMillis(800);
    Recorder recorder = new Recorder();
    RunFolder run = new RunFolder(root.resolve("run"));
    TrainingResult part =
        Trainer.train(
            options.build(), run.path(), recorder, () -> recorder.steps.size() == 2, Map.of());
    assertThat(part.interrupted()).isTrue();
    int epochs = recorder.started.schedule().epochs();
    assertThat(run.options()).containsEntry("epochs", epochs).doesNotContainKey("time");

    TrainingResult rest = // as a recipe resumes: its options still have the time
        Trainer.resume(options.build(), run.path(), new Recorder(), () -> false, Map.of());
    assertThat(rest.steps()).isEqualTo(3 * epochs);

    TrainingConfig written = TrainingConfig.of(run.options());
    TrainingResult again =
        Trainer.train(written, root.resolve("again"), new Recorder(), () -> false, Map.of());
    for (String file : List.of("best/model.safetensors", "last/model.safetensors")) {
      assertThat(Files.readAllBytes(again.folder().path().resolve(file)))
          .isEqualTo(Files.readAllBytes(run.path().resolve(file)));
    }
  }

  @Test
  void schedulesWithoutAKnownEndAndSeveralProcessesAreRefused() {
    options.schedule = ScheduleConfig.Kind.PAPER;
    options.time = Duration.ofSeconds(9);
    assertThatThrownBy(options::build)
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(
            "option schedule is paper but must be cosine or step with option time");
    options.schedule = ScheduleConfig.Kind.COSINE;
    assertThatThrownBy(() -> Trainer.heapOfRank(options.build(), 2, 1L << 30))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("option time measures one process, but there are 2");
  }
}
