package org.vgg4j.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Synsets;
import org.vgg4j.evaluate.boxes.Guess;
import org.vgg4j.image.transform.Box;

class BoxSubmissionTest {
  private static final Synsets SYNSETS =
      new Synsets(
          List.of(
              new Synsets.Synset("n01440764", "tench, Tinca tinca", 3),
              new Synsets.Synset("n01443537", "goldfish", 1),
              new Synsets.Synset("n02100735", "English setter", 2)),
          "synsets");

  /** Not in the order of the names; the columns are not in the order of the WNIDs either. */
  private static final List<String> IDS = List.of("val/b.JPEG", "val/c.JPEG", "val/a.JPEG");

  private static final List<String> CLASSES =
      List.of("n02100735 English setter", "n01440764 tench", "n01443537");

  private static final List<List<Guess>> GUESSES =
      List.of(
          List.of(
              new Guess(0, new Box(1.4, 2.6, 10.5, 19.5)),
              new Guess(2, new Box(-3.2, 0, 5, 5)),
              new Guess(0, new Box(7, 7, 7.2, 7))),
          List.of(),
          List.of(new Guess(1, new Box(0, 0, 500, 375))));

  /** Half-way edges go to the even pixel, and each box has at least one. */
  private static final List<List<Guess>> ROUNDED =
      List.of(
          List.of(
              new Guess(0, new Box(1, 3, 10, 20)),
              new Guess(2, new Box(-3, 0, 5, 5)),
              new Guess(0, new Box(7, 7, 8, 8))),
          List.of(),
          List.of(new Guess(1, new Box(0, 0, 500, 375))));

  @TempDir private Path folder;

  private final BoxSubmission submission = new BoxSubmission(IDS, CLASSES, SYNSETS);

  @Test
  void theDevelopmentKitsForm() throws IOException {
    Path file = folder.resolve("loc.txt");
    assertThat(submission.write(file, GUESSES)).isEqualTo(ROUNDED);
    assertThat(file).hasContent("3 0 0 499 374\n2 1 3 9 19 1 -3 0 4 4 2 7 7 7 7\n\n");
    assertThat(Files.readString(file)).endsWith("7 7\n\n");
  }

  @Test
  void kagglesForm() {
    Path file = folder.resolve("loc.csv");
    assertThat(submission.write(file, GUESSES)).isEqualTo(ROUNDED);
    assertThat(file)
        .hasContent(
            """
            ImageId,PredictionString
            a,n01440764 0 0 499 374
            b,n02100735 1 3 9 19 n01443537 -3 0 4 4 n02100735 7 7 7 7
            c,
            """);
  }

  /** An image without boxes is an empty line in the development kit's form. */
  @Test
  void blankLinesAtTheEndDoNotCount() throws IOException {
    for (String name : List.of("loc.txt", "loc.csv")) {
      Path file = folder.resolve(name);
      submission.write(file, GUESSES);
      Files.writeString(file, Files.readString(file) + "\n \n");
      assertThat(submission.read(file)).isEqualTo(ROUNDED);
    }
  }

  @Test
  void theFormIsThatOfTheEndingInAnyCase() {
    Path file = folder.resolve("LOC.CSV");
    assertThat(submission.write(file, GUESSES)).isEqualTo(ROUNDED);
    assertThat(file).content().startsWith("ImageId,PredictionString\na,n01440764 0 0 499 374\n");
  }

  @Test
  void filesOfOtherToolsMayHaveDecimalsAndAnotherOrder() throws IOException {
    Path file = folder.resolve("other.csv");
    Files.writeString(
        file,
        "ImageId,PredictionString\r\nc,\r\na,n01440764 0.5 1 2.25 3 \r\nb,n02100735  1 3 9 19\r\n");
    assertThat(submission.read(file))
        .containsExactly(
            List.of(new Guess(0, new Box(1, 3, 10, 20))),
            List.of(),
            List.of(new Guess(1, new Box(.5, 1, 3.25, 4))));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "3 1 2;line 1 of ,has 3 words, add the boxes",
        "3 1 2 3 4 2 1 2 3 4 1 1 2 3 4 3 1 2 3 4 2 1 2 3 4 1 1 2 3 4;6 guesses, keep the best",
        "9 1 2 3 4;names '9', development kit's number",
        "n01440764 1 2 3 4;names 'n01440764', development kit's number",
        "3 5 2 3 4;'5 2 3 4' where a box is expected, the largest last",
        "3 1 2 3 x;'1 2 3 x' where a box is expected",
        "3 1 2 3 NaN;'1 2 3 NaN' where a box is expected",
      })
  void wrongLinesAreNamed(String line, String parts) throws IOException {
    Path file = folder.resolve("loc.txt");
    Files.writeString(file, line + "\n\n\n");
    assertThatThrownBy(() -> submission.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageContainingAll(parts.split(", ?"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "a,|b,|c,;does not begin with 'ImageId,PredictionString'",
        "ImageId,PredictionString|a,|b,;2 lines, but there are 3 images",
        "ImageId,PredictionString|a,|b,|d,;line 4 of .* image 'd', which is not one",
        "ImageId,PredictionString|a,|b,|nonsense;image '', which is not one",
        "ImageId,PredictionString|a,|b,|b,;line 4 of .* is about image b, as line 3 of",
        "ImageId,PredictionString|a,|b,|c,3 1 2 3 4;names '3'.* its WNID",
      })
  void wrongFilesOfKagglesFormAreNamed(String lines, String part) throws IOException {
    Path file = folder.resolve("loc.csv");
    Files.writeString(file, lines.replace('|', '\n') + "\n");
    assertThatThrownBy(() -> submission.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageMatching("(?s).*" + part + ".*");
  }

  @Test
  void whatCannotBeWrittenIsRefused() {
    List<Guess> six = Collections.nCopies(6, new Guess(0, new Box(0, 0, 1, 1)));
    assertThatThrownBy(() -> submission.write(folder.resolve("x"), List.of(six, six, six)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> submission.write(folder.resolve("x"), List.of()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new BoxSubmission(List.of("x/a.png", "y/a.png"), CLASSES, SYNSETS))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("x/a.png and y/a.png have the same name");
    Synsets unnumbered =
        new Synsets(
            List.of(
                new Synsets.Synset("n01440764", "tench", 0),
                new Synsets.Synset("n02100735", "English setter", 0)),
            "synsets");
    BoxSubmission kaggleOnly =
        new BoxSubmission(List.of("a.png"), List.of("n01440764"), unnumbered);
    assertThatThrownBy(() -> kaggleOnly.write(folder.resolve("loc.txt"), List.of(List.of())))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("needs the numbers of the development kit");
    assertThat(folder.resolve("loc.txt")).doesNotExist();
  }
}
