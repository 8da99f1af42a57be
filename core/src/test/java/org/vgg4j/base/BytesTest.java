package org.vgg4j.base;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BytesTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0 | 0 kB | 0 kB",
        "1 | 1 kB | 0 kB",
        "999_001 | 1,000 kB | 999 kB",
        "1_000_000 | 1,000 kB | 1 MB",
        "104_900_000 | 105 MB | 104 MB",
        "9_999_999_999 | 10,000 MB | 9,999 MB",
        "10_000_000_000 | 10,000 MB | 10.0 GB",
        "12_040_000_000 | 12.1 GB | 12.0 GB",
      })
  void upForWhatIsNeededDownForWhatThereIs(String bytes, String needed, String available) {
    long number = Long.parseLong(bytes.replace("_", ""));
    assertThat(Bytes.needed(number)).isEqualTo(needed);
    assertThat(Bytes.available(number)).isEqualTo(available);
  }

  /** The sentence that this is for: "needs 0.1 GB, but there is room for 0.1 GB". */
  @Test
  void whatIsTooMuchNeverLooksTheSame() {
    for (long there :
        new long[] {999_999, 1_234_567, 98_765_432, 9_999_999_999L, 10_049_999_999L}) {
      assertThat(Bytes.needed(there + 1)).isNotEqualTo(Bytes.available(there));
    }
  }
}
