package org.vgg4j.weights.foreign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.vgg4j.base.InputException;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.ForwardPass;
import org.vgg4j.network.Parameters;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.safetensors.SafeTensors;

/** Checkpoints that PyTorch wrote, and its scores with them: goldens/torch/make_goldens.py. */
class TorchCheckpointsTest {
  private static final String STATE = " --state ";

  @TempDir static Path folder;

  @BeforeAll
  static void unpack() throws IOException {
    unpack(folder);
  }

  /** Writes all goldens into a folder. */
  static void unpack(Path folder) throws IOException {
    try (ZipInputStream archive = new ZipInputStream(resource("checkpoints.zip"))) {
      for (ZipEntry entry = archive.getNextEntry(); entry != null; entry = archive.getNextEntry()) {
        Files.copy(archive, folder.resolve(entry.getName()));
      }
    }
  }

  private static InputStream resource(String name) {
    return Objects.requireNonNull(
        TorchCheckpointsTest.class.getResourceAsStream("/goldens/torch/" + name), name);
  }

  private static JsonNode expected() throws IOException {
    try (InputStream stream = resource("expected.json")) {
      return new ObjectMapper().readTree(stream);
    }
  }

  private static Stream<String> names(boolean refused) throws IOException {
    return expected().properties().stream()
        .filter(entry -> entry.getValue().has("refused") == refused)
        .map(Map.Entry::getKey);
  }

  static Stream<String> read() throws IOException {
    return names(false);
  }

  static Stream<String> refused() throws IOException {
    return names(true);
  }

  private static WeightsImport.Imported imported(String name) {
    String[] parts = name.split(STATE);
    return imported(parts[0], parts.length > 1 ? parts[1] : null);
  }

  private static WeightsImport.Imported imported(String name, @Nullable String state) {
    return new WeightsImport(null, null, null, 0, false, state).read(folder.resolve(name));
  }

  @ParameterizedTest
  @MethodSource("read")
  void givesTheScoresThatPytorchGives(String name) throws IOException {
    JsonNode expected = expected().get(name);
    WeightsImport.Imported imported = imported(name);
    ModelFile model = imported.model();

    assertThat(model.architecture().configuration().label())
        .isEqualTo(expected.get("arch").asText());
    if (!expected.get("profile").asText().equals("half")) {
      assertThat(imported.profile().label()).isEqualTo(expected.get("profile").asText());
    } else {
      assertThat(imported.profile().mean()).isEqualTo(Profile.HALF.mean());
      assertThat(imported.profile().std()).isEqualTo(Profile.HALF.std());
    }
    if (!expected.get("sha256").isNull()) {
      assertThat(digest(model)).isEqualTo(expected.get("sha256").asText());
    }
    float[] scores = scores(model);
    JsonNode theirs = expected.get("scores");
    assertThat(scores).hasSize(theirs.size());
    double largest = 0;
    for (JsonNode score : theirs) {
      largest = Math.max(largest, Math.abs(score.asDouble()));
    }
    assertThat(largest).isGreaterThan(0.01); // so that weights matter
    for (int i = 0; i < scores.length; i++) {
      assertThat((double) scores[i])
          .isCloseTo(theirs.get(i).asDouble(), offset(1e-5 * Math.max(1, largest)));
    }
  }

