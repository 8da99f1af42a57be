package org.vgg4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vgg4j.base.InputException;
import org.vgg4j.data.UnreadableLimit;
import org.vgg4j.data.loading.ScaleRange;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.HeadLayers;
import org.vgg4j.network.Device;
import org.vgg4j.network.Precision;

class TrainingKeysTest {
  /** Every option has another value than its default. */
  private static TrainingConfig unusual() {
    return TrainingConfig.builder()
        .data("pets")
        .heldOut(0.2)
        .limit(100)
        .configuration(Configuration.E)
        .width(0.5)
        .crop(64)
        .head(new HeadLayers(true, List.of(512, 20)))
        .scale(new ScaleRange(70, 80))
        .flip(false)
        .colorShift(0.3)
        .batch(48)
        .microBatch(12)
        .learningRate(1e-4)
        .layerRates(new LayerRates(1e-5, 3e-3))
        .momentum(0.8)
        .weightDecay(1e-3)
        .biasDecay(false)
        .dropout(0.4)
        .from(Path.of("a.safetensors"))
        .initialisation(Initialisation.HE)
        .freeze(List.of("conv1_1", "fc6"))
        .schedule(ScheduleConfig.Kind.STEP)
        .patience(3)
        .stepEpochs(List.of(2, 3))
        .warmUp(7)
        .epochs(4)
        .maxSteps(11)
        .seed(1L << 40)
        .threads(13)
        .device(Device.CPU.in(Precision.FP32))
        .checkpointEvery(8)
        .maxUnreadable(UnreadableLimit.of("7"))
        .classWeights(ClassWeights.of("effective:0.9"))
        .labelSmoothing(0.2)
        .mixup(0.3)
        .cutmix(0.8)
        .build();
  }

  @Test
  void whatIsWrittenIsRead() {
    TrainingConfig config = unusual();
    assertThat(TrainingConfig.of(config.options())).isEqualTo(config);
    Map<String, Object> texts = new HashMap<>();
    config.options().forEach((key, value) -> texts.put(key, String.valueOf(value)));
    assertThat(TrainingConfig.of(texts)).isEqualTo(config);
    assertThat(config.toBuilder().build()).isEqualTo(config);
    TrainingConfig.DEFAULTS
        .options()
        .forEach((key, value) -> assertThat(config.options().get(key)).as(key).isNotEqualTo(value));
  }

  @Test
  void whatIsNotSaidHasItsDefault() {
    assertThat(TrainingConfig.of(Map.of())).isEqualTo(TrainingConfig.builder().build());
    assertThat(TrainingConfig.of(Map.of("init", "he")).start())
        .isEqualTo(new StartConfig(null, Initialisation.HE, List.of()));
    assertThat(TrainingConfig.of(Map.of("lr-head", 0.5)).sgd().layerRates())
        .isEqualTo(new LayerRates(0, 0.5));
  }

  @Test
  void theHeadIsAListOrAWord() {
    assertThat(TrainingConfig.of(Map.of("head", List.of(512, 256))).head())
        .isEqualTo(new HeadLayers(false, List.of(512, 256)));
    assertThat(TrainingConfig.of(Map.of("head", List.of())).head())
        .isEqualTo(new HeadLayers(false, List.of()));
    assertThat(TrainingConfig.of(Map.of("head", "none", "pooling", "average")).head())
        .isEqualTo(new HeadLayers(true, List.of()));
    assertThat(TrainingConfig.of(Map.of("pooling", "none")).options())
        .as("as before there was a choice")
        .doesNotContainKeys("head", "pooling")
        .isEqualTo(TrainingConfig.DEFAULTS.options());
  }

  @Test
  void everyKeyIsKnown() {
    assertThat(TrainingConfig.DEFAULTS.options().keySet()).allMatch(TrainingConfig::isKey);
    assertThat(TrainingConfig.isKey("scale-ratio")).isTrue();
    assertThat(TrainingConfig.isKey("epoch")).isFalse();
  }

  @Test
  void theScaleFollowsFromTheCropUnlessItIsSaid() {
    assertThat(TrainingConfig.of(Map.of("crop", 224)).augmentation().scale())
        .isEqualTo(ScaleRange.fixed(256));
    assertThat(
            TrainingConfig.of(Map.of("crop", 32, "scale-ratio", "1.143-2.286"))
                .augmentation()
                .scale())
        .isEqualTo(new ScaleRange(36, 73));
    assertThat(TrainingConfig.of(Map.of("scale", "40-50", "scale-ratio", 2)).augmentation().scale())
        .isEqualTo(new ScaleRange(40, 50));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "epoch      | 3     | unknown key 'epoch': the keys are those of a run's config.yaml, and"
            + " scale-ratio",
        "epochs     | many  | option epochs is many but must be a whole number",
        "epochs     | 1.5   | option epochs is 1.5 but must be a whole number",
        "epochs     | 1e10  | option epochs is 1e10 but must be a whole number of at most"
            + " 2147483647",
        "epochs     | 0     | option epochs is 0 but must be at least 1",
        "lr         | fast  | option lr is fast but must be a number such as 0.5 or 1e-3",
        "lr         | NaN   | option lr is NaN but must be a number such as 0.5 or 1e-3",
        "lr-head    | x     | option lr-head is x but must be a number such as 0.5 or 1e-3",
        "flip       | maybe | option flip is maybe but must be true or false",
        "step-epochs| 2;3   | option step-epochs is 2;3 but must be epochs of at most nine digits"
            + " with commas between, such as 20,40",
        "head       | 512;8 | option head is '512;8' but must be the features of the hidden layers"
            + " with commas between, such as 512 or 4096,4096, or none",
        "head       | 0     | a hidden layer of 0 features is not possible: take 1 to 65536",
        "head       | 9,9,9,9 | a head of 4 hidden layers (9,9,9,9) has too many: at most three,"
            + " and a last one for the outputs",
        "pooling    | max   | option pooling is 'max' but must be average or none",
        "scale-ratio| 0.5   | option scale-ratio is 0.5 but must be at least 1, or a smaller and a"
            + " larger number from 1 on, such as 1.143-2.286",
      })
  void mistakesAreOneSentence(String key, String value, String sentence) {
    assertThatThrownBy(() -> TrainingConfig.of(Map.of(key, value)))
        .isInstanceOf(InputException.class)
        .hasMessage(sentence);
  }
}
