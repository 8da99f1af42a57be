package org.vgg4j.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.ChannelOrder;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.HeadLayers;
import org.vgg4j.model.Interpolation;
import org.vgg4j.model.Preprocessing;
import org.vgg4j.model.Rgb;
import org.vgg4j.model.Task;
import org.vgg4j.weights.safetensors.SafeTensors;

class ModelFileTest {
  private static final String NETWORK = "A (width 0.02, crop 32, 3 classes)";

  @TempDir Path root;
  private Path file;

  @BeforeEach
  void name() {
    file = root.resolve("model.safetensors");
  }

  /** Writes a sound model after changing what its file says. */
  private void write(
      Consumer<Map<String, String>> metadata, Consumer<Map<String, SafeTensors.Tensor>> tensors) {
    TestModels.random(Configuration.A, "cat", "dog", "cow").write(file);
    SafeTensors.Content sound = SafeTensors.read(file);
    Map<String, String> otherMetadata = new LinkedHashMap<>(sound.metadata());
    Map<String, SafeTensors.Tensor> otherTensors = new LinkedHashMap<>(sound.tensors());
    metadata.accept(otherMetadata);
    tensors.accept(otherTensors);
    SafeTensors.write(file, new SafeTensors.Content(otherMetadata, otherTensors));
  }

  private void writeMetadata(Consumer<Map<String, String>> metadata) {
    write(metadata, tensors -> {});
  }

  private void writeTensors(Consumer<Map<String, SafeTensors.Tensor>> tensors) {
    write(metadata -> {}, tensors);
  }

  private void assertRefused(String sentence, Object... arguments) {
    assertThatThrownBy(() -> ModelFile.read(file))
        .isInstanceOf(InputException.class)
        .hasMessage(sentence, arguments);
  }

  @ParameterizedTest
  @EnumSource
  void roundTrip(Configuration configuration) {
    ModelFile model = TestModels.random(configuration, "cat", "Größe, \"quoted\"", "猫");
    model.write(file);
    ModelFile read = ModelFile.read(file);
    assertThat(read.architecture()).isEqualTo(model.architecture());
    assertThat(read.architecture().width()).isEqualTo(model.architecture().width());
    assertThat(read.classNames()).isEqualTo(model.classNames());
    assertThat(read.preprocessing()).isEqualTo(model.preprocessing());
    assertThat(read.provenance()).isEqualTo(model.provenance());
    assertThat(read.arrays().keySet()).containsExactlyElementsOf(model.arrays().keySet());
    model.arrays().forEach((name, values) -> assertThat(read.arrays().get(name)).isEqualTo(values));
  }

  @ParameterizedTest
  @CsvSource({
    "none, none, '{\"hidden\":\"none\",\"pooling\":\"none\"}'",
    "'20,7', average, '{\"hidden\":\"20,7\",\"pooling\":\"average\"}'",
    ", average, '{\"hidden\":\"paper\",\"pooling\":\"average\"}'"
  })
  void headsTravel(String head, String pooling, String metadata) {
    HeadLayers layers = HeadLayers.of(head, pooling);
    Architecture architecture =
        new Architecture(Configuration.A, 0.02, 64, 2, Task.CLASSIFICATION, layers);
    Map<String, float[]> arrays = new LinkedHashMap<>();
    architecture.parameters().forEach(s -> arrays.put(s.name(), new float[s.length()]));
    Preprocessing preprocessing = Preprocessing.paper(Rgb.ZERO, 64, 64);
    new ModelFile(architecture, arrays, preprocessing, List.of("a", "b"), null).write(file);
    assertThat(SafeTensors.header(file).metadata()).containsEntry("vgg4j.head", metadata);
    assertThat(ModelFile.read(file).architecture()).isEqualTo(architecture);
    assertThat(ModelFile.read(file).architecture().head()).isEqualTo(layers);
  }