  private static String digest(ModelFile model) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (ParameterShape shape : model.architecture().parameters()) {
        float[] values = Objects.requireNonNull(model.arrays().get(shape.name()));
        ByteBuffer bytes =
            ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        digest.update(bytes);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static float[] scores(ModelFile model) {
    try (Engine engine = Engines.open(Device.CPU, 1)) {
      float[] images = ForwardPass.images(model.architecture(), 1);
      for (int channel = 0; channel < 3; channel++) {
        for (int y = 0; y < 32; y++) {
          for (int x = 0; x < 32; x++) {
            images[(channel * 32 + y) * 32 + x] = ((7 * channel + 3 * y + 5 * x) % 11 - 5) / 4f;
          }
        }
      }
      Parameters parameters = new Parameters(model.architecture(), model.arrays());
      return engine.load(parameters).inference(1, Set.of()).outputs(images, 1).clone();
    }
  }

  @ParameterizedTest
  @MethodSource("refused")
  void saysWhyAFileIsRefused(String name) throws IOException {
    String sentence = expected().get(name).get("refused").asText();
    assertThatThrownBy(() -> imported(name))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(name)
        .hasMessageContaining(sentence);
  }

  /** What is left out, and what else there is, is said. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ema.pth         | the weights are those at model; the file also holds model_ema.module",
        "ema-nested.pth  | the weights are those at model; the file also holds ema.model",
        "gan.pth         | the weights are those at D; the file also holds G (not a VGG network)",
        "averaged.pth    | passed over, since the scores do not depend on it: n_averaged",
        "thop.pth        | features.0.total_ops",
        "lightning.ckpt  | criterion.weight",
        "metrics.pth     | val_acc.correct, num_classes, class_weights, train_metrics.tp",
        "colours.pth     | its tensors mean and std say how images are prepared",
        "siamese.pth --state student | passed over, since the scores do not depend on it:"
            + " teacher.features",
      })
  void saysWhatItLeavesOut(String name, String note) {
    assertThat(imported(name).notes()).anyMatch(said -> said.contains(note));
  }

  @Test
  void aPlainCheckpointNeedsNoNote() {
    assertThat(imported("beside-2.pth").notes()).isEmpty();
  }

  @Test
  void aStateThatIsNotThereIsNamedWithThoseThatAre() {
    assertThatThrownBy(() -> imported("ema.pth", "generator"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no network in it is called 'generator'")
        .hasMessageContaining("it holds model_ema.module, model");
    assertThatThrownBy(() -> imported("siamese.pth", "state_dict"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("more than one network in it is called 'state_dict'");
    WeightsImport options = new WeightsImport(null, null, null, 0, false, "model");
    assertThatThrownBy(() -> options.read(Goldens.file("torch.onnx")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(
            "leave out the state (vgg import --state), which is for checkpoints of PyTorch");
  }

  /** A mean and deviation among the weights are the file's own words. */
  @Test
  void aProfileThatContradictsTheFileIsRefused() {
    WeightsImport options = new WeightsImport(Profile.CAFFE, null, null, 0);
    assertThatThrownBy(() -> options.read(folder.resolve("colours.pth")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("leave out the profile (vgg import --profile)");
  }

  /** Means as published with VGG-Face, in either order, and numbers that leave the range open. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "93.594 104.7624 129.1863     | 1             | vgg-face",
        "129.25 104.75 93.5 | 1 | " + "mean=129.25,104.75,93.5,std=1,1,1,range=255,order=rgb",
        "0                            | 255           |"
            + " mean=0,0,0,std=255,255,255,range=255,order=rgb",
        "127.5                        | 127.5         | "
            + "mean=127.5,127.5,127.5,std=127.5,127.5,127.5,range=255,order=rgb",
        "0                            | 1             | refused: do not say whether pixels are 0..1"
            + " or 0..255",
        "0                            | 0.5           |"
            + " mean=0,0,0,std=0.5,0.5,0.5,range=1,order=rgb",
        "123.675 116.28 103.53 | 58.395 57.12 57.375 |"
            + " mean=123.675,116.28,103.53,std=58.395,57.12,57.375,range=255,order=rgb",
        "103.530 116.280 123.675 | 1 | refused: mean, (103.53, 116.28, 123.675), is ImageNet's"
            + " in the order blue, green, red",
        "103.530 116.280 123.675 | 57.375 57.12 58.395 | refused: in the order blue, green, red",
        "0.406 0.456 0.485 | 0.225 0.224 0.229 | refused: in the order blue, green, red",
        "93 104 129 | 1 | refused: is VGG-Face's in the order blue, green, red",
        "-0.03 -0.088 -0.188 | 0.458 0.448 0.450 | refused: a mean of -0.03 is outside the range"
            + " 0..1: delete them",
        "300 300 300 | 1 | refused: a mean of 300 is outside the range 0..255",
        "0.485 0.456 0.406 | 58 57 57 | refused: a mean of 0.485 is a number for range=1",
        "0.5 | 0 | refused: a std of 0 is not above 0",
      })
  void colourTensorsCountInTheRangeOfTheirNumbers(String mean, String std, String expected) {
    SafeTensors.Content sound = SafeTensors.read(Goldens.file("torchvision-f32.safetensors"));
    Map<String, SafeTensors.Tensor> tensors = new LinkedHashMap<>(sound.tensors());
    tensors.put("pixel_mean", tensor(mean));
    tensors.put("pixel_std", tensor(std));
    Path file = folder.resolve("colours.safetensors");
    SafeTensors.write(file, new SafeTensors.Content(Map.of(), tensors));
    if (expected.startsWith("refused: ")) {
      assertThatThrownBy(() -> WeightsImport.AS_FOUND.read(file))
          .isInstanceOf(InputException.class)
          .hasMessageContaining(expected.substring("refused: ".length()))
          .hasMessageContaining("name the preprocessing (vgg import --profile)");
    } else {
      assertThat(WeightsImport.AS_FOUND.read(file).profile().label()).isEqualTo(expected);
    }
  }

  private static SafeTensors.Tensor tensor(String text) {
    String[] words = text.split(" ");
    float[] values = new float[words.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = Float.parseFloat(words[i]);
    }
    return new SafeTensors.Tensor(List.of(values.length), values);
  }

  /** A file of network A whose tensors were renamed or added. */
  private static Path changed(UnaryOperator<String> names, Map<String, String> added) {
    Map<String, SafeTensors.Tensor> tensors = new LinkedHashMap<>();
    SafeTensors.read(Goldens.file("torchvision-f32.safetensors"))
        .tensors()
        .forEach((name, tensor) -> tensors.put(names.apply(name), tensor));
    added.forEach((name, text) -> tensors.put(name, tensor(text)));
    Path file = folder.resolve("changed.safetensors");
    SafeTensors.write(file, new SafeTensors.Content(Map.of(), tensors));
    return file;
  }

  /** Many things have a mean and a deviation. */
  @ParameterizedTest
  @CsvSource({
    "target_scaler, 0.5, false",
    "module.scaler, 0.5, false",
    "label_norm, 0.5, false",
    "target_scaler, 0.5 0.4 0.3, false",
    "normalize, 0.5, true",
    "data_preprocessor, 0.5, true",
    "scaler, 0.5 0.4 0.3, true",
  })
  void aMeanOfSomethingElseIsNotThatOfImages(String module, String mean, boolean isOfImages) {
    Path file = changed(name -> name, Map.of(module + ".mean", mean, module + ".std", mean));
    if (!isOfImages) {
      assertThatThrownBy(() -> WeightsImport.AS_FOUND.read(file))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("it has tensors that no VGG network has, such as " + module);
    } else {
      // one number counts for all colours
      assertThat(WeightsImport.AS_FOUND.read(file).profile().mean().red()).isEqualTo(0.5f);
    }
  }

  /** The network's own name, and those above both, say nothing of it. */
  @ParameterizedTest
  @CsvSource({
    "multilabel_net, multilabel_net.pixel_mean, 0.5 0.4 0.3, ''",
    "box_model, box_model.mean, 0.5, ''",
    "sandbox.net, sandbox.normalize.mean, 0.5, ''",
    "sandbox.net, sandbox_norm.mean, 0.5, ''",
    "1, 0.mean, 0.5, ''",
    "model.1.module, model.0.mean, 0.5, ''",
    "0, 1.mean, 0.5, choose the network in it (vgg import --state 0)",
    "net, bbox_norm.mean, 0.5, choose the network in it (vgg import --state net)",
    "net, net.target_norm.mean, 0.5, delete them from the state dict in Python",
  })
  void onlyWhereAMeanIsBesideTheNetworkSaysWhatItIsOf(
      String network, String address, String mean, String refusal) {
    Path file = changed(name -> network + "." + name, Map.of(address, mean));
    if (refusal.isEmpty()) {
      assertThat(WeightsImport.AS_FOUND.read(file).profile().mean().red()).isEqualTo(0.5f);
    } else {
      assertThatThrownBy(() -> WeightsImport.AS_FOUND.read(file))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("that no VGG network has, such as " + address)
          .hasMessageContaining(refusal);
    }
  }

  /** What can be between two layers of nested Sequentials. */
  @ParameterizedTest
  @CsvSource({
    "0, 6.0, 6.1, false",
    "0, 3, 4.0, false",
    "0.0, 0.1, 4, false",
    "0, 1.0.0, 4, false",
    "0, 1.1, 4, true",
    "0, 6.0, 6.2, true",
    "0.0, 1.0, 2, true",
    "0, 3, 6.0, true",
  })
  void nestedLayersHaveRoomForAReluBetween(
      String first, String second, String third, boolean hasRoom) {
    Map<String, String> places = Map.of("0", first, "3", second, "6", third);
    Path file =
        changed(
            name -> {
              String[] parts = name.split("\\.");
              return parts[0].equals("classifier")
                  ? "classifier." + places.get(parts[1]) + "." + parts[2]
                  : name;
            },
            Map.of());
    if (hasRoom) {
      assertThat(WeightsImport.AS_FOUND.read(file).layers()).hasSize(11);
    } else {
      assertThatThrownBy(() -> WeightsImport.AS_FOUND.read(file))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("without a ReLU between, which a VGG network has");
    }
  }

  /** A batch norm with affine=False has no weights: it neither scales nor shifts. */
  @Test
  void aBatchNormWithoutWeightsIsRead() {
    List<Integer> old = List.of(0, 3, 6, 8, 11, 13, 16, 18);
    List<Integer> places = List.of(0, 4, 8, 11, 15, 18, 22, 25);
    UnaryOperator<String> moved =
        name -> {
          String[] parts = name.split("\\.");
          return parts[0].equals("features")
              ? "features.%d.%s"
                  .formatted(places.get(old.indexOf(Integer.valueOf(parts[1]))), parts[2])
              : name;
        };
    Map<String, String> plain = new LinkedHashMap<>();
    Map<String, String> affine = new LinkedHashMap<>();
    for (int place : places) {
      String norm = "features.%d.".formatted(place + 1);
      plain.put(norm + "running_mean", "0.25 ".repeat(16));
      plain.put(norm + "running_var", "1.5 ".repeat(16));
      affine.put(norm + "weight", "1 ".repeat(16));
      affine.put(norm + "bias", "0 ".repeat(16));
    }
    affine.putAll(plain);
    WeightsImport.Imported imported = WeightsImport.AS_FOUND.read(changed(moved, plain));
    assertThat(imported.norms()).isEqualTo(8);
    assertThat(imported.model().arrays())
        .usingRecursiveComparison()
        .isEqualTo(WeightsImport.AS_FOUND.read(changed(moved, affine)).model().arrays());
  }
}
