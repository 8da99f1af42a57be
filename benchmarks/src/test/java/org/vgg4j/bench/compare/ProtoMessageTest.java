package org.vgg4j.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class ProtoMessageTest {
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
