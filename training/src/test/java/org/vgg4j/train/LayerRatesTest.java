package org.vgg4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class LayerRatesTest {
  /** What a range test of a new head at ten times the rate suggests is to be typed as it was. */
  @Test
  void stayInProportionAtAnotherRate() {
    assertThat(LayerRates.SAME.optionsAt(0.01, 0.003)).isEqualTo(Map.of("lr", 0.003));
    assertThat(new LayerRates(0, 0.01).optionsAt(0.001, 0.0031))
        .isEqualTo(Map.of("lr", 0.0031, "lr-head", 0.031));
    assertThat(new LayerRates(0.001, 0.05).optionsAt(0.003, 0.0047))
        .isEqualTo(Map.of("lr", 0.0047, "lr-features", 0.0016, "lr-head", 0.078));
  }
}
