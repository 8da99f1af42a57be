package org.vgg4j.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class StatisticsTest {
  @Test
  void medianIsTheMiddle() {
    assertThat(Statistics.median(new double[] {5, 1, 9})).isEqualTo(5);
    assertThat(Statistics.median(new double[] {4, 1, 2, 9})).isEqualTo(3);
  }

  @Test
  void differenceIsAShareOfTheLargest() {
    assertThat(Scores.difference(new float[] {1, -4}, new float[] {3, -3})).isEqualTo(0.5);
    assertThat(Scores.difference(new float[] {1, -4}, new float[] {1, Float.NaN})).isNaN();
    assertThat(Scores.difference(new float[2], new float[2])).isNaN();
    assertThatThrownBy(() -> Scores.difference(new float[1], new float[2]))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void messagesAreEncodedAsProtocolBuffersAre() {
    // the examples of the format's documentation
    assertThat(hex(new ProtoMessage().number(1, 150))).isEqualTo("089601");
    assertThat(hex(new ProtoMessage().text(2, "testing"))).isEqualTo("120774657374696e67");
    assertThat(hex(new ProtoMessage().message(3, new ProtoMessage().number(1, 150))))
        .isEqualTo("1a03089601");
    assertThat(hex(new ProtoMessage().decimal(1, 1f))).isEqualTo("0d0000803f");
    assertThat(hex(new ProtoMessage().number(1, -1))).isEqualTo("08ffffffffffffffffff01");
  }

  private static String hex(ProtoMessage message) {
    return HexFormat.of().formatHex(message.toBytes());
  }
}
