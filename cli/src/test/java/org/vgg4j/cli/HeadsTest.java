package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vgg4j.model.HeadLayers;
import org.vgg4j.weights.Calibration;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Models;

/** Networks whose head is not the paper's, through all commands. */
class HeadsTest {
  private static final Path GOLDENS =
      Path.of("../formats/src/test/resources/goldens/heads/heads.zip");

  @TempDir static Path shared;
  private static Path data;
  private static Path narrow;

  @TempDir Path folder;

  @BeforeAll
  static void train() throws IOException {
    try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(GOLDENS))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        Files.write(shared.resolve(entry.getName()), zip.readAllBytes());
      }
    }
    data = Pictures.writeParts(shared.resolve("pets"));
    Path config =
        Files.writeString(
            shared.resolve("narrow.yaml"),
            """
            head: [20]
            pooling: average
            width: 0.03
            crop: 64
            batch: 16
            epochs: 3
            dropout: 0.1
            color-shift: 0
            """);
    Path run = shared.resolve("narrow");
    ok("train", "--config", config, "--data", data, "--out", run);
    narrow = run.resolve("best/model.safetensors");
    assertThat(Files.readString(run.resolve("config.yaml")))
        .contains("head: \"20\"")
        .contains("pooling: \"average\"");
  }

  private static Vgg ok(Object... args) {
    Vgg vgg = Vgg.run(args);
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    return vgg;
  }

  private static Vgg refused(Object... args) {
    Vgg vgg = Vgg.run(args);
    assertThat(vgg.exitCode()).as(vgg.out()).isEqualTo(1);
    return vgg;
  }

  @Test
  void whatWasTrainedIsUsedByAllCommands() {
    assertThat(ModelFile.read(narrow).architecture().head())
        .isEqualTo(new HeadLayers(true, List.of(20)));
    assertThat(ok("summary", "--model", narrow, "--device", "cpu").out())
        .contains("average pooling, head 20), 10 weight layers")
        .containsPattern("gap +average +16 ")
        .containsPattern("fc6 +FC-20 ")
        .containsPattern("fc7 +FC-3 ");
    ok(
        "evaluate",
        "--model",
        narrow,
        "--data",
        data,
        "--protocol",
        "both",
        "--test-scales",
        "80,96");
    Path image = data.resolve("test").resolve("blue");
    ok("classify", image, "--model", narrow, "--fc-weights", "bf16");
    ok(
        "embed",
        data,
        "--split",
        "test",
        "--model",
        narrow,
        "--tap",
        "gap",
        "--out",
        folder.resolve("e.npy"));
    assertThat(
            refused(
                    "embed",
                    data,
                    "--split",
                    "test",
                    "--model",
                    narrow,
                    "--out",
                    folder.resolve("f.npy"))
                .err())
        .contains("fc7 of network")
        .contains(
            "is its last layer, whose outputs are no features, unlike the paper's: choose fc6");
    Path one = image.resolve(Objects.requireNonNull(image.toFile().list())[0]);
    ok("heatmap", one, "--model", narrow, "--grad-cam", "--out", folder.resolve("map.png"));
    Path onnx = folder.resolve("m.onnx");
    ok("export", "--model", narrow, onnx);
    Path again = folder.resolve("again.safetensors");
    ok("import", onnx, "--out", again);
    assertThat(ModelFile.read(again).arrays().get("classifier.3.weight"))
        .isEqualTo(ModelFile.read(narrow).arrays().get("classifier.3.weight"));
    assertThat(ok("train", "--data", data, "--head", "none", "--dry-run", "--width=0.03").out())
        .contains("3 classes, head none)");
  }

  /** Their own head stays, but for the last layer, unless another is asked for. */
  @ParameterizedTest
  @CsvSource({
    "two.pth, , 512, none, classifier.0.weight",
    "two.pth, 30, 30, none,",
    "one.pth, , none, none,",
    "mean-two.h5, , 512, average, classifier.0.weight",
    "narrow.pth, , 30, none, classifier.0.weight",
    "features.pth, 25, 25, none,",
    "notop.h5, none, none, none,"
  })
  void foreignWeightsAreFinetuned(
      String name, String head, String expected, String pooling, String kept) {
    Path file = shared.resolve(name);
    Path run = folder.resolve("run");
    Object[] command = {
      "finetune",
      "--model",
      file,
      "--data",
      data,
      "--out",
      run,
      "--epochs=1",
      "--lr=1e-9",
      "--lr-head=1e-3",
      "--weight-decay=0",
      "--crop=64",
      "--color-shift=0"
    };
    if (head != null) {
      command = Arrays.copyOf(command, command.length + 2);
      command[command.length - 2] = "--head";
      command[command.length - 1] = head;
    }
    ok(command);
    ModelFile tuned = ModelFile.read(run.resolve("last/model.safetensors"));
    assertThat(tuned.architecture().head()).isEqualTo(HeadLayers.of(expected, pooling));
    assertThat(tuned.classNames()).hasSize(3);
    ModelFile source = Models.readStart(file).model();
    List<String> arrays =
        kept == null ? List.of("features.0.weight") : List.of("features.0.weight", kept);
    for (String array : arrays) {
      assertThat(tuned.arrays().get(array))
          .as(array)
          .containsExactly(source.arrays().get(array), offset(1e-4f));
    }
  }

  @Test
  void theTemperatureOfACalibratedModelIsExported() throws IOException {
    Calibration calibration = new Calibration(2.5, "pets", 100, "center-crop", List.of(32));
    Path model = folder.resolve("calibrated.safetensors");
    ModelFile.read(narrow).withCalibration(calibration).write(model);
    Path onnx = folder.resolve("calibrated.onnx");
    Path again = folder.resolve("again.safetensors");
    ok("export", "--model", model, "--softmax", onnx);
    ok("import", onnx, "--out", again);
    assertThat(ModelFile.read(again).calibration()).isEqualTo(calibration);
    assertThat(Files.readString(folder.resolve("calibrated.onnx.md")))
        .contains("softmax(scores / T), T = 2.5, found on pets")
        .contains("already inside");
  }

  @Test
  void whatIsNotPossibleIsOneSentence() {
    assertThat(refused("train", "--data", data, "--head", "many").err())
        .contains("option head is 'many' but must be the features of the hidden layers");
    assertThat(refused("summary", "--pooling", "max").err())
        .contains("option pooling is 'max' but must be average or none");
    Path mean = shared.resolve("mean.onnx");
    Path out = folder.resolve("none.safetensors");
    assertThat(refused("import", mean, "--pooling", "none", "--out", out).err())
        .contains("takes the mean of each channel of its last map: leave out the pooling");
    assertThat(out).doesNotExist();
    assertThat(refused("classify", data, "--model", shared.resolve("features.pth")).err())
        .contains("vgg finetune --model takes weights of the convolutions alone");
  }
}
