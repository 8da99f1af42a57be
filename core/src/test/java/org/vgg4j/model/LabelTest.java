package org.vgg4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class LabelTest {
  @Test
  void aClassIsATarget() {
    assertThat(Label.listOf(3, 0)).containsExactly(new Label(3), new Label(0));
  }

  @Test
  void anUnlabelledImageHasNone() {
    assertThatThrownBy(() -> new Label(-1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("-1");
  }
}
