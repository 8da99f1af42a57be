package org.vgg4j.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vgg4j.base.InputException;

class MembershipTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(7);

  /** Pairs of name and value, separated by blanks. */
  private static Map<String, String> environment(String text) {
    Map<String, String> environment = new LinkedHashMap<>();
    for (String pair : text.split(" ")) {
      String[] parts = pair.split("=", -1);
      environment.put(parts[0], parts[1]);
    }
    return environment;
  }

  @Test
  void isWhatSchedulersSay() {
    assertThat(
            Membership.of(
                environment(
                    "WORLD_SIZE=4 RANK=3 LOCAL_RANK=1 MASTER_ADDR=10.0.0.7 MASTER_PORT=1234"),
                TIMEOUT))
        .isEqualTo(new Membership("10.0.0.7", 1234, 3, 4, 1, TIMEOUT));
    assertThat(Membership.of(environment("WORLD_SIZE=2 RANK=0 MASTER_ADDR=a"), TIMEOUT))
        .isEqualTo(new Membership("a", 29500, 0, 2, 0, TIMEOUT));
  }

  @Test
  void aProcessIsAloneWithoutAWorldOrInOneOfOne() {
    assertThat(Membership.of(Map.of("RANK", "3"), TIMEOUT)).isNull();
    assertThat(Membership.of(environment("WORLD_SIZE=1 RANK=0"), TIMEOUT)).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "WORLD_SIZE=2 MASTER_ADDR=a        | the variable RANK is missing, but must be a number"
            + " from 0 to 1",
        "WORLD_SIZE=2 RANK=2 MASTER_ADDR=a | the variable RANK is '2', but must be a number from 0"
            + " to 1",
        "WORLD_SIZE=2 RANK=x MASTER_ADDR=a | the variable RANK is 'x', but must be a number from 0"
            + " to 1",
        "WORLD_SIZE=0 RANK=0 MASTER_ADDR=a | the variable WORLD_SIZE is '0', but must be",
        "WORLD_SIZE=2 RANK=1               | MASTER_ADDR is missing",
        "WORLD_SIZE=2 RANK=1 MASTER_ADDR=a MASTER_PORT=70000 | MASTER_PORT is '70000', but must be"
            + " a number from 1 to 65535",
      })
  void halfOfItIsRefused(String text, String sentence) {
    assertThatThrownBy(() -> Membership.of(environment(text), TIMEOUT))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(sentence);
  }
}
