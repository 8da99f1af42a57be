package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.vgg4j.data.DataSplits;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Split;
import org.vgg4j.data.source.DataSources;
import org.vgg4j.image.RgbImage;

/** On the miniature ILSVRC that Python made in the formats of the real one. */
class IlsvrcCommandsTest {
  private static final Path GOLDENS = Path.of("../training/src/test/resources/goldens/ilsvrc");
  private static final Path RECIPES = Path.of("../recipes");

  /** The development kit's numbers, as make_goldens.py has them. */
  private static final List<String> WNID_OF_ID =
      List.of("", "n01443537", "n02119789", "n01440764", "n02100735");

  @TempDir static Path shared;
  private static Path model;

  @TempDir Path root;

  @BeforeAll
  static void train() throws IOException {
    copy(GOLDENS, shared);
    writeBoxes(shared.resolve("distributed"));
    model = train(shared.resolve("distributed"), shared.resolve("run"));
  }

  /** A box in each image, in ILSVRC's XML beside the archives of images. */
  private static void writeBoxes(Path data) throws IOException {
    DataSplits splits = DataSources.open(data.toString(), 0.1, 1);
    for (Dataset part : List.of(splits.train(), splits.validation())) {
      for (int i = 0; i < part.size(); i++) {
        String id = part.id(i).replace(".JPEG", "");
        String name = id.substring(id.lastIndexOf('/') + 1);
        String wnid = part.classNames().get(part.label(i)).substring(0, 9);
        String folder =
            name.startsWith("ILSVRC")
                ? "ILSVRC2012_bbox_val_v3/val"
                : "ILSVRC2012_bbox_train_v2/" + wnid;
        RgbImage image = part.image(i);
        Path file = data.resolve(folder).resolve(name + ".xml");
        Files.createDirectories(file.getParent());
        Files.writeString(
            file,
            """
            <annotation><filename>%s</filename><size><width>%d</width><height>%d</height></size>
            <object><name>%s</name><bndbox><xmin>3</xmin><ymin>2</ymin><xmax>%d</xmax><ymax>%d</ymax>
            </bndbox></object></annotation>
            """
                .formatted(
                    name,
                    image.width(),
                    image.height(),
                    wnid,
                    image.width() - 4,
                    image.height() - 5));
      }
    }
  }

  private static Path train(Path data, Path out) {
    Vgg vgg =
        Vgg.run(
            "train",
            "--data",
            data,
            "--arch",
            "A",
            "--width",
            "0.25",
            "--batch",
            "8",
            "--lr",
            "0.003",
            "--epochs",
            "14",
            "--schedule",
            "paper",
            "--dropout",
            "0.5",
            "--patience",
            "20",
            "--color-shift",
            "0",
            "--out",
            out);
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    return out.resolve("best/model.safetensors");
  }

