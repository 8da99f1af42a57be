package org.vgg4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class PlateauScheduleTest {
  @Test
  void improvementKeepsTheRate() {
    PlateauSchedule schedule = new PlateauSchedule(0.01, 1);
    for (double error = 50; error > 40; error -= 0.5) {
      assertThat(schedule.observe(error)).isFalse();
    }
    assertThat(schedule.rate()).isEqualTo(0.01);
  }

  @Test
  void aTenthOfAPointIsAnImprovement() {
    PlateauSchedule schedule = new PlateauSchedule(0.01, 1);
    assertThat(schedule.observe(50)).isFalse();
    assertThat(schedule.observe(49.875)).isFalse();
    assertThat(schedule.observe(49.8125)).isTrue();
  }

  /** 17.4 - 0.1 is less than 17.3 in doubles; all of these steps are of one image in a thousand. */
  @Test
  void roundingDoesNotDecide() {
    for (int wrong = 1; wrong <= 1000; wrong++) {
      PlateauSchedule schedule = new PlateauSchedule(0.01, 1);
      assertThat(schedule.observe(wrong / 10.0)).isFalse();
      assertThat(schedule.observe((wrong - 1) / 10.0)).as("%d wrong", wrong).isFalse();
    }
  }

  /** Small steps that add up to a tenth of a point are an improvement over the best. */
  @Test
  void smallStepsAddUp() {
    PlateauSchedule schedule = new PlateauSchedule(0.01, 3);
    assertThat(schedule.observe(50)).isFalse();
    assertThat(schedule.observe(49.95)).isFalse();
    assertThat(schedule.observe(49.85)).isFalse();
    assertThat(schedule.observe(49.85)).isFalse();
    assertThat(schedule.observe(49.85)).isFalse();
    assertThat(schedule.observe(49.85)).isTrue();
  }

  @Test
  void patienceIsCountedAnewAfterImprovementAndDrop() {
    PlateauSchedule schedule = new PlateauSchedule(0.01, 2);
    assertThat(schedule.observe(50)).isFalse();
    assertThat(schedule.observe(51)).isFalse();
    assertThat(schedule.observe(40)).isFalse();
    assertThat(schedule.observe(41)).isFalse();
    assertThat(schedule.observe(41)).isTrue();
    assertThat(schedule.observe(41)).isFalse();
    assertThat(schedule.observe(41)).isTrue();
  }

  @Test
  void threeDropsThenTheEnd() {
    PlateauSchedule schedule = new PlateauSchedule(0.01, 1);
    assertThat(schedule.observe(50)).isFalse();
    double[] rates = {1e-3, 1e-4, 1e-5};
    for (double rate : rates) {
      assertThat(schedule.observe(50)).isTrue();
      assertThat(schedule.rate()).isCloseTo(rate, within(rate * 1e-12));
      assertThat(schedule.isFinished()).isFalse();
    }
    assertThat(schedule.observe(50)).isFalse();
    assertThat(schedule.isFinished()).isTrue();
    assertThat(schedule.rate()).isCloseTo(1e-5, within(1e-17));
  }

  @Test
  void errorThatIsNotANumberIsNoImprovement() {
    PlateauSchedule schedule = new PlateauSchedule(0.01, 1);
    assertThat(schedule.observe(Double.NaN)).isTrue();
    assertThat(schedule.observe(50)).isFalse();
  }
}
