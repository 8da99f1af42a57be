package org.vgg4j.views;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TemperatureTest {
  /** The soft-max as it is defined. */
  private static double[] softMax(double[] scores, double temperature) {
    double[] result = new double[scores.length];
    double sum = 0;
    for (int k = 0; k < scores.length; k++) {
      result[k] = Math.exp(scores[k] / temperature);
      sum += result[k];
    }
    for (int k = 0; k < scores.length; k++) {
      result[k] /= sum;
    }
    return result;
  }

  /** Of posteriors it makes those of the scores divided by the temperature. */
  @ParameterizedTest
  @ValueSource(doubles = {0.25, 0.9, 1, 1.7, 20})
  void isTheSoftMaxOfDividedScores(double temperature) {
    Random random = new Random(3);
    for (int trial = 0; trial < 50; trial++) {
      double[] scores = random.doubles(6, -8, 8).toArray();
      double[] plain = softMax(scores, 1);
      float[] posteriors = new float[8]; // two of something else come first
      for (int k = 0; k < 6; k++) {
        posteriors[2 + k] = (float) plain[k];
      }
      float[] result = new Temperature(temperature).apply(posteriors, 2, 6);
      double[] expected = softMax(scores, temperature);
      for (int k = 0; k < 6; k++) {
        assertThat((double) result[k]).isCloseTo(expected[k], within(1e-6));
      }
    }
  }

  /** Posteriors that differ by one bit are equal after rounding, but the best class stays it. */
  @Test
  void theBestClassStaysTheBest() {
    float one = 0.3f;
    float[] posteriors = {one, Math.nextUp(one), 1 - 2 * one};
    posteriors[2] = 0.25f;
    assertThat(Ranking.top(posteriors, 0, 3, 1)).containsExactly(1);
    for (double temperature : new double[] {0.3, 1.5, 3, 7, 20}) {
      float[] result = new Temperature(temperature).apply(posteriors, 0, 3);
      assertThat(Ranking.top(result, 0, 3, 1)).as("at %s", temperature).containsExactly(1);
    }
  }

  @Test
  void extremes() {
    float[] certain = {0, 1, 0};
    assertThat(new Temperature(20).apply(certain, 0, 3)).containsExactly(certain);
    assertThat(Temperature.NONE.apply(certain, 0, 3)).containsExactly(certain).isNotSameAs(certain);
    float[] tiny = {Float.MIN_VALUE, 1};
    double expected = Math.pow(Float.MIN_VALUE, 0.05);
    assertThat((double) new Temperature(20).apply(tiny, 0, 2)[0])
        .isCloseTo(expected / (1 + expected), within(1e-6));
    assertThatThrownBy(() -> new Temperature(0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Temperature(Double.NaN))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
