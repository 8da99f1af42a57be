package org.vgg4j.weights.foreign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
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
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.Configuration;
import org.vgg4j.model.HeadLayers;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.network.Device;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Engines;
import org.vgg4j.network.ForwardPass;
import org.vgg4j.network.Parameters;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Models;
import org.vgg4j.weights.Start;
import org.vgg4j.weights.export.OnnxWriter;

/** Networks with heads of their own, see goldens/heads/make_goldens.py. */
class HeadsImportTest {
  @TempDir static Path folder;
  @TempDir Path out;

  @BeforeAll
  static void unpack() throws IOException {
    Path archive = Goldens.resource("/goldens/heads/heads.zip");
    try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(archive))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        Files.write(folder.resolve(entry.getName()), zip.readAllBytes());
      }
    }
  }

  static Stream<String> names() {
    return Goldens.expected("heads").properties().stream().map(Map.Entry::getKey);
  }

  private static WeightsImport options(int crop, @Nullable String pooling) {
    @Nullable Boolean averaged = pooling == null ? null : HeadLayers.of(null, pooling).averaged();
    return new WeightsImport(null, null, null, crop, averaged, null);
  }

  private static ModelFile imported(String name) {
    JsonNode expected = Goldens.expected("heads").get(name);
    String asked = expected.has("asked") ? expected.get("asked").asText() : null;
    return options(expected.get("crop").asInt(), asked).read(folder.resolve(name)).model();
  }

  @ParameterizedTest
  @MethodSource("names")
  void giveTheScoresThatPytorchGives(String name) {
    JsonNode expected = Goldens.expected("heads").get(name);
    ModelFile model = imported(name);
    assertThat(model.architecture().configuration().label())
        .isEqualTo(expected.get("arch").asText());
    assertThat(model.architecture().head().headText()).isEqualTo(expected.get("head").asText());
    assertThat(model.architecture().head().poolingText())
        .isEqualTo(expected.get("pooling").asText());
    assertScores(model, expected.get("scores"));
  }

  /** Through our own files, and through ONNX, which must say all of it. */
  @ParameterizedTest
  @MethodSource("names")
  void whatIsWrittenIsReadAgain(String name) {
    JsonNode expected = Goldens.expected("heads").get(name);
    ModelFile model = imported(name);
    Path own = out.resolve("own.safetensors");
    model.write(own);
    ModelFile again = ModelFile.read(own);
    assertThat(again.architecture()).isEqualTo(model.architecture());
    assertScores(again, expected.get("scores"));

    Path onnx = out.resolve("own.onnx");
    new OnnxWriter(false, false).write(model, onnx);
    ModelFile exported = WeightsImport.AS_FOUND.read(onnx).model();
    assertThat(exported.architecture()).isEqualTo(model.architecture());
    assertScores(exported, expected.get("scores"));
  }

  private static void assertScores(ModelFile model, JsonNode expected) {
    Architecture architecture = model.architecture();
    int crop = architecture.crop();
    float[] scores;
    try (Engine engine = Engines.open(Device.CPU, 1)) {
      float[] images = ForwardPass.images(architecture, 1);
      for (int i = 0; i < images.length; i++) {
        int channel = i / (crop * crop);
        images[i] = ((7 * channel + 3 * (i / crop % crop) + 5 * (i % crop)) % 11 - 5) / 4f;
      }
      Parameters parameters = new Parameters(architecture, model.arrays());
      scores = engine.load(parameters).inference(1, Set.of()).outputs(images, 1).clone();
    }
    assertThat(scores.length).isEqualTo(expected.size());
    for (int i = 0; i < scores.length; i++) {
      double score = expected.get(i).asDouble();
      assertThat((double) scores[i])
          .as("score %d", i)
          .isCloseTo(score, offset(1e-4 * Math.max(1, Math.abs(score) / 10)));
    }
  }

  /** Zeros are added in front of which nothing changes, and the user is told. */
  @Test
  void channelsThatAreNoMultipleOf16GetFiltersOfZeros() {
    WeightsImport.Imported imported = options(64, null).read(folder.resolve("narrow-bn.pth"));
    Architecture network = imported.model().architecture();
    assertThat(network.parameters().get(0).dimensions()).containsExactly(16, 3, 3, 3);
    assertThat(network.connectedLayers().get(0).inFeatures()).isEqualTo(64 * 4);
    assertThat(imported.notes())
        .containsExactly(
            "features.0 has 6 filters, and conv1_1 of them became 16 by adding zeros, as in other"
                + " layers: they compute the same, and take more time and memory");
    for (ParameterShape shape : network.parameters()) {
      if (shape.layer().equals("bn1_1")) {
        float[] values = imported.model().arrays().get(shape.name());
        float expected = shape.role() == ParameterShape.Role.VARIANCE ? 1 : 0;
        assertThat(Arrays.copyOfRange(values, 6, 16)).containsOnly(expected);
      }
    }
    // the narrowest networks have 16 channels everywhere
    ModelFile narrow = options(64, null).read(folder.resolve("narrow.h5")).model();
    assertThat(narrow.architecture().parameters().get(10).dimensions())
        .as("conv3_2")
        .startsWith(16, 16);
  }

  /** Names of PyTorch do not say whether the last map is averaged. */
  @Test
  void whatNamesDoNotSayIsAsked() {
    Path file = folder.resolve("mean.pth");
    WeightsImport.Imported found = WeightsImport.AS_FOUND.read(file);
    assertThat(found.model().architecture().crop()).isEqualTo(32);
    assertThat(found.notes())
        .containsExactly(
            "its first fully connected layer takes one value of each channel, as for images of 32"
                + " pixels; if it takes the mean of a larger map instead, use the model that vgg"
                + " import --pooling average --crop PIXELS makes of it");
    assertThat(options(0, "none").read(file).notes()).as("answered").isEmpty();
    WeightsImport large = options(224, null);
    assertThatThrownBy(() -> large.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageEndingWith(
            "crops from 32 to 63 give that; if it takes the mean of a larger map, say so (vgg"
                + " import --pooling average)");
    assertThat(options(0, "average").read(file).notes())
        .containsExactly(
            "it takes images of any size: crop 224 is only the usual one (vgg import --crop)");
    Path all = folder.resolve("one.pth");
    WeightsImport average = options(64, "average");
    assertThatThrownBy(() -> average.read(all))
        .isInstanceOf(InputException.class)
        .hasMessageEndingWith(
            "takes 64 values, but the mean of its last map has 16: leave out the pooling (vgg"
                + " import --pooling)");
  }

  /** A file that says whether the last map is averaged is not contradicted. */
  @ParameterizedTest
  @CsvSource({
    "mean.onnx, average, none",
    "mean.h5, average, none",
    "mean-weights.h5, average, none",
    "two.onnx, none, average",
    "dense.h5, none, average",
    "dense-weights.h5, none, average"
  })
  void whatTheFileSaysIsNotContradicted(String name, String right, String wrong) {
    Path file = folder.resolve(name);
    assertThat(options(64, right).read(file).model().architecture().head().poolingText())
        .isEqualTo(right);
    WeightsImport other = options(64, wrong);
    assertThatThrownBy(() -> other.read(file))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "%s: its first fully connected layer takes %s: leave out the pooling (vgg import"
                + " --pooling)",
            file,
            right.equals("average")
                ? "the mean of each channel of its last map"
                : "its last map without a mean");
  }

  /** What is logged meanwhile, which goes to the standard error stream. */
  private static String logged(Runnable action) {
    PrintStream before = System.err;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    try {
      action.run();
    } finally {
      System.setErr(before);
    }
    return log.toString(StandardCharsets.UTF_8);
  }

  /** Finetuning has no option for it; the model's numbers are read twice, the note logged once. */
  @Test
  void whatImportSaysIsLoggedBeforeTraining() throws IOException {
    Path mean = Files.copy(folder.resolve("mean.pth"), out.resolve("mean.pth"));
    Path narrow = Files.copy(folder.resolve("narrow-bn.pth"), out.resolve("narrow-bn.pth"));
    Path features = Files.copy(folder.resolve("features.pth"), out.resolve("features.pth"));
    String log =
        logged(
            () -> {
              for (Path file : new Path[] {mean, narrow, features}) {
                assertThat(Models.readStartWithoutArrays(file).model()).isNotNull();
                assertThat(Models.readStart(file).model()).isNotNull();
              }
            });
    assertThat(log)
        .containsOnlyOnce("use the model that vgg import --pooling average --crop PIXELS makes")
        .containsOnlyOnce("features.0 has 6 filters")
        .doesNotContain("features.pth");
  }

  @ParameterizedTest
  @ValueSource(strings = {"features.pth", "notop.h5", "notop-whole.h5", "nan-head.pth"})
  void convolutionsAloneAreAStartAndNoModel(String name) {
    Path file = folder.resolve(name);
    Start start = Models.readStart(file);
    assertThat(start.hasHead()).isFalse();
    Architecture network = start.model().architecture();
    assertThat(network.configuration()).isEqualTo(Configuration.D);
    assertThat(network.crop()).isEqualTo(name.contains("whole") ? 96 : 224);
    float[] filters = start.model().arrays().get("features.0.weight");
    assertThat(filters).hasSize(16 * 27).contains(1f, -1f);
    assertThatThrownBy(() -> Models.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(file.toString())
        .hasMessageContaining("cannot classify")
        .hasMessageContaining("vgg finetune --model takes");
    assertThat(Models.readStart(folder.resolve("two.pth")).hasHead()).isTrue();
  }
}
