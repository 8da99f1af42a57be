package org.vgg4j.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;

/** The arrays of a network: complete, of the right lengths, shared. */
class ParametersTest {
  private final Architecture architecture = Networks.smallest(Configuration.A, 32, 3);

  @Test
  void layersAndNamesShareTheArrays() {
    Parameters parameters = Networks.random(architecture, 1);
    assertThat(parameters.ofLayer("conv1_1").weight())
        .isSameAs(parameters.values("features.0.weight"));
    assertThat(parameters.ofLayer("fc8").bias()).isSameAs(parameters.values("classifier.6.bias"));
    assertThat(parameters.architecture()).isSameAs(architecture);
  }

  @Test
  void aMissingArrayIsNamed() {
    Map<String, float[]> arrays = Networks.copy(Parameters.zeros(architecture));
    arrays.remove("features.3.bias");
    assertThatThrownBy(() -> new Parameters(architecture, arrays))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "parameter features.3.bias of network A (width 0.02, crop 32, 3 classes) is missing");
  }

  @Test
  void anArrayOfAnotherLengthIsNamed() {
    Map<String, float[]> arrays = Networks.copy(Parameters.zeros(architecture));
    arrays.put("classifier.6.weight", new float[7]);
    assertThatThrownBy(() -> new Parameters(architecture, arrays))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "parameter classifier.6.weight of network A (width 0.02, crop 32, 3 classes) must have"
                + " 240 values, [3, 80], but has 7");
  }

  @Test
  void anArrayTooManyIsNamed() {
    Map<String, float[]> arrays = Networks.copy(Parameters.zeros(architecture));
    arrays.put("features.2.weight", new float[7]);
    assertThatThrownBy(() -> new Parameters(architecture, arrays))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "network A (width 0.02, crop 32, 3 classes) has no parameter features.2.weight");
  }

  @Test
  void unknownNamesAreErrors() {
    Parameters parameters = Parameters.zeros(architecture);
    assertThatThrownBy(() -> parameters.values("features.1.weight"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("features.1.weight");
    assertThatThrownBy(() -> parameters.ofLayer("pool1"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("layer pool1 has no parameters");
  }
}
