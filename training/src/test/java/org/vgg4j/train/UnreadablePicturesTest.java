package org.vgg4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Split;
import org.vgg4j.data.Unreadable;
import org.vgg4j.parallel.Threads;

/** Training on folders with files that are no images. */
class UnreadablePicturesTest {
  private static final byte[] NO_PICTURE = "no picture".getBytes(StandardCharsets.UTF_8);

  @TempDir Path root;
  private final Options options = new Options();
  private final Recorder recorder = new Recorder();
  private Path data;

  /** 102 training images, so that one of them is less than one in a hundred. */
  @BeforeEach
  void pictures() throws IOException {
    data = TinyPictures.write(root.resolve("pets"), 34, 4, 4);
    options.data = data.toString();
    options.epochs = 1;
  }

  private TrainingResult train(String out) {
    return Trainer.train(options.build(), root.resolve(out), recorder, () -> false, Map.of());
  }

  private void damage(String file) throws IOException {
    Files.write(data.resolve(file), NO_PICTURE);
  }

  @Test
  void oneIsListedAndPassedOver() throws IOException {
    damage("train/green/7.png");
    TrainingResult result = train("run");
    assertThat(result.folder().passedOver())
        .singleElement()
        .satisfies(
            picture -> {
              assertThat(picture.split()).isEqualTo(Split.TRAIN);
              assertThat(picture.id()).isEqualTo(data.resolve("train/green/7.png").toString());
              assertThat(picture.reason()).contains("is not an image");
            });
    assertThat(recorder.warnings)
        .contains(
            "1 of the images cannot be read and is passed over (%s lists it): %s"
                .formatted(root.resolve("run/unreadable.csv"), data.resolve("train/green/7.png")));
    assertThat(Files.readAllLines(result.folder().unreadable()).get(0))
        .isEqualTo("set,index,file,reason");

    // It is as if the file had not been there, but for its name in the fingerprint.
    Files.delete(data.resolve("train/green/7.png"));
    Path without = train("without").folder().metrics();
    assertThat(cells(without, 3)).isEqualTo(cells(result.folder().metrics(), 3));
  }

  private static List<String> cells(Path metrics, int column) throws IOException {
    return Files.readAllLines(metrics).stream().map(line -> line.split(",")[column]).toList();
  }

  @Test
  void aResumedRunPassesOverTheSame() throws IOException {
    damage("train/green/7.png");
    options.epochs = 2;
    TrainingResult whole = train("whole");
    Recorder counting = new Recorder();
    TrainingResult part =
        Trainer.train(
            options.build(),
            root.resolve("part"),
            counting,
            () -> counting.steps.size() == 3,
            Map.of());
    assertThat(part.interrupted()).isTrue();
    TrainingResult rest =
        Trainer.resume(options.build(), root.resolve("part"), recorder, () -> false, Map.of());
    assertThat(Files.readAllBytes(rest.folder().lastModel()))
        .isEqualTo(Files.readAllBytes(whole.folder().lastModel()));
  }

  /** The list has indices of images that are no longer there. */
  @Test
  void fewerImagesThanTheListKnowsAreChangedData() throws IOException {
    damage("train/red/9.png"); // the last by name
    train("run");
    Files.delete(data.resolve("train/green/7.png"));
    assertThatThrownBy(
            () ->
                Trainer.resume(
                    options.build(), root.resolve("run"), recorder, () -> false, Map.of()))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("the data set " + data + " has changed since the run ");
  }

