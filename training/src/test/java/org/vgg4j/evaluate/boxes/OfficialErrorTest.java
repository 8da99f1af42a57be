package org.vgg4j.evaluate.boxes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.vgg4j.data.BoxedObject;
import org.vgg4j.image.transform.Box;

class OfficialErrorTest {
  private static final Box BOX = new Box(10, 10, 20, 30);

  private final List<ImageTruth> truth = new ArrayList<>();
  private final List<List<Guess>> guesses = new ArrayList<>();
  private final List<int[]> wrong = new ArrayList<>(); // cls5 cls1 loc5 loc1

  /** Reads the cases; returns the sums. */
  private int[] readCases() throws IOException {
    List<String> lines;
    try (InputStream in = OfficialErrorTest.class.getResourceAsStream("/goldens/boxes/cases.txt")) {
      lines =
          new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .toList();
    }
    for (String line : lines.subList(0, lines.size() - 1)) {
      String[] parts = line.split("\\|", -1);
      int[] head = numbers(parts[0]);
      truth.add(
          new ImageTruth(
              head[0],
              guesses(parts[1]).stream()
                  .map(guess -> new BoxedObject(guess.label(), guess.box(), false))
                  .toList(),
              head[1] == 1));
      guesses.add(guesses(parts[2]));
      wrong.add(numbers(parts[3]));
    }
    return numbers(lines.get(lines.size() - 1));
  }

  private static List<Guess> guesses(String text) {
    List<Guess> guesses = new ArrayList<>();
    for (String one : text.isEmpty() ? new String[0] : text.split(";")) {
      int[] word = numbers(one);
      guesses.add(new Guess(word[0], PixelBoxes.ofInclusive(word[1], word[2], word[3], word[4])));
    }
    return guesses;
  }

  private static int[] numbers(String text) {
    return Arrays.stream(text.split(" ")).mapToInt(Integer::parseInt).toArray();
  }

  @Test
  void equalsATranscriptionOfTheRulesOnAThousandCases() throws IOException {
    int[] sums = readCases();
    OfficialError error = OfficialError.of(truth, guesses);
    assertThat(truth).hasSize(1000);
    for (int n = 0; n < truth.size(); n++) {
      OfficialError one = new OfficialError(List.of(notBlacklisted(error.verdicts().get(n))));
      assertThat(
              new int[] {
                one.classification(5).wrong(),
                one.classification(1).wrong(),
                one.localisation(5).wrong(),
                one.localisation(1).wrong()
              })
          .as("case %d", n)
          .isEqualTo(wrong.get(n));
    }
    assertThat(error.classification(5)).isEqualTo(new ErrorRate(sums[0], sums[4]));
    assertThat(error.classification(1)).isEqualTo(new ErrorRate(sums[1], sums[4]));
    assertThat(error.localisation(5)).isEqualTo(new ErrorRate(sums[2], sums[5]));
    assertThat(error.localisation(1)).isEqualTo(new ErrorRate(sums[3], sums[5]));
    assertThat(error.blacklisted()).isEqualTo(sums[4] - sums[5]).isPositive();
  }

  private static OfficialError.Verdict notBlacklisted(OfficialError.Verdict verdict) {
    return new OfficialError.Verdict(
        verdict.label(), false, verdict.labelRank(), verdict.boxRank());
  }

  @Test
  void errorsOfClassesAndImagesAddUpToTheWhole() throws IOException {
    int[] sums = readCases();
    OfficialError error = OfficialError.of(truth, guesses);
    int wrongOfClasses = 0;
    int imagesOfClasses = 0;
    for (int label = 0; label < 5; label++) {
      wrongOfClasses += error.localisationOf(label, 5).wrong();
      imagesOfClasses += error.localisationOf(label, 5).images();
    }
    assertThat(wrongOfClasses).isEqualTo(sums[2]);
    assertThat(imagesOfClasses).isEqualTo(sums[5]);
    boolean[] right = error.localised(5);
    int counted = 0;
    for (int n = 0; n < truth.size(); n++) {
      if (!truth.get(n).blacklisted()) {
        assertThat(right[counted++]).as("case %d", n).isEqualTo(wrong.get(n)[2] == 0);
      }
    }
    assertThat(right).hasSize(counted);
  }

  private static ImageTruth image(boolean blacklisted, BoxedObject... objects) {
    return new ImageTruth(1, List.of(objects), blacklisted);
  }

  private static OfficialError one(ImageTruth image, Guess... guesses) {
    return OfficialError.of(List.of(image), List.of(List.of(guesses)));
  }

  @Test
  void anOverlapOfExactlyOneHalfIsEnough() {
    ImageTruth image = image(false, new BoxedObject(1, BOX, false));
    Guess half = new Guess(1, new Box(10, 10, 20, 20));
    Guess less = new Guess(1, new Box(10, 10, 20, 19.999));
    assertThat(one(image, half).localisation(1)).isEqualTo(new ErrorRate(0, 1));
    assertThat(one(image, less).localisation(1)).isEqualTo(new ErrorRate(1, 1));
    assertThat(one(image, less, half).localisation(5)).isEqualTo(new ErrorRate(0, 1));
    assertThat(one(image, less, half).localisation(1)).isEqualTo(new ErrorRate(1, 1));
  }

  @Test
  void onlyBoxesOfTheClassCount() {
    ImageTruth image = image(false, new BoxedObject(2, BOX, false));
    OfficialError error = one(image, new Guess(1, BOX), new Guess(2, BOX));
    assertThat(error.localisation(5)).isEqualTo(new ErrorRate(1, 1));
    assertThat(error.classification(5)).isEqualTo(new ErrorRate(0, 1));
  }

  @Test
  void blacklistedImagesCountForClassificationOnly() {
    OfficialError error = one(image(true), new Guess(1, BOX));
    assertThat(error.localisation(5).images()).isZero();
    assertThat(error.localisation(5).percent()).isNaN();
    assertThat(error.classification(5)).isEqualTo(new ErrorRate(0, 1));
  }

  @Test
  void moreThanFiveGuessesAreRefused() {
    List<Guess> six = Collections.nCopies(6, new Guess(1, BOX));
    assertThatThrownBy(() -> OfficialError.of(List.of(image(false)), List.of(six)))
        .hasMessageContaining("6 guesses");
    assertThatThrownBy(() -> OfficialError.of(List.of(image(false)), List.of()))
        .hasMessageContaining("0 images");
  }
}