  private static void copy(Path from, Path to) {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path target = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static double top1Error(Path data, Path network) throws IOException {
    return json(Vgg.run("evaluate", "--model", network, "--data", data, "--split", "val", "--json"))
        .get("top1Error")
        .asDouble();
  }

  private static JsonNode json(Vgg vgg) throws IOException {
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    return new ObjectMapper().readTree(vgg.out());
  }

  /** What one layout teaches is right in the other. */
  @Test
  void trainsAndEvaluatesWithRightLabels() throws IOException {
    assertThat(top1Error(shared.resolve("distributed"), model)).isLessThan(20);
    assertThat(top1Error(shared.resolve("kaggle"), model)).isLessThan(20);
    Path other = train(shared.resolve("kaggle"), root.resolve("run"));
    assertThat(top1Error(shared.resolve("distributed"), other)).isLessThan(20);
  }

  @Test
  void shuffledNumbersAreSeenInTheError() throws IOException {
    Path data = root.resolve("distributed");
    copy(shared.resolve("distributed"), data);
    Path kit = data.resolve("ILSVRC2012_devkit_t12/data");
    Files.createDirectories(kit);
    Process tar =
        new ProcessBuilder(
                "tar",
                "xzf",
                data.resolve("ILSVRC2012_devkit_t12.tar.gz").toString(),
                "-C",
                data.toString())
            .inheritIO()
            .start();
    assertThat(exitCode(tar)).isZero();
    Files.delete(data.resolve("ILSVRC2012_devkit_t12.tar.gz"));
    Path truth = kit.resolve("ILSVRC2012_validation_ground_truth.txt");
    List<String> shuffled = new ArrayList<>();
    for (String line : Files.readAllLines(truth)) {
      shuffled.add(Integer.toString(Integer.parseInt(line) % 4 + 1));
    }
    assertThat(top1Error(data, model)).isLessThan(20);
    Files.write(truth, shuffled);
    assertThat(top1Error(data, model)).isGreaterThan(80);
  }

  private static int exitCode(Process process) {
    try {
      return process.waitFor();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Both forms name, for each image, the same classes; first the right one, as Python knows it. */
  @Test
  void submissions() throws IOException {
    Path kit = root.resolve("test.txt");
    Path kaggle = root.resolve("test.csv");
    Vgg one = submit(shared.resolve("distributed"), kit);
    assertThat(one.out())
        .contains("distributed/test: 8 images")
        .contains("test.txt: 8 images, 4 labels each; read again and checked")
        .doesNotContain("error");
    Vgg other = submit(shared.resolve("kaggle"), kaggle);
    assertThat(other.exitCode()).as(other.err()).isZero();
    List<String> truth = Files.readAllLines(GOLDENS.resolve("test-labels.txt"));
    List<String> lines = Files.readAllLines(kit);
    List<String> rows = Files.readAllLines(kaggle);
    assertThat(rows.get(0)).isEqualTo("ImageId,PredictionString");
    assertThat(rows).hasSize(9);
    int right = 0;
    for (int i = 0; i < 8; i++) {
      List<String> wnids =
          Arrays.stream(lines.get(i).split(" "))
              .map(id -> WNID_OF_ID.get(Integer.parseInt(id)))
              .toList();
      assertThat(wnids).hasSize(4).doesNotHaveDuplicates();
      assertThat(rows.get(i + 1))
          .isEqualTo(
              "ILSVRC2012_test_0000000"
                  + (i + 1)
                  + ","
                  + String.join(" ", wnids.stream().map(wnid -> wnid + " 0 0 1 1").toList()));
      right += wnids.get(0).equals(truth.get(i)) ? 1 : 0;
    }
    assertThat(right).isGreaterThanOrEqualTo(7);
  }

  private static Vgg submit(Path data, Path file) {
    Vgg vgg = Vgg.run("evaluate", "--model", model, "--data", data, "--submission", file);
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    return vgg;
  }

  @Test
  void submissionOfLabelledImagesAgreesWithTheirError() throws IOException {
    Path data = shared.resolve("distributed");
    Vgg vgg =
        Vgg.run(
            "evaluate",
            "--model",
            model,
            "--data",
            data,
            "--split",
            "val",
            "--submission",
            root.resolve("val.txt"),
            "--save-posteriors",
            root.resolve("val.npy"));
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    assertThat(vgg.out()).contains("its labels' error is 0.00 %").contains("top-5 error 0.00 %");
    // from what was stored, without the network
    Vgg again =
        Vgg.run(
            "evaluate",
            "--fuse",
            root.resolve("val.npy"),
            "--data",
            data,
            "--submission",
            root.resolve("again.txt"));
    assertThat(again.exitCode()).as(again.err()).isZero();
    assertThat(root.resolve("again.txt")).hasSameTextualContentAs(root.resolve("val.txt"));
  }

  /** Labels and boxes of a line belong together; the error is that of the file. */
  @Test
  void submissionsOfBoxes() throws IOException {
    Path data = shared.resolve("distributed");
    Path run = root.resolve("boxes");
    Vgg trained =
        Vgg.run(
            "localize",
            "train",
            "--from",
            model,
            "--data",
            data,
            "--batch=8",
            "--lr=0.001",
            "--epochs=2",
            "--out",
            run,
            "--quiet");
    assertThat(trained.exitCode()).as(trained.err()).isZero();
    Path file = root.resolve("val.txt");
    List<Object> words =
        List.of(
            "localize",
            "evaluate",
            "--data",
            data,
            "--split=val",
            "--labels",
            model,
            "--json",
            "--model",
            run.resolve("best/model.safetensors"),
            "--submission",
            file);
    Path blacklist = data.resolve("ILSVRC2014_clsloc_validation_blacklist.txt");
    Files.writeString(blacklist, "2\n5\n");
    try {
      List<Object> centre = new ArrayList<>(words.subList(0, 5));
      centre.addAll(List.of("--json", "--model", run.resolve("best/model.safetensors")));
      Vgg central = Vgg.run(centre.toArray());
      assertThat(central.err()).contains("2 blacklisted images do not count.");
      assertThat(json(central).get("networks").get(0).get("images").asInt()).isEqualTo(10);
    } finally {
      Files.delete(blacklist);
    }
    JsonNode found = json(Vgg.run(words.toArray()));
    assertThat(found.get("images").asInt()).isEqualTo(12);
    assertThat(found.get("submission").asText()).contains("12 images; read again and checked");
    List<String> lines = Files.readAllLines(file);
    assertThat(lines).hasSize(12).allSatisfy(line -> assertThat(line.split(" ")).hasSize(20));
    int wrong = 0;
    Dataset images = DataSources.openLabelled(data.toString(), Split.VAL, 0.1, 1);
    for (int i = 0; i < 12; i++) {
      RgbImage image = images.image(i);
      String wnid = images.classNames().get(images.label(i)).substring(0, 9);
      wrong += isRight(lines.get(i).split(" "), wnid, image.width(), image.height()) ? 0 : 1;
    }
    assertThat(found.get("localisationTop5Error").asDouble())
        .isCloseTo(100.0 * wrong / 12, within(1e-9));
  }

  /** By hand, in inclusive pixels, against the box that {@link #writeBoxes} gave each image. */
  private static boolean isRight(String[] words, String wnid, int width, int height) {
    for (int i = 0; i < words.length; i += 5) {
      int[] numbers = Arrays.stream(words, i, i + 5).mapToInt(Integer::parseInt).toArray();
      if (!WNID_OF_ID.get(numbers[0]).equals(wnid)) {
        continue;
      }
      int across = Math.min(numbers[3], width - 4) - Math.max(numbers[1], 3) + 1;
      int down = Math.min(numbers[4], height - 5) - Math.max(numbers[2], 2) + 1;
      double shared = Math.max(0, across) * Math.max(0, down);
      double own = (numbers[3] - numbers[1] + 1.0) * (numbers[4] - numbers[2] + 1.0);
      double truth = (width - 6.0) * (height - 6.0);
      return shared / (own + truth - shared) >= 0.5;
    }
    return false;
  }

  /** A submission has a line for each image, or is none. */
  @Test
  void submissionsPassOverNothing() throws IOException {
    Path data = root.resolve("kaggle");
    copy(shared.resolve("kaggle"), data);
    Path images = data.resolve("ILSVRC/Data/CLS-LOC");
    Path damaged = images.resolve("test/ILSVRC2012_test_00000003.JPEG");
    Files.write(damaged, new byte[9]);
    Path file = root.resolve("test.csv");
    Vgg vgg = Vgg.run("evaluate", "--model", model, "--data", data, "--submission", file);
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.err())
        .contains("1 of the 8 images of kaggle/test cannot be read, and none may be passed over")
        .contains(damaged.toString());
    assertThat(file).doesNotExist();
    List<Object> words =
        new ArrayList<>(
            List.of("evaluate", "--data", data, "--split=val", "--max-unreadable=1", "--model"));
    words.add(model);
    Path one;
    try (var all = Files.list(images.resolve("val"))) {
      one = all.sorted().findFirst().orElseThrow();
    }
    Files.write(one, new byte[9]);
    Path saved = root.resolve("val.npy");
    words.addAll(List.of("--save-posteriors", saved));
    vgg = Vgg.run(words.toArray());
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    vgg = Vgg.run("evaluate", "--fuse", saved, "--data", data, "--submission", file);
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.err()).contains("a submission needs a line for each image", one.toString());
    words.addAll(List.of("--submission", file));
    assertThat(Vgg.run(words.toArray()).err()).contains("leave out --max-unreadable");
    assertThat(file).doesNotExist();
  }

  @Test
  void whatCannotBeSubmittedIsASentence() {
    Path file = root.resolve("test.txt");
    Vgg kaggle =
        Vgg.run(
            "evaluate", "--model", model, "--data", shared.resolve("kaggle"), "--submission", file);
    assertThat(kaggle.exitCode()).isEqualTo(1);
    assertThat(kaggle.err())
        .contains("needs the numbers of the development kit, which is not beside the data");
    Vgg fashion =
        Vgg.run("evaluate", "--model", model, "--data", "fashion-mini", "--submission", file);
    assertThat(fashion.exitCode()).isEqualTo(1);
    assertThat(fashion.err()).contains("fashion-mini does not list its classes as ILSVRC does");
    assertThat(file).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"distributed", "kaggle"})
  void inspect(String layout) throws IOException {
    Path sheet = root.resolve("sheet.png");
    Vgg vgg = Vgg.run("data", "inspect", shared.resolve(layout), "--sheet", sheet, "--json");
    JsonNode found = json(vgg);
    assertThat(found.get("kind").asText()).contains("ILSVRC");
    assertThat(found.at("/parts/train/images").asInt()).isEqualTo(40);
    assertThat(found.at("/parts/train/classSizes/3").asInt()).isEqualTo(10);
    assertThat(found.at("/parts/val/shorterSides/smallest").asInt()).isBetween(40, 60);
    assertThat(found.at("/parts/test, unlabelled/images").asInt()).isEqualTo(8);
    assertThat(found.at("/parts/train/mean/red").asDouble()).isBetween(130.0, 140.0);
    assertThat(found.at("/parts/train/unreadable").size()).isZero();
    assertThat(ImageIO.read(sheet.toFile()).getHeight()).isEqualTo(4 * (28 + 98) + 2);
    Vgg text = Vgg.run("data", "inspect", shared.resolve(layout), "--sheet", sheet, "--limit", 5);
    assertThat(text.out())
        .contains("1 n01443537 goldfish           10    3")
        .contains("shows images of 4 classes of "); // their names are drawn
  }

