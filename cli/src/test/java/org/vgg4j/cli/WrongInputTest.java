package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every wrong input has its sentence, and exit code 1: one line on stderr, no stack trace. */
class WrongInputTest {
  @TempDir static Path shared;
  private static Trained trained;

  @TempDir Path root;

  @BeforeAll
  static void train() throws IOException {
    trained = Trained.in(shared);
  }

  private static Path data() {
    return trained.data();
  }

  private static Path model() {
    return trained.model();
  }

  private static void assertRefused(Vgg vgg, String sentence) {
    assertThat(vgg.err().lines()).containsExactly("vgg: " + sentence);
    assertThat(vgg.exitCode()).isEqualTo(1);
  }

  private Vgg train(Object... options) {
    return Vgg.run(
        Stream.concat(
                Stream.of("train", "--out", root.resolve("run"), "--width", "0.03"),
                Stream.of(options))
            .toArray());
  }

  private Path file(String name, String content) throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, content);
  }

  private Path lock(Path file) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
    assumeFalse(Files.isReadable(file), "root may read everything");
    return file;
  }

  @Test
  void missingModel() {
    Path nowhere = root.resolve("nowhere.safetensors");
    String sentence = "there is no file " + nowhere + ": check the path";
    assertRefused(Vgg.run("evaluate", "--data", data(), "--model", nowhere), sentence);
    assertRefused(Vgg.run("classify", data(), "--model", nowhere), sentence);
  }

  @Test
  void folderForAModel() {
    assertRefused(
        Vgg.run("classify", data(), "--model", root),
        root + " is a folder: give the .safetensors file in it");
  }

  @Test
  void modelThatIsNone() throws IOException {
    Path picture = data().resolve("test/red/0.png");
    assertRefused(
        Vgg.run("classify", picture, "--model", picture),
        picture + " is an image, not a model: give a .safetensors file");
    assertRefused(
        Vgg.run("classify", model(), "--model", picture),
        picture + " is an image, not a model: give a .safetensors file");
  }

  @ParameterizedTest
  @CsvSource({
    "vgg16.pth,PK\\3\\4xxxxxxxxxxxx",
    "vgg16.weights.h5,\\211HDF\\r\\n\\032\\nxxxxxxxx",
    "vgg16.onnx,\\10\\7\\22\\7pytorchxxxx",
  })
  void damagedWeightsOfOthers(String name, String start) throws IOException {
    Path weights = root.resolve(name);
    Files.write(weights, start.translateEscapes().getBytes(StandardCharsets.ISO_8859_1));
    Vgg vgg = Vgg.run("evaluate", "--data", data(), "--model", weights);
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.err()).startsWith("vgg: " + weights).hasLineCount(1);
  }

  @Test
  void unreadableModel() throws IOException {
    Path copy = lock(Files.copy(model(), root.resolve("locked.safetensors")));
    assertRefused(
        Vgg.run("evaluate", "--data", data(), "--model", copy),
        "cannot read " + copy + ": permission denied");
  }

  @Test
  void unreadablePicture() throws IOException {
    Path picture = lock(Files.copy(data().resolve("test/red/0.png"), root.resolve("locked.png")));
    Vgg vgg = Vgg.run("classify", picture, "--model", model());
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.err()).startsWith("vgg: cannot read the image file " + picture);
  }

  @Test
  void missingData() {
    Path nowhere = root.resolve("nowhere");
    String sentence =
        "there is no data set "
            + nowhere
            + ": give fashion-mini, fashion-boxes, fashion-mnist or a folder of images";
    assertRefused(train("--data", nowhere), sentence);
    assertRefused(Vgg.run("evaluate", "--data", nowhere, "--model", model()), sentence);
    assertRefused(Vgg.run("data", "export", "--data", nowhere, "--out", root), sentence);
    assertThat(root.resolve("run")).doesNotExist();
  }

  /** One damaged image of nine is passed over, unless none may be. */
  @Test
  void notAnImage() throws IOException {
    Path photos = Pictures.writeClasses(root.resolve("photos"), 4, 1);
    Path broken = file("photos/red/0.png", "no picture");
    String sentence =
        broken
            + " is not an image that can be read: give a JPEG, PNG, BMP, GIF, TIFF, WebP, PPM, PGM"
            + " or PBM file";
    Vgg training = train("--data", photos, "--max-unreadable", "0");
    assertThat(training.exitCode()).isEqualTo(1);
    assertThat(training.err())
        .startsWith(
            "vgg: 1 of the 9 images of photos/train cannot be read, and none may be passed over"
                + " (option max-unreadable, or a submission): repair")
        .endsWith("; the first: " + sentence + System.lineSeparator());
    Vgg evaluation =
        Vgg.run("evaluate", "--data", photos, "--model", model(), "--max-unreadable", "0");
    assertThat(evaluation.exitCode()).isEqualTo(1);
    assertThat(evaluation.err()).contains("; the first: " + sentence);
    assertRefused(Vgg.run("classify", broken, "--model", model()), sentence);
  }

  @Test
  void damagedImages() throws IOException {
    Path photos = Pictures.writeClasses(root.resolve("photos"), 4, 1);
    for (String name : List.of("red/0.png", "green/0.png", "blue/0.png")) {
      Path broken = photos.resolve(name);
      byte[] whole = Files.readAllBytes(broken);
      Files.write(broken, Arrays.copyOf(whole, whole.length / 2));
    }
    Vgg vgg = train("--data", photos);
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.err().lines()).hasSize(1);
    assertThat(vgg.err())
        .containsPattern(
            "^vgg: [23] of the 9 images of photos/train cannot be read, more than the 1 that are"
                + " passed over \\(option max-unreadable\\): repair")
        .containsPattern("; the first: \\S*/0.png is damaged, cut off or of an unsupported");
  }

  @Test
  void classFolderWithoutImage() throws IOException {
    Path photos = Pictures.writeClasses(root.resolve("photos"), 4, 1);
    file("photos/yellow/notes.txt", "none yet");
    assertRefused(
        train("--data", photos),
        "class folder "
            + photos.resolve("yellow")
            + " holds no image (jpg, jpeg, png, bmp, gif, tif, tiff, webp, ppm, pgm, pbm or pnm):"
            + " put some in or remove the folder");
  }

  @Test
  void fewerThanTwoClasses() throws IOException {
    Path photos = root.resolve("photos");
    Pictures.write(photos.resolve("red/1.png"), 2, new Random(1));
    assertRefused(
        train("--data", photos),
        photos + " holds only one class folder (red): a classifier needs at least two");
  }

  @Test
  void folderWithoutImages() throws IOException {
    Path empty = Files.createDirectory(root.resolve("empty"));
    assertRefused(
        Vgg.run("classify", empty, "--model", model()),
        "folder "
            + empty
            + " holds no image (jpg, jpeg, png, bmp, gif, tif, tiff, webp, ppm, pgm, pbm or pnm):"
            + " check the path");
  }

  @Test
  void modelThatDoesNotFitTheData() throws IOException {
    Path photos = Pictures.writeClasses(root.resolve("photos"), 1, 1);
    Pictures.write(photos.resolve("yellow/1.png"), 2, new Random(1));
    assertRefused(
        Vgg.run("evaluate", "--data", photos, "--model", model()),
        "the model does not fit the data photos: it does not know yellow; its classes are blue,"
            + " green, red");
    Vgg builtIn = Vgg.run("evaluate", "--model", model());
    assertThat(builtIn.exitCode()).isEqualTo(1);
    assertThat(builtIn.err())
        .startsWith("vgg: the model does not fit the data fashion-mini/test: ");
  }

  @Test
  void cropTooSmallForFivePools() {
    assertRefused(
        train("--data", data(), "--crop", "31"),
        "crop 31 is too small for the five 2x2 pools: the smallest legal crop is 32");
    assertThat(root.resolve("run")).doesNotExist();
  }

  @Test
  void trainingScaleBelowTheCrop() {
    assertRefused(
        train("--data", data(), "--crop", "40", "--scale", "36"),
        "option scale is 36 but must be at least the crop, 40");
  }

  @Test
  void testScaleBelowTheCrop() {
    assertRefused(
        Vgg.run("evaluate", "--data", data(), "--model", model(), "--test-scales", "16"),
        "test scale Q = 16 is below crop 32: take scales of at least the crop");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--arch F       | there is no architecture 'F': choose one of A, A-LRN, B, B-5x5, C, D, E,"
            + " A-BN, B-BN, D-BN, E-BN",
        "--init magic   | there is no initialisation 'magic': choose glorot, gaussian, he or dirac",
        "--lr -1        | option lr is -1.0 but must be a positive number",
        "--dropout 1    | option dropout is 1.0 but must be in [0, 1)",
        "--epochs 0     | option epochs is 0 but must be at least 1",
        "--threads 0    | option threads is 0 but must be at least 1",
        "--held-out 1.5 | option held-out is 1.5 but must be a fraction between 0 and 1",
      })
  void optionsOutOfRange(String option, String sentence) {
    String[] words = option.split(" ");
    assertRefused(train("--data", data(), words[0], words[1]), sentence);
  }

  @ParameterizedTest
  @ValueSource(strings = {"evaluate --model m", "classify p.png --model m", "summary", "bench"})
  void unknownFormOfWeights(String command) {
    assertRefused(
        Vgg.run((Object[]) (command + " --fc-weights int8").split(" ")),
        "option fc-weights is 'int8' but must be fp32 or bf16");
  }

  @Test
  void roundedWeightsInTraining() {
    assertRefused(
        Vgg.run("bench", "--pass=train", "--fc-weights=fp32,bf16"),
        "option fc-weights bf16 is for the forward pass, which option pass leaves out");
  }

  @Test
  void unknownKeyInTheYaml() throws IOException {
    for (String key : List.of("epoch", "out-dir", "config", "--lr", "Epochs")) {
      Path yaml = file("options.yaml", "lr: 0.1\n" + key + ": 3\n");
      assertRefused(
          train("--config", yaml, "--data", data()),
          yaml
              + ": unknown key '"
              + key
              + "': the keys are the options of vgg train without dashes, see vgg train --help");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "- 1          | {} must hold lines like 'epochs: 20', one per option",
        "just words   | {} must hold lines like 'epochs: 20', one per option",
        "''           | {} must hold lines like 'epochs: 20', one per option",
        "lr: [1, 2]   | {}: key 'lr' must have a single value",
        "lr:          | {}: key 'lr' must have a single value",
      })
  void yamlOfAnotherForm(String text, String sentence) throws IOException {
    Path yaml = file("options.yaml", text);
    assertRefused(train("--config", yaml), sentence.replace("{}", yaml.toString()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"lr: [1,", "lr: 1\n  epochs: 2\n", "\tlr: 1", "lr: 1\nlr: 2\n"})
  void badYaml(String text) throws IOException {
    Path yaml = file("options.yaml", text);
    Vgg vgg = train("--config", yaml);
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.err()).startsWith("vgg: " + yaml + " is not YAML: line ");
    assertThat(vgg.err()).doesNotContain("\tat ");
  }

  @Test
  void missingYaml() {
    Path nowhere = root.resolve("nowhere.yaml");
    assertRefused(
        train("--config", nowhere),
        "cannot read " + nowhere + ": there is no such file (option config)");
  }

  @Test
  void valueInTheYamlThatIsNoNumber() throws IOException {
    Path yaml = file("options.yaml", "lr: fast\n");
    Vgg vgg = train("--config", yaml, "--data", data());
    assertThat(vgg.exitCode()).isNotZero();
    assertThat(vgg.err()).startsWith("vgg: " + yaml + ": option lr is fast but must be a number");
  }

  @Test
  void diverging() {
    Vgg vgg =
        train(
            "--data",
            data(),
            "--lr",
            "1e6",
            "--epochs",
            "50",
            "--batch",
            "16",
            "--schedule=paper",
            "--patience=50");
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.err()).startsWith("vgg: training diverged: the loss at step ");
    assertThat(vgg.err()).contains("Lower option lr (it is 1000000.0)");
  }

  /** Room for the models and the checkpoint of one epoch, but not for another copy beside them. */
  @Test
  void fullDisk() throws IOException {
    Path disk = root.resolve("disk");
    long samples = Files.size(model().resolveSibling("../samples.png"));
    int kilobytes = (int) ((4.5 * Files.size(model()) + samples) / 1024) + 36;
    try (SmallDisk mounted = SmallDisk.mount(disk, kilobytes)) {
      assertThat(mounted).isNotNull();
      Vgg vgg =
          Vgg.run(
              "train",
              "--data",
              data(),
              "--out",
              disk.resolve("run"),
              "--width=0.03",
              "--epochs=2");
      Path last = disk.resolve("run/last/model.safetensors");
      assertThat(vgg.exitCode()).isEqualTo(1);
      assertThat(vgg.err().strip())
          .startsWith("vgg: cannot write " + disk.resolve("run"))
          .endsWith(
              "/model.safetensors: No space left on device; an older file of that name is kept");
      assertThat(Vgg.run("evaluate", "--model", last, "--data", data()).exitCode()).isZero();
      assertThat(last.resolveSibling("model.safetensors.tmp")).doesNotExist();
    }
  }

  @Test
  void fullDiskWhileExporting() throws IOException {
    Path disk = root.resolve("disk");
    try (SmallDisk mounted = SmallDisk.mount(disk, 16)) {
      assertThat(mounted).isNotNull();
      Vgg vgg = Vgg.run("data", "export", "--data", data(), "--out", disk.resolve("samples"));
      assertThat(vgg.exitCode()).isEqualTo(1);
      assertThat(vgg.err()).contains("No space left on device").contains(disk.toString());
      assertThat(vgg.err().lines()).hasSize(1);
    }
  }
}
