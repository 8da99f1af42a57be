package org.vgg4j.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.vgg4j.base.InputException;

class NpyHeaderTest {
  /** NumPy knows the digits 0 to 9 only, whatever digits the user's language has. */
  @Test
  void numbersDoNotDependOnTheLocale() {
    Locale before = Locale.getDefault(Locale.Category.FORMAT);
    try {
      Locale.setDefault(Locale.Category.FORMAT, Locale.forLanguageTag("fa-IR"));
      assertThat("%d".formatted(7)).isNotEqualTo("7"); // a locale with digits of its own
      NpyHeader header = new NpyHeader(12, 4096);
      assertThat(StandardCharsets.US_ASCII.decode(header.bytes()).toString())
          .contains("'shape': (12, 4096), ");
      assertThat(NpyHeader.read(header.bytes(), InputException::new)).isEqualTo(header);
    } finally {
      Locale.setDefault(Locale.Category.FORMAT, before);
    }
  }
}
