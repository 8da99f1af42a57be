package org.vgg4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Subset;
import org.vgg4j.data.source.DataSources;

class ClassWeightsTest {
  @TempDir static Path shared;
  private static Dataset train;

  @TempDir Path root;

  /** 12 of blue, 3 of green, 1 of red. */
  @BeforeAll
  static void pictures() throws IOException {
    Path data = TinyPictures.writeUneven(shared.resolve("pets"), 12, 3, 1);
    train = DataSources.open(data.toString(), 0, 0.1, 1).train();
  }

  private static double meanOverImages(List<Double> weights) {
    double sum = 0;
    for (int i = 0; i < train.size(); i++) {
      sum += weights.get(train.label(i));
    }
    return sum / train.size();
  }

  @Test
  void autoIsTheInverseOfTheNumberOfImages() {
    List<Double> weights = ClassWeights.of("auto").of(train);
    double third = 16.0 / 3;
    assertThat(weights.get(0)).isCloseTo(third / 12, within(1e-12));
    assertThat(weights.get(1)).isCloseTo(third / 3, within(1e-12));
    assertThat(weights.get(2)).isCloseTo(third / 1, within(1e-12));
    assertThat(meanOverImages(weights)).isCloseTo(1, within(1e-12));
  }

  /** (1 - beta) / (1 - beta^n), scaled. */
  @ParameterizedTest
  @CsvSource({"effective, 0.999", "effective:0.999, 0.999", "effective:0.5, 0.5"})
  void effectiveIsTheInverseOfTheEffectiveNumber(String text, double beta) {
    List<Double> weights = ClassWeights.of(text).of(train);
    double[] expected = new double[3];
    int[] counts = {12, 3, 1};
    double sum = 0;
    for (int k = 0; k < 3; k++) {
      expected[k] = (1 - beta) / (1 - Math.pow(beta, counts[k]));
      sum += counts[k] * expected[k];
    }
    for (int k = 0; k < 3; k++) {
      assertThat(weights.get(k)).isCloseTo(expected[k] * 16 / sum, within(1e-9));
    }
    assertThat(meanOverImages(weights)).isCloseTo(1, within(1e-12));
  }

  @Test
  void noneHasNone() {
    assertThat(ClassWeights.of("none").of(train)).isEmpty();
    assertThat(ClassWeights.of("none")).isEqualTo(ClassWeights.NONE);
  }

  @Test
  void aClassWithoutImagesHasTheWeightOne() {
    int[] withoutRed = new int[15];
    int kept = 0;
    for (int i = 0; i < train.size(); i++) {
      if (train.label(i) != 2) {
        withoutRed[kept++] = i;
      }
    }
    Dataset some = new Subset(train, "some", withoutRed);
    assertThat(ClassWeights.of("auto").of(some)).containsExactly(0.625, 2.5, 1.0);
  }

  private Path file(String content) throws IOException {
    return Files.writeString(root.resolve("weights.csv"), content);
  }

  @Test
  void aFileGivesThemInAnyOrder() throws IOException {
    Path file = file("\uFEFFclass,weight\nred, 8\n\n\"blue\",2\ngreen,4\n");
    List<Double> weights = ClassWeights.of(file.toString()).of(train);
    double mean = (12 * 2 + 3 * 4 + 8) / 16.0;
    assertThat(weights).containsExactly(2 / mean, 4 / mean, 8 / mean);
    assertThat(ClassWeights.sentence(weights, train.classNames()))
        .isEqualTo("class weights: from 0.727 (blue) to 2.91 (red)");
  }

  /** macOS takes the names of folders apart, and people type them whole. */
  @Test
  void eitherFormOfUnicode() throws IOException {
    List<String> names = List.of(Normalizer.normalize("vélo", Normalizer.Form.NFD), "maïs", "thé");
    Path file =
        file("class,weight\nvélo,1\n" + Normalizer.normalize("maïs,2\nthé,3", Normalizer.Form.NFD));
    assertThat(ClassWeightsFile.read(file, names)).containsExactly(1.0, 2.0, 3.0);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "blue,1;green,1;red,1 | does not begin with the line class,weight: add it",
        "class,weight;blue,1;green,1 | has no weight for class red: add a line for each class",
        "class,weight;blue,1;pink,1 | line 3: the data have no class 'pink'",
        "class,weight;blue,1;blue,1 | line 3: class blue has a weight already",
        "class,weight;blue,0 | line 2: weight is '0' but must be a positive number",
        "class,weight;blue,-1 | line 2: weight is '-1' but must be a positive number",
        "class,weight;blue,much | line 2: weight is 'much' but must be a positive number",
        "class,weight;blue,NaN | line 2: weight is 'NaN' but must be a positive number",
        "class,weight;blue,1,2 | line 2 has 3 fields, but must have two",
        "class,weight;\"blue,1 | line 2: a quote is not closed",
      })
  void whatIsWrongInAFileIsSaid(String lines, String message) throws IOException {
    Path file = file(lines.replace(";", "\n"));
    assertThatThrownBy(() -> ClassWeights.of(file.toString()).require(train.classNames()))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(file.toString())
        .hasMessageContaining(message);
  }

  @Test
  void aMissingFileIsSaid() {
    assertThatThrownBy(
            () -> ClassWeights.of(root.resolve("no.csv").toString()).require(train.classNames()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no.csv")
        .hasMessageContaining("option class-weights takes auto, effective, or a CSV file");
  }

  @ParameterizedTest
  @ValueSource(strings = {"effective:0", "effective:1", "effective:NaN", "effective:x", ""})
  void otherTextsAreRefused(String text) {
    assertThatThrownBy(() -> ClassWeights.of(text))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("option class-weights is ");
  }

  @Test
  void theSentenceSaysWhatWeightsMean() {
    List<String> names = List.of("blue", "red");
    assertThat(ClassWeights.sentence(List.of(1.0, 1.0), names))
        .isEqualTo("class weights: all classes count alike");
    assertThat(ClassWeights.sentence(List.of(1e-5, 2.0), names))
        .isEqualTo(
            "class weights: from 1.00e-05 (blue) to 2.00 (red): beside the largest, classes with"
                + " the smallest count for nearly nothing");
  }
}
