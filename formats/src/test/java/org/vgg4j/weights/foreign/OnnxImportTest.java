package org.vgg4j.weights.foreign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.export.OnnxWriter;

/** Graphs in many forms, see goldens/onnx/make_goldens.py. */
class OnnxImportTest {
  @TempDir Path folder;

  static Stream<String> same() {
    return Goldens.expected("onnx").properties().stream().map(Map.Entry::getKey);
  }

  @ParameterizedTest
  @MethodSource("same")
  void formsThatComputeTheSameGiveTheScoresOfPyTorch(String name) {
    JsonNode expected = Goldens.expected("onnx").get(name);
    WeightsImport.Imported imported = WeightsImport.AS_FOUND.read(file(name));
    assertThat(imported.model().architecture().crop()).isEqualTo(expected.get("crop").asInt());
    assertThat(imported.profile().label()).isEqualTo(expected.get("profile").asText());
    float[] scores = Goldens.scores(imported.model());
    double tolerance = name.equals("halves") ? 0.02 : 1e-4; // weights of 11 bits
    assertThat(scores.length).isEqualTo(12);
    for (int i = 0; i < scores.length; i++) {
      double score = expected.get("logits").get(i).asDouble();
      assertThat((double) scores[i]).as("score %d", i).isCloseTo(score, offset(tolerance));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "bias         | 'Add_1' adds something that is not a bias",
        "padding      | 'Conv_0' (Conv, 3x3) has a padding of 0 where a VGG network has 1",
        "dilations    | 'Conv_0' (Conv) has dilations 2x2",
        "strides      | 'Conv_0' (Conv) has strides 2x2",
        "pool         | 'MaxPool_2' (MaxPool) has kernel_shape 3x3",
        "ceil         | 'MaxPool_2' (MaxPool) has ceil_mode 1",
        "largest      | (GlobalMaxPool) pools a map of 7x7",
        "open-largest | pools a map of a size that its input leaves open",
        "mean-of-head | 'GlobalAveragePool_23' takes the mean of a map after the fully connected"
            + " layer 'Conv_21', where",
        "open-mean-of-head | takes the mean of a map after the fully connected layer",
        "relu6        | 'Clip_1' (Clip) cuts at 6.0, where a VGG network has a ReLU",
        "leaky        | 'LeakyRelu_1' (LeakyRelu) has alpha 0.01",
        "alpha        | (Gemm) has alpha 0.5",
        "quantised    | is computed by node 'DequantizeLinear_22' (DequantizeLinear)",
        "training     | (Dropout) is in training mode: export the network for inference",
        "sigmoid      | of type 'Sigmoid' does not belong to a VGG network",
        "argmax       | of type 'ArgMax' does not belong to a VGG network",
        "no-relu      | after its convolution 'Conv_0' comes the pool 'MaxPool_2'",
        "size         | states images of 299x299 pixels",
        "softmax      | (Softmax) has axis 0",
        "scaled-input | 'Div_0' (Div) is before the first convolution",
      })
  void whatIsNoVggNetworkIsRefusedByName(String name, String sentence) {
    assertThatThrownBy(() -> WeightsImport.AS_FOUND.read(file("refused-" + name)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("refused-" + name + ".onnx")
        .hasMessageContaining(sentence);
  }

  /**
   * TensorFlow's converters, Keras's names, and nothing at all: none says what images look like.
   */
  @ParameterizedTest
  @ValueSource(strings = {"tf2onnx", "keras-names", "nobody"})
  void whereNothingSaysTheProfileItIsAskedFor(String name) {
    assertThatThrownBy(() -> WeightsImport.AS_FOUND.read(file(name)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(
            "nothing in it says how its images must be prepared: name a profile (vgg import"
                + " --profile)")
        .hasMessageContaining(Profile.labels());
    WeightsImport options = new WeightsImport(Profile.KERAS, null, null, 0);
    assertThat(options.read(file(name)).profile()).isEqualTo(Profile.KERAS);
  }

  /** A network of ours takes its preprocessing along. */
  @Test
  void whatWeExportedKeepsItsProfile() {
    Profile profile = Profile.of("mean=0.25,0.5,0.75,std=0.5,range=1,order=bgr");
    WeightsImport options = new WeightsImport(profile, null, null, 0);
    ModelFile model = options.read(Goldens.file("torchvision.pth")).model();
    Path out = folder.resolve("ours.onnx");
    new OnnxWriter(false, false).write(model, out);
    assertThat(WeightsImport.AS_FOUND.read(out).model().preprocessing())
        .isEqualTo(model.preprocessing());
  }

  private static Path file(String name) {
    return Goldens.resource("/goldens/onnx/" + name + ".onnx");
  }
}