  /** What can be read must still give each process something to do. */
  @Test
  void tooFewReadableImagesForTheProcesses() throws IOException {
    Path few = TinyPictures.write(root.resolve("few"), 2, 2, 0);
    Files.write(few.resolve("train/green/1.png"), NO_PICTURE);
    options.data = few.toString();
    options.threads = 1;
    assertThatThrownBy(
            () ->
                Threads.run(
                    6,
                    group -> {
                      if (group.leads()) {
                        Trainer.train(
                            options.build(),
                            root.resolve("run"),
                            group,
                            recorder,
                            () -> false,
                            Map.of());
                      } else {
                        TrainingConfig told =
                            TrainingConfig.of(new RunMessages(group).awaitOptions());
                        Trainer.follow(told, group, new Recorder(), () -> false);
                      }
                    }))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "a batch of 5 of the 5 training images is too small for 6 processes: take fewer processes,"
                + " or a larger option batch in a new run");
  }

  @Test
  void aChangedListIsNoticed() throws IOException {
    damage("train/green/7.png");
    train("run");
    Path list = root.resolve("run/unreadable.csv");
    List<String> lines = Files.readAllLines(list);
    Files.write(list, lines.subList(0, 1));
    assertThatThrownBy(
            () ->
                Trainer.resume(
                    options.build(), root.resolve("run"), recorder, () -> false, Map.of()))
        .isInstanceOf(InputException.class)
        .hasMessage(list + " listed 1 image when the run began: restore it, or start a new run");
    Files.writeString(list, "set,index,file,reason\ntrain,x\n");
    assertThatThrownBy(
            () ->
                Trainer.resume(
                    options.build(), root.resolve("run"), recorder, () -> false, Map.of()))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("line 2 of " + list + " cannot be understood");
  }

  @Test
  void aboveThreeOfSmallPartsTheRunStops() throws IOException {
    for (String file : List.of("green/7.png", "red/1.png", "red/2.png", "red/3.png")) {
      damage("train/" + file);
    }
    assertThatThrownBy(() -> train("run"))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(
            "4 of the 102 images of pets/train cannot be read, more than the 3 that are passed"
                + " over (option max-unreadable): repair or remove those listed in "
                + root.resolve("run/unreadable.csv"));
    assertThat(Files.readAllLines(root.resolve("run/unreadable.csv"))).hasSize(5);
    assertThat(recorder.steps).isEmpty();
  }

  @Test
  void validationAndTestImagesAreLookedAtBeforeTraining() throws IOException {
    for (String part : List.of("val", "test")) {
      damage(part + "/red/0.png");
      damage(part + "/red/1.png");
      assertThatThrownBy(() -> train(part))
          .isInstanceOf(InputException.class)
          .hasMessageStartingWith("2 of the 12 images of pets/" + part + " cannot be read");
      TinyPictures.write(data, 34, 4, 4);
    }
    assertThat(recorder.steps).isEmpty();
  }

  private TrainingResult untested(String out, BooleanSupplier stop) {
    TrainingConfig config = options.build().toBuilder().test(false).build();
    return Trainer.train(config, root.resolve(out), recorder, stop, Map.of());
  }

  /** What a run does not measure does not stop it. */
  @Test
  void testImagesThatAreNotUsedDoNotStopIt() throws IOException {
    damage("test/red/0.png");
    damage("test/red/1.png");
    TrainingResult result = untested("run", () -> false);
    assertThat(result.interrupted()).isFalse();
    assertThat(result.test()).isNull();
  }

  /** They are looked at all the same: the run may be resumed with a test. */
  @Test
  void aTestThatIsAskedForLaterPassesOverThem() throws IOException {
    options.epochs = 2;
    damage("test/red/0.png");
    assertThat(untested("run", () -> recorder.steps.size() == 3).interrupted()).isTrue();
    TrainingResult tested =
        Trainer.resume(options.build(), root.resolve("run"), recorder, () -> false, Map.of());
    assertThat(tested.test()).isNotNull();
    assertThat(tested.folder().passedOver())
        .singleElement()
        .satisfies(picture -> assertThat(picture.split()).isEqualTo(Split.TEST));
  }

  /** Not after the last epoch, when nothing could be done about it. */
  @Test
  void aTestThatCannotBeIsRefusedBeforeTheRunGoesOn() throws IOException {
    options.epochs = 2;
    damage("test/red/0.png");
    damage("test/red/1.png");
    assertThat(untested("run", () -> recorder.steps.size() == 3).interrupted()).isTrue();
    int before = recorder.steps.size();
    assertThatThrownBy(
            () ->
                Trainer.resume(
                    options.build(), root.resolve("run"), recorder, () -> false, Map.of()))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("2 of the 12 images of pets/test cannot be read");
    assertThat(recorder.steps).hasSize(before);
  }

  @Test
  void noReadablePictureAtAll() throws IOException {
    for (String label : TinyPictures.CLASSES) {
      for (int i = 0; i < 34; i++) {
        damage("train/" + label + "/" + i + ".png");
      }
    }
    assertThatThrownBy(() -> train("run"))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("102 of the 102 images of pets/train cannot be read");
  }

  @Test
  void aClassOfWhichNoneIsLeft() throws IOException {
    for (int i = 1; i < 34; i++) {
      Files.delete(data.resolve("train/green/" + i + ".png"));
    }
    data = TinyPictures.write(data, 1, 4, 4);
    for (String label : List.of("blue", "red")) {
      for (int i = 1; i < 60; i++) {
        Files.copy(
            data.resolve("train/" + label + "/0.png"),
            data.resolve("train/" + label + "/copy-" + i + ".png"));
      }
    }
    damage("train/green/0.png");
    assertThatThrownBy(() -> train("run"))
        .isInstanceOf(InputException.class)
        .hasMessage("no image of class green of pets/train can be read: repair or replace them");
  }

  @Test
  void damagedAfterwardsStopsWithTheFileAndKeepsTheModel() throws IOException {
    options.epochs = 3;
    Recorder vandal =
        new Recorder() {
          @Override
          public void epochEnded(EpochMetrics metrics, boolean isBest) {
            super.epochEnded(metrics, isBest);
            try {
              damage("val/red/0.png");
            } catch (IOException e) {
              throw new AssertionError(e);
            }
          }
        };
    Path run = root.resolve("run");
    assertThatThrownBy(() -> Trainer.train(options.build(), run, vandal, () -> false, Map.of()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("red");
    assertThat(new RunFolder(run).bestModel()).exists();
  }

  @Test
  void namesWithQuotesAndLineBreaksComeBack() {
    RunFolder folder = new RunFolder(root);
    folder.writeUnreadable(
        List.of(new Unreadable(Split.VAL, 3, "a \"b\", c\nd.jpg", "is \"damaged\", really")));
    assertThat(folder.passedOver())
        .containsExactly(
            new Unreadable(Split.VAL, 3, "a \"b\", c?d.jpg", "is \"damaged\", really"));
  }

  @Test
  void stoppedWhileLooking() {
    TrainingResult result =
        Trainer.train(options.build(), root.resolve("run"), recorder, () -> true, Map.of());
    assertThat(result.interrupted()).isTrue();
    assertThat(result.steps()).isZero();
    TrainingResult rest =
        Trainer.resume(options.build(), root.resolve("run"), recorder, () -> false, Map.of());
    assertThat(rest.steps()).isEqualTo(7);
  }
}
