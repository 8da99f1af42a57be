package org.vgg4j.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class StatisticsTest {
  @Test
  void medianIsTheMiddle() {
    assertThat(Statistics.median(new double[] {5, 1, 9})).isEqualTo(5);
    assertThat(Statistics.median(new double[] {4, 1, 2, 9})).isEqualTo(3);
  }

  @Test
  void differenceIsAShareOfTheLargest() {
    assertThat(Scores.difference(new float[] {1, -4}, new float[] {3, -3})).isEqualTo(0.5);
    assertThat(Scores.difference(new float[] {1, -4}, new float[] {1, Float.NaN})).isNaN();
    assertThat(Scores.difference(new float[2], new float[2])).isNaN();
    assertThatThrownBy(() -> Scores.difference(new float[1], new float[2]))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
