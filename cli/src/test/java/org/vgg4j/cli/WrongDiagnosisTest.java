package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One thing given for another is called what it is, and what is wanted is said. */
class WrongDiagnosisTest {
  /** An exception as text: it has the name of its Java class in front. */
  private static final Pattern CLASS_NAMES =
      Pattern.compile(
          "\\(\" \\+ e \\+|\\be\\.toString\\(\\)|formatted\\([^()]*(?<![.\\w])e\\)|: \" \\+ e[,)]");

  @TempDir static Path shared;
  private static Trained trained;
  private static Path run;

  @TempDir Path root;

  @BeforeAll
  static void train() throws IOException {
    trained = Trained.in(shared);
    run = trained.model().getParent().getParent();
  }

  private static Vgg evaluate(Object... more) {
    return Vgg.run(
        Stream.concat(
                Stream.of("evaluate", "--model", trained.model(), "--data", trained.data()),
                Stream.of(more))
            .toArray());
  }

  private static void assertSays(Vgg vgg, String sentence) {
    assertThat(vgg.err().lines()).containsExactly("vgg: " + sentence);
    assertThat(vgg.exitCode()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({"center-crop", "dense", "multi-crop"})
  void testScaleBeyondAllPictures(String protocol) {
    assertThat(evaluate("--protocol", protocol, "--test-scales", "100000").err())
        .startsWith("vgg: test scale Q = 100000 is too large: images of more than ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"256,,384", ",256", "256,", "256;384", "-256", "1e3"})
  void listsOfTestScales(String list) {
    assertThat(evaluate("--test-scales=" + list).err())
        .startsWith("vgg: option test-scales is " + list + " but must be numbers of pixels");
  }

  @Test
  void posteriorsThatAreNone() throws IOException {
    Path script = Files.writeString(root.resolve("t.sh"), "echo\n");
    String sentence =
        " holds no posteriors: give a .npy that has a .json of the same name beside it";
    assertSays(evaluate("--compare", script), script + sentence);
    assertSays(evaluate("--compare", trained.model()), trained.model() + sentence);
    Path nowhere = root.resolve("nowhere.npy");
    assertSays(evaluate("--compare", nowhere), "there is no file " + nowhere + ": check the path");
  }

  @Test
  void runFolderForAModel() throws IOException {
    Path picture = trained.data().resolve("test/red/0.png");
    assertSays(
        Vgg.run("classify", picture, "--model", run),
        run + " is a folder: give the model in it, " + run.resolve("best/model.safetensors"));
    Path best = run.resolve("best");
    assertSays(
        Vgg.run("finetune", "--data", trained.data(), "--model", best),
        best + " is a folder: give the model in it, " + best.resolve("model.safetensors"));
  }

  @Test
  void checkpointForAModel() {
    Path checkpoint = run.resolve("last/checkpoint.safetensors");
    String sentence =
        checkpoint
            + " is a checkpoint, from which a run continues, not a model: give the"
            + " model.safetensors beside it";
    assertSays(
        Vgg.run("classify", trained.data().resolve("test/red"), "--model", checkpoint), sentence);
    assertSays(Vgg.run("finetune", "--data", trained.data(), "--model", checkpoint), sentence);
  }

  @Test
  void pictureForOptions() {
    Path picture = trained.data().resolve("test/red/0.png");
    for (String option : List.of("--config", "--recipe")) {
      assertSays(
          Vgg.run("train", option, picture, "--out", root.resolve("out")),
          "cannot read "
              + picture
              + ": it is not UTF-8 text; "
              + option
              + " takes a YAML file (option "
              + option.substring(2)
              + ")");
    }
  }

  @Test
  void recipeForOptionsAndTheReverse() throws IOException {
    Path recipe = Files.writeString(root.resolve("r.yaml"), "stages:\n  A: {arch: A}\n");
    assertSays(
        Vgg.run("train", "--config", recipe),
        recipe + " is a recipe, of several runs: give it with --recipe and a folder for all");
    Path config = run.resolve("config.yaml");
    Vgg vgg = Vgg.run("train", "--recipe", config, "--out", root.resolve("out"));
    assertThat(vgg.err())
        .startsWith("vgg: " + config + ": unknown key ")
        .contains("the options of one run are for --config");
  }

  @Test
  void secondStartWithTheSameFolder() {
    assertSays(
        Vgg.run("train", "--data", trained.data(), "--out", run),
        "folder "
            + run
            + " holds a run already: resume it (option resume), or give another folder (option"
            + " out)");
  }

  /** The model's scale is for its own crop. */
  @Test
  void finetuneAtAnotherCrop() throws IOException {
    Path out = root.resolve("out");
    Vgg vgg =
        Vgg.run(
            "finetune",
            "--data",
            trained.data(),
            "--model",
            trained.model(),
            "--crop=48",
            "--max-steps=1",
            "--out",
            out);
    assertThat(vgg.err()).doesNotContain("vgg:");
    assertThat(vgg.exitCode()).isZero();
    // 48 x 1.143, rounded down
    assertThat(out.resolve("config.yaml")).content().contains("crop: 48", "scale: 54");
  }

  @ParameterizedTest
  @CsvSource({"d,D", "vgg11,A", "VGG13,B", "VGG16,D", "vgg-16,D", "vgg19_bn,E-BN", "VGG16-BN,D-BN"})
  void namesOfNetworks(String name, String label) {
    assertThat(Vgg.run("summary", "--arch", name).out()).startsWith("Network " + label + " (");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--patience 3                   | note: --patience is for --schedule paper, and has no"
            + " effect here",
        "--step-epochs 3                | note: --step-epochs is for --schedule step, and has no"
            + " effect here",
        "--init-rest he                 | note: --init-rest is for --init from:FILE, and has no"
            + " effect here",
        "--schedule paper --patience 3  | ''",
      })
  void optionsWithoutEffect(String options, String note) {
    String line = "train --width 0.03 --dry-run --data " + trained.data() + " " + options;
    Vgg vgg = Vgg.run((Object[]) line.split(" "));
    assertThat(vgg.exitCode()).isZero();
    assertThat(vgg.err().lines().filter(one -> one.startsWith("note:")).findFirst().orElse(""))
        .isEqualTo(note);
  }

  /** What goes wrong with a file has its words in AtomicFile.reason. */
  @ParameterizedTest
  @ValueSource(strings = {"core", "formats", "training", "cli"})
  void noMessageHasTheNameOfAnException(String module) throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("..", module, "src/main/java"))) {
      for (Path file : files.filter(one -> one.toString().endsWith(".java")).toList()) {
        if (!file.endsWith("RankOptions.java")) { // to another process, which looks for the words
          assertThat(CLASS_NAMES.matcher(Files.readString(file)).results().map(m -> m.group()))
              .as(file.toString())
              .isEmpty();
        }
      }
    }
  }
}
