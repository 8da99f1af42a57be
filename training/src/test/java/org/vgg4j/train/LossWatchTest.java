package org.vgg4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.AbortedException;

class LossWatchTest {
  private static final double CHANCE = Math.log(10);

  private static LossWatch watch(Initialisation initialisation) {
    Options options = new Options();
    options.initialisation = initialisation;
    return new LossWatch(options.build(), 10, List.of());
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY})
  void divergence(double loss) {
    assertThatThrownBy(() -> watch(Initialisation.GLOROT).step(3, loss))
        .isInstanceOf(AbortedException.class)
        .hasMessage(
            "training diverged: the loss at step 3 is %s. Lower option lr (it is 0.01); any model"
                + " saved before is kept",
            loss);
  }

  @Test
  void divergenceWithHe() {
    assertThatThrownBy(() -> watch(Initialisation.HE).step(1, Double.NaN))
        .isInstanceOf(AbortedException.class)
        .hasMessageContaining("or set option init to glorot, since inputs are as large as 255");
  }

  @Test
  void largeLossIsNotDivergence() {
    assertThatCode(() -> watch(Initialisation.HE).step(1, 1e30)).doesNotThrowAnyException();
  }

  @Test
  void stuckIsSaidOnceAfterTwoEpochs() {
    LossWatch watch = watch(Initialisation.GLOROT);
    assertThat(watch.epoch(50, CHANCE)).isNull();
    assertThat(watch.epoch(100, CHANCE * 0.995))
        .isEqualTo(
            "the loss is stuck at 2.303, that of random guessing among 10 classes: the network"
                + " learns nothing yet. Change option lr (it is 0.01), choose a shallower network"
                + " (option arch), or check that the labels are right");
    assertThat(watch.epoch(150, CHANCE)).isNull();
    assertThat(watch.epoch(200, CHANCE)).isNull();
  }

  /** With weights of mean 1 over 1,000 and 10 images, and what smoothing spreads by their mean. */
  @Test
  void guessingWithClassWeightsAndSmoothing() {
    double one = 1010 / 2000.0;
    double other = 1010 / 20.0;
    double loss = 0;
    for (boolean large : new boolean[] {true, false}) {
      double own = large ? one : other;
      double sum = 0.9 * own + 0.1 / 2 * (one + other);
      loss += (large ? 1000 : 10) / 1010.0 * sum * Math.log(2);
    }
    assertThat(LossWatch.chance(2, List.of(one, other), 0.1)).isCloseTo(loss, within(1e-12));
    assertThat(LossWatch.chance(2, List.of(one, other), 0)).isEqualTo(Math.log(2));
    assertThat(LossWatch.chance(10, List.of(), 0.1)).isCloseTo(Math.log(10), within(1e-12));
  }

  @Test
  void stuckWithGaussianWeights() {
    LossWatch watch = watch(Initialisation.GAUSSIAN);
    assertThat(watch.epoch(50, CHANCE)).isNull();
    assertThat(watch.epoch(100, CHANCE))
        .endsWith(
            "Set option init to glorot: with the paper's gaussian weights of std 0.01 only the"
                + " shallow net A starts by itself");
  }

  @Test
  void theFirstStepsDoNotCount() {
    LossWatch watch = watch(Initialisation.GLOROT);
    assertThat(watch.epoch(13, CHANCE)).isNull();
    assertThat(watch.epoch(26, CHANCE)).isNull();
    assertThat(watch.epoch(39, CHANCE)).isNull();
    assertThat(watch.epoch(52, CHANCE)).isNull();
    assertThat(watch.epoch(65, CHANCE)).isNotNull();
  }

  @Test
  void learningIsNotStuck() {
    LossWatch watch = watch(Initialisation.GLOROT);
    for (int epoch = 1; epoch < 10; epoch++) {
      // every other epoch is at chance
      assertThat(watch.epoch(50 * epoch, epoch % 2 == 0 ? CHANCE : 0.9 * CHANCE)).isNull();
    }
  }
}
