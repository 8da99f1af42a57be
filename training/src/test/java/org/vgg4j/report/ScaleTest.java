package org.vgg4j.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScaleTest {
  private static String labels(Scale scale) {
    return String.join(" ", scale.ticks().stream().map(scale::label).toList());
  }

  @ParameterizedTest
  @CsvSource({
    "2.35, 0 0.5 1 1.5 2 2.5",
    "2, 0 0.5 1 1.5 2",
    "100, 0 20 40 60 80 100",
    "0.07, 0 0.02 0.04 0.06 0.08",
    "0.3, 0 0.1 0.2 0.3",
    "7, 0 2 4 6 8",
    "1234, 0 500 1000 1500",
    "0, 0 0.2",
  })
  void fromZero(double max, String ticks) {
    Scale scale = Scale.fromZero(new double[] {max / 3, Double.NaN, max, 0});
    assertThat(labels(scale)).isEqualTo(ticks);
    assertThat(scale.place(0)).isZero();
    assertThat(scale.place(max)).isBetween(0.0, 1.0);
    assertThat(scale.place(scale.to())).isEqualTo(1);
  }

  @Test
  void noNumbers() {
    assertThat(labels(Scale.fromZero(new double[] {Double.NaN}))).isEqualTo("0 0.2 0.4 0.6 0.8 1");
  }

  @Test
  void decades() {
    Scale scale = Scale.decades(new double[] {1e-2, 1e-3, 2e-6});
    assertThat(labels(scale)).isEqualTo("1e-6 1e-5 0.0001 0.001 0.01");
    assertThat(scale.place(1e-4)).isEqualTo(0.5, within(1e-9));
    assertThat(labels(Scale.decades(new double[] {0.01, 0.01}))).isEqualTo("0.001 0.01 0.1");
    assertThat(labels(Scale.decades(new double[] {0.02}))).isEqualTo("0.01 0.1");
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 1",
    "1, 2, 1 2",
    "1, 12, 1 2 3 4 5 6 7 8 9 10 11 12",
    "1, 74, 10 20 30 40 50 60 70",
    "13, 20, 13 14 15 16 17 18 19 20",
  })
  void epochs(int first, int last, String ticks) {
    double[] epochs = IntStream.rangeClosed(first, last).asDoubleStream().toArray();
    Scale scale = Scale.ofWholeNumbers(epochs);
    assertThat(labels(scale)).isEqualTo(ticks);
    assertThat(scale.place(first)).isEqualTo(first == last ? 0.5 : 0);
    assertThat(scale.place(last)).isEqualTo(first == last ? 0.5 : 1);
  }
}
