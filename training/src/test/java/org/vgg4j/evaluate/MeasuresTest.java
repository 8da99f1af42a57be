package org.vgg4j.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.vgg4j.base.InputException;
import org.vgg4j.data.MultiLabels;
import org.vgg4j.evaluate.AveragePrecision.Form;

/** Average precision, recall and deviation, beside a transcription in Python and by hand. */
class MeasuresTest {
  @Test
  void averagePrecisionIsPythonsWithTiesAndIgnoredImages() throws Exception {
    JsonNode cases;
    try (InputStream file =
        Objects.requireNonNull(
            getClass().getResourceAsStream("/goldens/measures/average_precision.json"))) {
      cases = new ObjectMapper().readTree(file);
    }
    assertThat(cases).hasSize(60);
    for (JsonNode tested : cases) {
      int count = tested.get("scores").size();
      double[] scores =
          IntStream.range(0, count)
              .mapToDouble(i -> tested.get("scores").get(i).asDouble())
              .toArray();
      byte[] states = new byte[count];
      for (int i = 0; i < count; i++) {
        states[i] = (byte) tested.get("states").get(i).asInt();
      }
      assertThat(AveragePrecision.of(Form.ELEVEN_POINT, scores, states))
          .as("%s", tested)
          .isCloseTo(tested.get("eleven_point").asDouble(), within(1e-14));
      assertThat(AveragePrecision.of(Form.AREA, scores, states))
          .as("%s", tested)
          .isCloseTo(tested.get("area").asDouble(), within(1e-14));
      assertThat(AveragePrecision.of(Form.STEPS, scores, states))
          .as("%s", tested)
          .isCloseTo(tested.get("steps").asDouble(), within(1e-14));
    }
  }

  @Test
  void averagePrecisionByHand() {
    // ranked: +, -, (ignored), +
    double[] scores = {0.9, 0.1, 0.5, 0.3};
    byte[] states = {1, 1, -1, 0};

    assertThat(AveragePrecision.of(Form.AREA, scores, states))
        .isCloseTo(0.5 * 1 + 0.5 * 2 / 3, within(1e-15));
    // recalls 0 to 0.5 are reached with precision 1, the other five with 2/3
    assertThat(AveragePrecision.of(Form.ELEVEN_POINT, scores, states))
        .isCloseTo((6 + 5 * 2 / 3.0) / 11, within(1e-15));
  }

  /** The example of scikit-learn's average_precision_score; and ties, whatever their order. */
  @Test
  void stepsAreNotInterpolatedAndTiesComeTogether() {
    assertThat(
            AveragePrecision.of(
                Form.STEPS, new double[] {0.1, 0.4, 0.35, 0.8}, new byte[] {-1, -1, 1, 1}))
        .isCloseTo(0.5 * 1 + 0.5 * 2 / 3, within(1e-15));
    for (byte[] states : new byte[][] {{1, -1, -1, -1}, {-1, -1, -1, 1}}) {
      assertThat(AveragePrecision.of(Form.STEPS, new double[] {7, 7, 7, 7}, states))
          .isEqualTo(0.25);
    }
    // precision rises from 1/2 to 2/3: area takes the larger one for both
    double[] scores = {3, 2, 1};
    byte[] states = {-1, 1, 1};
    assertThat(AveragePrecision.of(Form.STEPS, scores, states))
        .isCloseTo((1 / 2.0 + 2 / 3.0) / 2, within(1e-15));
    assertThat(AveragePrecision.of(Form.AREA, scores, states)).isCloseTo(2 / 3.0, within(1e-15));
    assertThat(AveragePrecision.of(Form.STEPS, scores, new byte[] {-1, 0, -1})).isNaN();
  }

  @Test
  void zeroesOfBothSignsAreEqualScores() {
    assertThat(AveragePrecision.of(Form.AREA, new double[] {-0.0, 0.0}, new byte[] {1, -1}))
        .isEqualTo(1);
    assertThat(AveragePrecision.of(Form.AREA, new double[] {0.0, -0.0}, new byte[] {-1, 1}))
        .isEqualTo(0.5);
    assertThat(AveragePrecision.of(Form.AREA, new double[] {-0.0, 0.0}, new byte[] {-1, 1}))
        .isEqualTo(0.5);
  }

  @Test
  void theMeanIsOverClassesAndAClassWithoutPositivesIsRefused() {
    MultiLabels labels =
        new MultiLabels(List.of("cat", "dog"), new byte[] {1, -1, -1, 1, -1, 1, 0, -1});
    double[][] scores = {{3, 1}, {2, 4}, {1, 3}, {9, 2}};

    assertThat(AveragePrecision.ofClasses(Form.AREA, scores, labels)).containsExactly(1, 1);
    assertThat(AveragePrecision.mean(Form.ELEVEN_POINT, scores, labels)).isEqualTo(1);

    MultiLabels none = new MultiLabels(List.of("cat", "dog"), new byte[] {1, -1, 1, 0, 1, 0, 1, 0});
    assertThatThrownBy(() -> AveragePrecision.mean(Form.AREA, scores, none))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "no image shows class dog, so it has no average precision: measure on images that show"
                + " all classes");
    assertThat(AveragePrecision.of(Form.AREA, new double[2], new byte[] {-1, 0})).isNaN();
  }

  @Test
  void scoresThatAreNoNumbersAreRefused() {
    assertThatThrownBy(
            () -> AveragePrecision.of(Form.AREA, new double[] {1, Double.NaN}, new byte[] {1, -1}))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void recallOfClassesCountsEachClassTheSame() {
    List<String> names = List.of("a", "b");
    int[] labels = {0, 0, 0, 0, 1};
    int[] predicted = {0, 0, 0, 1, 1};

    assertThat(Recall.ofClasses(names, labels, predicted)).containsExactly(0.75, 1);
    assertThat(Recall.meanOfClasses(names, labels, predicted)).isEqualTo(0.875);
    assertThat(Recall.accuracy(labels, predicted)).isEqualTo(0.8);
    assertThatThrownBy(() -> Recall.meanOfClasses(names, new int[] {0}, new int[] {0}))
        .isInstanceOf(InputException.class)
        .hasMessage("class b has no image, so it has no recall: measure on images of all classes");
  }

  @Test
  void deviationIsThatOfASample() {
    assertThat(Spread.of(1, 2, 3)).isEqualTo(new Spread(2, 1, 3));
    assertThat(Spread.of(5).deviation()).isNaN();
  }
}
