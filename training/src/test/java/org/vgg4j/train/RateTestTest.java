package org.vgg4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.base.InputException;
import org.vgg4j.report.RatePage;

class RateTestTest {
  @TempDir Path root;
  private final Options options = new Options();

  private static RateTest curve(int steps, IntToDoubleFunction loss) {
    RateTest.Curve curve = new RateTest.Curve();
    for (int i = 0; i < steps; i++) {
      RateTest.Point unused = curve.add(Math.pow(10, -5 + i / 10.0), loss.applyAsDouble(i));
    }
    return curve.test(false);
  }

  /** Each loss weighs nine tenths of the one after it; the weights add up to one. */
  @Test
  void smoothing() {
    double[] losses = {3, 1, 2};
    RateTest test = curve(3, i -> losses[i]);
    assertThat(test.points().get(0).smoothed()).isEqualTo(3);
    assertThat(test.points().get(1).smoothed()).isCloseTo((0.9 * 3 + 1) / 1.9, within(1e-12));
    assertThat(test.points().get(2).smoothed())
        .isCloseTo((0.81 * 3 + 0.9 * 1 + 2) / 2.71, within(1e-12));
    assertThat(test.points()).extracting(RateTest.Point::step).containsExactly(1, 2, 3);
  }

  /** Falls until step 31, of rate 1e-2, then rises steeply. */
  @Test
  void suggestsATenthOfTheRateOfTheSmallestLoss() {
    RateTest test = curve(40, i -> i <= 30 ? 3 - i / 15.0 : 1 + (i - 30) * 5);
    RateTest.Point smallest = test.smallest();
    assertThat(smallest.step()).isEqualTo(31);
    assertThat(test.suggestion()).isEqualTo(1e-3);
    assertThat(test.explanation())
        .isEqualTo(
            "a tenth of 0.010, where the smoothed loss was smallest (%.4f at step 31 of 40); the loss diverged at 0.079"
                .formatted(smallest.smoothed()));
  }

  @Test
  void suggestsNothingWhereTheCurveShowsNothing() {
    RateTest flat = curve(40, i -> 2.3);
    assertThat(flat.suggestion()).isNull();
    assertThat(flat.explanation())
        .startsWith("the loss fell nowhere between the rates 1.0e-05 and 0.079");
    RateTest falling = curve(40, i -> 3 - i / 20.0);
    assertThat(falling.suggestion()).isNull();
    assertThat(falling.explanation())
        .isEqualTo(
            "the loss was still falling at the last rate, 0.079: give --find-rate more steps");
    RateTest rising = curve(10, i -> 1 + i);
    assertThat(rising.suggestion()).isNull();
    RateTest broken = curve(3, i -> Double.NaN);
    assertThat(broken.smallest()).isNull();
    assertThat(broken.suggestion()).isNull();
    assertThat(broken.diverged()).isTrue();
    assertThat(broken.explanation()).startsWith("the loss fell nowhere");
  }

  @Test
  void aTestThatWasStoppedSuggestsNothing() {
    RateTest whole = curve(40, i -> i <= 30 ? 3 - i / 15.0 : 1 + (i - 30) * 5);
    RateTest stopped = new RateTest(whole.points(), whole.diverged(), true);
    assertThat(stopped.suggestion()).isNull();
    assertThat(stopped.explanation()).isEqualTo("the test was stopped after 40 steps: let it end");
  }

  private RateTest test(int steps) throws IOException {
    if (options.data.equals("pets")) {
      options.data = TinyPictures.write(root.resolve("pets"), 11, 4, 0).toString();
    }
    return RateTest.of(options.build(), steps, note -> {}, point -> {}, () -> false);
  }

  /** Batches of 16, 16 and 1; micro-batches of 7; the same whatever the threads. */
  @Test
  void trainsWhileTheRateGrows() throws IOException {
    options.microBatch = 7;
    options.batch = 16;
    RateTest test = test(40);
    List<RateTest.Point> points = test.points();
    assertThat(points.get(0).rate()).isEqualTo(1e-5);
    for (int i = 1; i < points.size(); i++) {
      assertThat(points.get(i).rate() / points.get(i - 1).rate())
          .isCloseTo(Math.pow(1e6, 1 / 39.0), within(1e-9));
    }
    assertThat(points.get(0).loss()).isCloseTo(Math.log(3), within(1.0));
    assertThat(test.diverged() || points.size() == 40).isTrue();
    assertThat(test.smallest().loss()).isLessThan(points.get(0).loss());
    options.threads = 1;
    assertThat(test(40)).isEqualTo(test);
    options.seed = 8;
    assertThat(test(40)).isNotEqualTo(test);
    options.seed = 7;
    options.momentum = 0;
    assertThat(test(40)).isNotEqualTo(test);
  }

  @Test
  void endsWhereItIsStopped() throws IOException {
    RateTest unused = test(10);
    List<RateTest.Point> seen = new ArrayList<>();
    RateTest part = RateTest.of(options.build(), 50, note -> {}, seen::add, () -> seen.size() == 3);
    assertThat(part.points()).isEqualTo(seen).hasSize(3);
    assertThat(part.diverged()).isFalse();
    assertThatThrownBy(() -> test(9))
        .isInstanceOf(InputException.class)
        .hasMessage("option find-rate is 9 but must be at least 10 steps");
  }

  /** A page without scripts, with a point for each step, that a loss of NaN does not spoil. */
  @Test
  void page() throws IOException {
    Path file = root.resolve("rates.html");
    RatePage.write(file, curve(40, i -> i <= 30 ? 3 - i / 15.0 : i == 39 ? Double.NaN : 5 * i));
    String html = Files.readString(file);
    assertThat(html.split("<circle", -1)).hasSize(40 + 1);
    assertThat(html)
        .contains("Suggested learning rate: 0.001, a tenth of 0.010")
        .contains("class='rate'")
        .doesNotContain("<script", "cy='NaN'", "http", "Infinity");
  }
}
