package org.vgg4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;

class UnreadableLimitTest {
  @ParameterizedTest
  @CsvSource({
    "auto, 6, 1",
    "auto, 12, 1",
    "auto, 24, 2",
    "auto, 58, 3",
    "auto, 299, 3",
    "auto, 300, 3",
    "auto, 400, 4",
    "AUTO, 1281167, 12811",
    "0, 1000000, 0",
    "5, 6, 5",
    "5, 1000000, 5",
    "1%, 58, 0",
    "1%, 100, 1",
    "2.5%, 1000, 25",
    "0%, 1000, 0",
    "100%, 7, 7",
    "0.07 %, 10000, 7"
  })
  void allowed(String text, int images, int expected) {
    assertThat(UnreadableLimit.of(text).of(images)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"auto", "0", "5", "1%", "2.5%", "100%", "0.07%"})
  void comesBack(String text) {
    assertThat(UnreadableLimit.of(text).text()).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-1", "101%", "0.01", "1e3", "few", "%", "12345678901"})
  void nothingElse(String text) {
    assertThatThrownBy(() -> UnreadableLimit.of(text))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "option max-unreadable is "
                + text
                + " but must be a number of images, such as 5, a share, such as 2%, or auto");
  }

  @Test
  void noShareIsWrittenAsNothing() {
    assertThat(UnreadableLimit.of(UnreadableLimit.of("0%").text())).isEqualTo(UnreadableLimit.NONE);
  }
}