  @Test
  void inspectNamesWhatCannotBeRead() throws IOException {
    Path data = Pictures.writeParts(root.resolve("pets"));
    Path broken;
    try (Stream<Path> files = Files.walk(data.resolve("train"))) {
      broken = files.filter(Files::isRegularFile).sorted().findFirst().orElseThrow();
    }
    Files.writeString(broken, "no picture");
    Vgg vgg = Vgg.run("data", "inspect", data, "--sheet", root.resolve("sheet.png"));
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    assertThat(vgg.out()).contains("unreadable in train:").contains(broken.toString());
  }

  static List<Path> recipes() throws IOException {
    try (Stream<Path> files = Files.list(RECIPES)) {
      return files.filter(file -> file.toString().contains("paper-")).sorted().toList();
    }
  }

  /** As they are but for width and batch, so that it takes seconds. */
  @ParameterizedTest
  @MethodSource("recipes")
  void dryRunOfEveryRecipe(Path recipe) throws IOException {
    Vgg vgg =
        Vgg.run(
            "train",
            "--recipe",
            recipe,
            "--data",
            shared.resolve("distributed"),
            "--width",
            0.05,
            "--batch",
            8,
            "--dry-run");
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    assertThat(vgg.out())
        .contains("data: distributed, 4 classes, 40 training and 12 validation images")
        .contains("Nothing is in the way");
    assertThat(Path.of("runs")).doesNotExist();
  }

