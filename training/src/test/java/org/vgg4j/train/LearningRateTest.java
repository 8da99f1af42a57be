package org.vgg4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class LearningRateTest {
  private static LearningRate rate(ScheduleConfig.Kind kind, int warmUp, int maxSteps) {
    ScheduleConfig config = new ScheduleConfig(kind, 2, List.of(2, 5), warmUp, 10, maxSteps);
    return new LearningRate(0.1, config, 4, Selection.TOP1);
  }

  @Test
  void stepsDropAfterTheirEpochs() {
    LearningRate rate = rate(ScheduleConfig.Kind.STEP, 0, 1000);
    assertThat(rate.of(0, 0)).isEqualTo(0.1);
    assertThat(rate.of(1, 7)).isEqualTo(0.1);
    assertThat(rate.of(2, 8)).isEqualTo(0.01);
    assertThat(rate.of(4, 19)).isEqualTo(0.01);
    assertThat(rate.of(5, 20)).isEqualTo(0.001);
    for (int i = 0; i < 50; i++) {
      assertThat(rate.observe(50)).isFalse(); // whatever validation says
    }
    assertThat(rate.isFinished()).isFalse();
  }

  @Test
  void cosineFallsToZeroAtTheLastStep() {
    LearningRate rate = rate(ScheduleConfig.Kind.COSINE, 0, 1000);
    assertThat(rate.of(0, 0)).isEqualTo(0.1);
    assertThat(rate.of(2, 10)).isCloseTo(0.0853553, within(1e-7));
    assertThat(rate.of(5, 20)).isCloseTo(0.05, within(1e-12));
    assertThat(rate.of(9, 40)).isZero();
    assertThat(rate(ScheduleConfig.Kind.COSINE, 0, 20).of(2, 10)).isCloseTo(0.05, within(1e-12));
  }

  @Test
  void warmUpRisesEvenly() {
    for (ScheduleConfig.Kind kind : ScheduleConfig.Kind.values()) {
      LearningRate cold = rate(kind, 0, 1000);
      LearningRate warm = rate(kind, 4, 1000);
      assertThat(warm.of(0, 0)).isCloseTo(cold.of(0, 0) / 4, within(1e-12));
      assertThat(warm.of(0, 2)).isCloseTo(cold.of(0, 2) * 3 / 4, within(1e-12));
      assertThat(warm.of(0, 3)).isEqualTo(cold.of(0, 3));
      assertThat(warm.of(1, 4)).isEqualTo(cold.of(1, 4));
    }
  }

  @Test
  void paperWatchesTheValidationError() {
    LearningRate rate = rate(ScheduleConfig.Kind.PAPER, 0, 1000);
    rate.observe(50);
    assertThat(rate.observe(50)).isFalse();
    assertThat(rate.observe(50)).isTrue();
    assertThat(rate.of(3, 12)).isEqualTo(0.01);
    LearningRate other = rate(ScheduleConfig.Kind.PAPER, 0, 1000);
    other.restore(rate.state());
    assertThat(other.of(3, 12)).isEqualTo(0.01);
    assertThat(other.state()).isEqualTo(rate.state());
  }
}
