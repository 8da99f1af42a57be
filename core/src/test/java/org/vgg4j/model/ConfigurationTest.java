package org.vgg4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vgg4j.base.InputException;

/** The family's names and depths. */
class ConfigurationTest {
  @ParameterizedTest
  @CsvSource({
    "A,A,11",
    "a-lrn,A_LRN,11",
    "B,B,13",
    "b-5X5,B_5X5,8",
    "C,C,16",
    "' D ',D,16",
    "e,E,19"
  })
  void namesAreThePapersInAnyCase(String label, Configuration expected, int weightLayers) {
    assertThat(Configuration.of(label)).isEqualTo(expected);
    assertThat(expected.weightLayers()).isEqualTo(weightLayers);
  }

  @Test
  void anUnknownNameIsAnsweredWithTheKnownOnes() {
    assertThatThrownBy(() -> Configuration.of("F"))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "there is no architecture 'F': choose one of A, A-LRN, B, B-5x5, C, D, E, A-BN, B-BN, D-BN, E-BN");
  }
}
