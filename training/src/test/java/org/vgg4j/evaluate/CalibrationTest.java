package org.vgg4j.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;
import org.vgg4j.views.Temperature;

/** Temperatures, and the thresholds of answers. */
class CalibrationTest {
  private static Posteriors posteriors(int classes, int[] labels, float... values) {
    List<String> names = IntStream.range(0, classes).mapToObj(k -> "class" + k).toList();
    List<String> ids = IntStream.range(0, labels.length).mapToObj(n -> "image" + n).toList();
    return new Posteriors(List.of(), names, ids, labels, values);
  }

  /** Images whose classes are drawn from the soft-max of scores at a temperature. */
  private static Posteriors drawn(int images, double temperature) {
    int classes = 4;
    Random random = new Random(8);
    float[] values = new float[images * classes];
    int[] labels = new int[images];
    for (int n = 0; n < images; n++) {
      double[] powers = new double[classes];
      double sum = 0;
      for (int k = 0; k < classes; k++) {
        powers[k] = Math.exp(3 * random.nextGaussian());
        sum += powers[k];
      }
      for (int k = 0; k < classes; k++) {
        values[n * classes + k] = (float) (powers[k] / sum);
      }
      float[] drawnFrom = new Temperature(temperature).apply(values, n * classes, classes);
      double draw = random.nextDouble();
      int label = 0;
      while (label < classes - 1 && draw > drawnFrom[label]) {
        draw -= drawnFrom[label++];
      }
      labels[n] = label;
    }
    return posteriors(classes, labels, values);
  }

  /** Finds the temperature by which the classes were drawn. */
  @ParameterizedTest
  @ValueSource(doubles = {0.7, 1, 2, 3.5})
  void findsTheTemperature(double temperature) {
    Posteriors posteriors = drawn(20_000, temperature);
    double found = TemperatureFit.of(posteriors);
    assertThat(found).isCloseTo(temperature, within(0.05 * temperature));
    assertThat(TemperatureFit.of(posteriors)).isEqualTo(found);
    double loss = loss(posteriors, found);
    assertThat(loss).isLessThan(loss(posteriors, found * 1.01));
    assertThat(loss).isLessThan(loss(posteriors, found / 1.01));
  }

  private static double loss(Posteriors posteriors, double temperature) {
    return posteriors.at(new Temperature(temperature)).evaluation().meanLoss();
  }

  @Test
  void calibrationErrorFalls() {
    Posteriors before = drawn(20_000, 2.5);
    Posteriors after = before.at(new Temperature(TemperatureFit.of(before)));
    assertThat(Significance.calibrationError(before)).isGreaterThan(0.1);
    assertThat(Significance.calibrationError(after)).isLessThan(0.02);
    assertThat(after.evaluation().confusion()).isDeepEqualTo(before.evaluation().confusion());
  }

  @Test
  void imagesThatDecideNothing() {
    Posteriors right = posteriors(2, new int[] {0, 1}, .9f, .1f, .4f, .6f);
    assertThatThrownBy(() -> TemperatureFit.of(right))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "no temperature fits: the surer the posteriors of these 2 images the better, since all"
                + " are classified right; take more images");
    Posteriors wrong = posteriors(2, new int[] {1, 0}, .9f, .1f, .4f, .6f);
    assertThatThrownBy(() -> TemperatureFit.of(wrong))
        .isInstanceOf(InputException.class)
        .hasMessage("no temperature fits: on these 2 images the model is no better than guessing");
  }

  /** Sure to unsure: right, right, wrong, right, right, wrong. */
  private static Posteriors six() {
    return posteriors(
        2,
        new int[] {0, 0, 1, 0, 0, 1},
        .95f,
        .05f,
        .9f,
        .1f,
        .85f,
        .15f,
        .8f,
        .2f,
        .7f,
        .3f,
        .6f,
        .4f);
  }

  @Test
  void thresholds() {
    AnswerThreshold all = AnswerThreshold.of(six(), 0.6).orElseThrow();
    assertThat(all.answered()).isEqualTo(1);
    assertThat(all.right()).isCloseTo(4 / 6.0, within(1e-9));
    AnswerThreshold most = AnswerThreshold.of(six(), 0.8).orElseThrow();
    assertThat(most.answered()).isCloseTo(5 / 6.0, within(1e-9));
    assertThat(most.right()).isEqualTo(0.8);
    assertThat(most.threshold()).isGreaterThan(.6f).isLessThanOrEqualTo(.7f);
    AnswerThreshold sure = AnswerThreshold.of(six(), 1).orElseThrow();
    assertThat(sure.answered()).isCloseTo(2 / 6.0, within(1e-9));
    assertThat(sure.threshold()).isGreaterThan(.85f).isLessThanOrEqualTo(.9f);
    assertThat(AnswerThreshold.of(posteriors(2, new int[] {1}, .9f, .1f), 0.5)).isEmpty();
  }

  /** Images of equal probability are answered together or not at all. */
  @Test
  void equalProbabilities() {
    Posteriors equal = posteriors(2, new int[] {0, 1, 0}, .8f, .2f, .8f, .2f, .6f, .4f);
    assertThat(AnswerThreshold.of(equal, 1)).isEmpty();
    assertThat(AnswerThreshold.of(equal, 0.6).orElseThrow().answered()).isEqualTo(1);
  }
}