  /** Recipes share runs by their names: what is called alike must be alike. */
  @Test
  void stagesOfOneNameAreOneRun() throws IOException {
    var stages = new TreeMap<String, String>();
    for (Path recipe : recipes()) {
      for (Recipe.Stage stage : Recipe.read(recipe, root).stages()) {
        String options = stage.options().toString();
        assertThat(stages.getOrDefault(stage.name(), options)).isEqualTo(options);
        stages.put(stage.name(), options);
      }
    }
    assertThat(stages.keySet())
        .containsExactly(
            "A",
            "A-LRN",
            "B",
            "B-5x5",
            "C-256",
            "C-384",
            "C-jitter",
            "D-256",
            "D-256-boxes",
            "D-384",
            "D-384-boxes",
            "D-jitter",
            "D-jitter-fc",
            "E-256",
            "E-384",
            "E-jitter");
  }

  @Test
  void recipesNeedTheData() {
    Vgg vgg = Vgg.run("train", "--recipe", RECIPES.resolve("paper-D.yaml"), "--dry-run");
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.err()).contains("there is no data set ILSVRC2012");
  }

  @Test
  void dryRunFindsWhatIsWrong() {
    Vgg vgg = Vgg.run("train", "--data", shared.resolve("kaggle"), "--scale", "20000", "--dry-run");
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.err()).contains("training scale 20000 is too large");
  }

  /** A stage's weights may come from one before it, and from nowhere else that is not there. */
  @Test
  void dryRunOfARecipeWithAWrongPath() throws IOException {
    Path recipe =
        Files.writeString(
            root.resolve("recipe.yaml"),
            "common: {width: 0.05}\nstages: {A: {arch: A}, B: {init: 'from:/no/such/file'}}\n");
    Vgg vgg = Vgg.run("train", "--recipe", recipe, "--dry-run");
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.err()).contains("/no/such/file");
  }

  @Test
  void plan() throws IOException {
    Vgg text = Vgg.run("plan", "--images-per-second", 5.25, "--machines", "1,4");
    assertThat(text.exitCode()).as(text.err()).isZero();
    assertThat(text.out())
        .contains("1,281,167 images, 74 epochs, batches of 256: 370,370 steps")
        .contains("209.0 d")
        .contains("14 to 21 days, which is 52 to 78 images/s")
        .contains("3.75 times as fast as one");
    JsonNode json = json(Vgg.run("plan", "--width", 0.05, "--crop", 32, "--machines", 2, "--json"));
    assertThat(json.get("imagesPerSecond").asDouble()).isPositive();
    JsonNode two = json.at("/machines/0");
    for (String field : List.of("trafficBytesPerStep", "extraSecondsPerStep", "days")) {
      assertThat(two.get(field).asDouble()).as(field).isPositive();
    }
    assertThat(two.get("waitSecondsPerStep").asDouble()).isNotNegative();
    assertThat(two.get("speedUp").asDouble()).isBetween(0.01, 2.0);
    assertThat(Vgg.run("plan", "--machines", ",").exitCode()).isEqualTo(2);
    Vgg wrong = Vgg.run("plan", "--images-per-second", 5, "--machines", 1000);
    assertThat(wrong.exitCode()).isEqualTo(1);
    assertThat(wrong.err()).contains("a batch of 256 cannot be divided over 1000 machines");
  }
}