  /** So that older versions read them, and files stay as they were. */
  @Test
  void thePapersHeadIsNotStated() {
    TestModels.random(Configuration.A, "cat", "dog").write(file);
    assertThat(SafeTensors.header(file).metadata()).doesNotContainKey("vgg4j.head");
    writeMetadata(map -> map.put("vgg4j.head", "{\"hidden\":\"x\",\"pooling\":\"none\"}"));
    assertRefused(
        "%s: option head is 'x' but must be the features of the hidden layers with commas between,"
            + " such as 512 or 4096,4096, or none",
        file);
  }

  /** The first bytes are those that torch.save, h5py and onnx write. */
  @ParameterizedTest
  @CsvSource({
    "vgg16.pth,PK\\3\\4xxxxxxxxxxxx",
    "old.pth,\\200\\2\\212\\12l\\374\\234Fxxxxxx",
    "vgg16.weights.h5,\\211HDF\\r\\n\\032\\nxxxxxxxx",
    "vgg16.onnx,\\10\\7\\22\\7pytorchxxxx",
    "VGG_ILSVRC.caffemodel,\\12\\22VGG_ILSVRC_16_layers",
    "model.safetensors.index.json,{ 'weight_map'",
  })
  void weightsOfOthers(String name, String start) throws IOException {
    Path weights = root.resolve(name);
    Files.write(weights, start.translateEscapes().getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> ModelFile.readWithoutArrays(weights))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "%s is not a model of vgg4j: if it holds weights, make one of it with vgg import %s"
                + " --out %s.safetensors",
            weights, weights, name.substring(0, name.indexOf('.')));
  }

  @Test
  void sameModelSameBytes() throws IOException {
    TestModels.random(Configuration.D, "cat", "dog").write(file);
    byte[] first = Files.readAllBytes(file);
    ModelFile.read(file).write(file);
    assertThat(Files.readAllBytes(file)).isEqualTo(first);
  }

  @Test
  void everyFieldOfPreprocessingTravels() {
    ModelFile model = TestModels.random(Configuration.A, "cat", "dog");
    Preprocessing unusual =
        new Preprocessing(
            ChannelOrder.BGR,
            1,
            new Rgb(0.485f, 0.456f, 0.406f),
            new Rgb(0.229f, 0.224f, 0.225f),
            Interpolation.BICUBIC,
            40,
            32);
    new ModelFile(model.architecture(), model.arrays(), unusual, model.classNames(), null)
        .write(file);
    assertThat(ModelFile.read(file).preprocessing()).isEqualTo(unusual);
    assertThat(ModelFile.read(file).provenance()).isNull();
  }

  /** {@code torchvision.models.vgg16().state_dict().keys()}. */
  @Test
  void namesAreTorchvisions() {
    TestModels.random(Configuration.D, "cat", "dog").write(file);
    List<String> layers =
        Arrays.asList(
            ("features.0 features.2 features.5 features.7 features.10 features.12 features.14"
                    + " features.17 features.19 features.21 features.24 features.26 features.28"
                    + " classifier.0 classifier.3 classifier.6")
                .split(" "));
    SafeTensors.Content content = SafeTensors.read(file);
    assertThat(content.tensors().keySet())
        .containsExactlyElementsOf(
            layers.stream().flatMap(l -> List.of(l + ".weight", l + ".bias").stream()).toList());
    assertThat(content.tensors().get("features.0.weight").shape()).containsExactly(16, 3, 3, 3);
    assertThat(content.tensors().get("classifier.6.weight").shape()).containsExactly(2, 80);
    assertThat(content.metadata()).containsEntry("format", "pt");
  }

  @ParameterizedTest
  @ValueSource(strings = {"vgg4j.architecture", "vgg4j.preprocessing", "vgg4j.classes"})
  void missingMetadata(String key) {
    writeMetadata(metadata -> metadata.remove(key));
    assertRefused(
        "%s has no metadata '%s': it was not written by vgg4j, which stores architecture,"
            + " preprocessing and classes there; make a model of it with vgg import",
        file, key);
  }

  @Test
  void missingProvenanceIsFine() {
    writeMetadata(metadata -> metadata.remove("vgg4j.provenance"));
    assertThat(ModelFile.read(file).provenance()).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "vgg4j.architecture  | {\"configuration\":\"A\",\"width\":0.02}",
        "vgg4j.architecture  | {\"configuration\":\"A\",\"width\":0.02,\"crop\":null}",
        "vgg4j.architecture  | {\"configuration\":null,\"width\":0.02,\"crop\":32}",
        "vgg4j.architecture  | {\"configuration\":\"A\",\"width\":0.02,\"crop\":32,\"depth\":3}",
        "vgg4j.architecture  | {\"configuration\":\"A\",\"width\":\"wide\",\"crop\":32}",
        "vgg4j.architecture  | null",
        "vgg4j.classes       | {}",
        "vgg4j.classes       | [\"cat\",null,\"cow\"]",
        "vgg4j.classes       | null",
        "vgg4j.classes       | [\"cat\"",
        "vgg4j.preprocessing | 12",
        "vgg4j.provenance    | {\"dataset\":\"pets\"}",
      })
  void metadataThatCannotBeUnderstood(String key, String text) {
    writeMetadata(metadata -> metadata.put(key, text));
    assertThatThrownBy(() -> ModelFile.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("%s: metadata '%s' cannot be understood: ", file, key)
        .hasMessageNotContaining("\n");
  }

  /** Versions that know no labels refuse it by the name of what they do not know. */
  @Test
  void severalLabelsAnImage() {
    ModelFile labels = TestModels.constant(Task.LABELS, new float[] {1, -1}, "cat", "dog");
    labels.write(file);
    assertThat(ModelFile.read(file).architecture()).isEqualTo(labels.architecture());
    assertThat(ModelFile.read(file).architecture().task()).isEqualTo(Task.LABELS);
    assertThat(SafeTensors.header(file).metadata().get("vgg4j.architecture"))
        .contains("\"task\":\"labels\"");
    assertThat(labels.requireClassifier("m")).isSameAs(labels);
    assertThatThrownBy(() -> labels.requireOneClass("m.safetensors", "vgg calibrate"))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "m.safetensors was trained with option multi-label, so an image may show several of its"
                + " classes, and vgg calibrate needs a model that takes each for one: give another"
                + " model");
    assertThatThrownBy(() -> labels.requireBoxes("m")).isInstanceOf(InputException.class);
    String other = "{\"configuration\":\"A\",\"width\":0.02,\"crop\":32,\"task\":\"depth\"}";
    writeMetadata(metadata -> metadata.put("vgg4j.architecture", other));
    assertThatThrownBy(() -> ModelFile.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("does not know its task 'depth': use the version that wrote it");
  }

  /** A newer vgg4j may state more. */
  @Test
  void metadataThatSaysMore() {
    String more = "{\"configuration\":\"A\",\"width\":0.02,\"crop\":32,\"depth\":3}";
    writeMetadata(metadata -> metadata.put("vgg4j.architecture", more));
    assertThatThrownBy(() -> ModelFile.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(" does not know its 'depth'; use the version that wrote it")
        .hasMessageNotContaining("org.vgg4j.");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"scale\":36 | \"scale\":36,\"gamma\":2.2 | gamma",
        "\"scale\":36 | \"scale\":31 | scale 31 is below crop 32",
        "\"scale\":36, | '' | scale",
        "BILINEAR | LANCZOS | LANCZOS",
        "\"std\":{\"red\":1.0 | \"std\":{\"red\":0 | preprocessing std must be positive",
        "\"channelOrder\":\"RGB\" | \"channelOrder\":null | channelOrder",
      })
  void preprocessingThatCannotBeUnderstood(String old, String replacement, String detail) {
    writeMetadata(
        metadata -> {
          String text = metadata.get("vgg4j.preprocessing");
          assertThat(text).contains(old);
          metadata.put("vgg4j.preprocessing", text.replace(old, replacement));
        });
    assertThatThrownBy(() -> ModelFile.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("%s: metadata 'vgg4j.preprocessing' cannot be understood: ", file)
        .hasMessageContaining(detail);
  }

  @Test
  void preprocessingForAnotherCrop() {
    writeMetadata(
        metadata ->
            metadata.computeIfPresent(
                "vgg4j.preprocessing",
                (key, text) -> text.replace("36", "64").replace("\"crop\":32", "\"crop\":64")));
    assertRefused("%s: network %s cannot take windows of 64 pixels", file, NETWORK);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"A\"  | \"F\" | there is no architecture 'F': choose one of A, A-LRN, B, B-5x5, C, D, E,"
            + " A-BN, B-BN, D-BN, E-BN",
        "32     | 31    | crop 31 is too small for the five 2x2 pools: the smallest legal crop is"
            + " 32",
        "0.02   | -1    | width -1.0 is not in (0, 8]: 1 is the paper's, 0.25 a quarter",
      })
  void impossibleArchitecture(String old, String replacement, String sentence) {
    writeMetadata(
        metadata ->
            metadata.computeIfPresent(
                "vgg4j.architecture", (key, text) -> text.replace(old, replacement)));
    assertRefused("%s: %s", file, sentence);
  }

  @Test
  void anotherArchitectureThanTheTensors() {
    writeMetadata(
        metadata ->
            metadata.computeIfPresent(
                "vgg4j.architecture", (key, text) -> text.replace("\"A\"", "\"B\"")));
    assertRefused(
        "%s: network B (width 0.02, crop 32, 3 classes) needs a tensor 'features.2.weight', which"
            + " is missing",
        file);
  }

  @Test
  void anotherNumberOfClasses() {
    writeMetadata(metadata -> metadata.put("vgg4j.classes", "[\"cat\",\"dog\"]"));
    assertRefused(
        "%s: tensor 'classifier.6.weight' must have shape [2, 80] in network A (width 0.02, crop"
            + " 32, 2 classes), not [3, 80]",
        file);
    ModelFile sound = TestModels.random(Configuration.A, "cat", "dog");
    assertThatThrownBy(
            () ->
                new ModelFile(
                    sound.architecture(),
                    sound.arrays(),
                    sound.preprocessing(),
                    List.of("cat", "dog", "cow"),
                    null))
        .isInstanceOf(InputException.class)
        .hasMessage("network A (width 0.02, crop 32, 2 classes) cannot have 3 class names");
  }

  @Test
  void oneClass() {
    writeMetadata(metadata -> metadata.put("vgg4j.classes", "[\"cat\"]"));
    assertRefused("%s: a network needs at least two classes, not 1", file);
  }

  @Test
  void missingTensor() {
    writeTensors(tensors -> tensors.remove("classifier.3.bias"));
    assertRefused(
        "%s: network %s needs a tensor 'classifier.3.bias', which is missing", file, NETWORK);
  }

  @Test
  void extraTensor() {
    writeTensors(tensors -> tensors.put("extra", new SafeTensors.Tensor(List.of(1), new float[1])));
    assertRefused("%s: network %s has no tensor 'extra'", file, NETWORK);
  }

  @Test
  void misshapedTensor() {
    writeTensors(
        tensors ->
            tensors.put(
                "features.3.weight",
                new SafeTensors.Tensor(List.of(16, 16, 9), new float[16 * 16 * 9])));
    assertRefused(
        "%s: tensor 'features.3.weight' must have shape [16, 16, 3, 3] in network %s, not [16, 16,"
            + " 9]",
        file, NETWORK);
  }

  @Test
  void modelOfAnotherProgram() throws IOException {
    try (var stream = getClass().getResourceAsStream("/goldens/safetensors/small.safetensors")) {
      Files.write(file, stream.readAllBytes());
    }
    assertThatThrownBy(() -> ModelFile.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(
            file + " has no metadata 'vgg4j.architecture': it was not written by vgg4j");
  }
}
