package org.vgg4j.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.vgg4j.base.InputException;
import org.vgg4j.kernels.Workers;
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

  @Test
  void roundedLayersAreHeldOnceAndTheOthersShared() {
    Parameters parameters = Networks.random(architecture, 1);
    assertThat(parameters.fcWeights()).isEqualTo(FcWeights.FP32);
    assertThat(parameters.roundingErrors()).isEmpty();
    assertThat(parameters.rounded("fc6")).isNull();
    try (Workers workers = new Workers(2)) {
      Parameters rounded = parameters.rounded(workers);
      assertThat(rounded.fcWeights()).isEqualTo(FcWeights.BF16);
      assertThat(rounded.rounded(workers)).isSameAs(rounded);
      assertThat(rounded.roundingErrors()).containsOnlyKeys("fc6", "fc7", "fc8");
      assertThat(rounded.roundingErrors().values()).allMatch(e -> e > 0x1p-10 && e < 0x1p-9);
      assertThat(rounded.values("features.0.weight"))
          .isSameAs(parameters.values("features.0.weight"));
      assertThat(rounded.values("classifier.3.bias"))
          .isSameAs(parameters.values("classifier.3.bias"));
      assertThat(rounded.rounded("conv1_1")).isNull();
      assertThatThrownBy(() -> rounded.values("classifier.3.weight"))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> rounded.ofLayer("fc7"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("layer fc7 was rounded");
      assertThat(parameters.ofLayer("fc7").weight()).as("the original stays").isNotEmpty();
    }
  }

  @Test
  void anEngineRoundsForInferenceOnly() {
    Parameters parameters = Networks.random(architecture, 1);
    try (Engine engine = Engines.open(Device.CPU, 2);
        Workers workers = new Workers(1)) {
      assertThat(engine.load(parameters).roundingErrors()).isEmpty();
      Network network = engine.load(parameters, FcWeights.BF16);
      assertThat(network.fcWeights()).isEqualTo(FcWeights.BF16);
      assertThat(network.roundingErrors()).containsOnlyKeys("fc6", "fc7", "fc8");
      Parameters rounded = parameters.rounded(workers);
      assertThat(engine.load(rounded).fcWeights()).isEqualTo(FcWeights.BF16);
      assertThatThrownBy(() -> engine.load(rounded, FcWeights.FP32))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(
              () ->
                  engine.learner(
                      rounded,
                      new LearnerOptions(1, 1, 0.5, new LearnerOptions.Descent(0.9, 5e-4, true)),
                      Exchange.ALONE))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("rounded weights cannot be trained");
    }
  }

  @Test
  void formsOfWeightsByName() {
    assertThat(FcWeights.of("bf16")).isEqualTo(FcWeights.BF16);
    assertThat(FcWeights.of("FP32")).isEqualTo(FcWeights.FP32);
    assertThatThrownBy(() -> FcWeights.of("int8"))
        .isInstanceOf(InputException.class)
        .hasMessage("option fc-weights is 'int8' but must be fp32 or bf16");
  }

  /** Also of arrays that are longer than what is looked at together, and of their last bit. */
  @Test
  void checksumsTellParametersApart() {
    Architecture network = new Architecture(Configuration.A, 0.1, 32, 3);
    Parameters parameters = Networks.random(network, 1);
    long checksum = Networks.random(network, 1).checksum();
    assertThat(parameters.checksum()).isEqualTo(checksum);
    for (String name : new String[] {"features.0.weight", "classifier.3.weight"}) {
      float[] values = parameters.values(name);
      float last = values[values.length - 1];
      values[values.length - 1] = Math.nextUp(last);
      assertThat(parameters.checksum()).as(name).isNotEqualTo(checksum);
      values[values.length - 1] = last;
    }
    assertThat(parameters.checksum()).isEqualTo(checksum);
  }
}
