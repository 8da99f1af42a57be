package org.vgg4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ScheduleConfigTest {
  private static List<String> notes(
      ScheduleConfig.Kind kind, List<Integer> drops, int epochs, int maxSteps) {
    return new ScheduleConfig(kind, 2, drops, 0, epochs, maxSteps).notes(1590, 16);
  }

  /** What of a schedule a run does not come to is said before it begins. */
  @Test
  void endsThatComeEarlierAreNoted() {
    assertThat(notes(ScheduleConfig.Kind.COSINE, List.of(), 24, 2400)).isEmpty();
    assertThat(notes(ScheduleConfig.Kind.COSINE, List.of(), 24, 2301)).isEmpty();
    assertThat(notes(ScheduleConfig.Kind.COSINE, List.of(), 24, 2300))
        .containsExactly(
            "option max-steps, 2300, ends training in epoch 23 of 24: raise it for more");
    assertThat(notes(ScheduleConfig.Kind.STEP, List.of(10, 23), 24, 370_000)).isEmpty();
    assertThat(notes(ScheduleConfig.Kind.STEP, List.of(10, 24, 60), 24, 370_000))
        .containsExactly(
            "training ends in epoch 24, so the rate does not drop after 24,60: see options step-epochs and epochs");
    assertThat(notes(ScheduleConfig.Kind.STEP, List.of(10, 20), 24, 1500)).hasSize(2);
  }
}
