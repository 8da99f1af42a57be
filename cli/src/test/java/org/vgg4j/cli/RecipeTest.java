package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vgg4j.weights.ModelFile;

class RecipeTest {
  @TempDir static Path shared;
  private static Path data;

  @TempDir Path root;

  @BeforeAll
  static void pictures() throws IOException {
    data = Pictures.writeParts(shared.resolve("pets"));
  }

  private Path recipe(String... lines) throws IOException {
    return Files.write(root.resolve("recipe.yaml"), List.of(lines));
  }

  private Path threeStages() throws IOException {
    return recipe(
        "common:",
        "  data: " + data,
        "  width: 0.03",
        "  batch: 16",
        "  epochs: 1",
        "stages:",
        "  A: {arch: A}",
        "  B: {arch: B, init: 'from-stage:A', lr: 1e-30}",
        "  B-large:",
        "    arch: B",
        "    init: from-stage:B",
        "    scale: 48",
        "    lr: 1e-30");
  }

  private Map<?, ?> config(String stage) throws IOException {
    return new YAMLMapper()
        .readValue(root.resolve("out").resolve(stage).resolve("config.yaml").toFile(), Map.class);
  }

  private ModelFile model(String stage) {
    return ModelFile.read(root.resolve("out").resolve(stage).resolve("best/model.safetensors"));
  }

  /**
   * The number of epochs that fit is known before the stage whose weights it begins with has run.
   */
  @Test
  void aStageWithATimeIsTried() throws IOException {
    Path file =
        recipe(
            "common: {data: " + data + ", width: 0.03, schedule: cosine}",
            "stages:",
            "  A: {epochs: 1}",
            "  B: {init: 'from-stage:A', time: 10m}");
    Vgg vgg = Vgg.run("train", "--recipe", file, "--out", root.resolve("out"), "--dry-run");
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    assertThat(vgg.out())
        .containsPattern("an epoch takes about [\\d.]+ s here, so [\\d,]+ epochs fit in 600s")
        .contains("Nothing is in the way of 2 stages");
  }

  @Test
  void stagesBeginWithTheWeightsOfEarlierOnes() throws IOException {
    Path file = threeStages();
    Vgg vgg = Vgg.run("train", "--recipe", file, "--out", root.resolve("out"), "--momentum=0.5");
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    assertThat(vgg.out())
        .contains("Stage A")
        .contains("Stage B-large")
        .contains("weights of conv1_1, conv2_1, conv3_1, conv3_2, fc6, fc7, fc8 from ");
    assertThat(config("B").get("init"))
        .isEqualTo("from:" + root.resolve("out/A/best/model.safetensors"));
    assertThat(config("B-large").get("scale")).isEqualTo(48);
    assertThat(config("B-large").get("momentum")).as("typed for all").isEqualTo(0.5);
    assertThat(model("B").arrays().get("classifier.3.weight"))
        .isEqualTo(model("A").arrays().get("classifier.3.weight"));
    assertThat(model("B-large").arrays().get("features.2.weight"))
        .isEqualTo(model("B").arrays().get("features.2.weight"));

    // the same again: nothing is left to do; and one stage resumed
    byte[] last = Files.readAllBytes(root.resolve("out/B-large/last/model.safetensors"));
    Files.delete(root.resolve("out/B-large/provenance.json"));
    Vgg again = Vgg.run("train", "--recipe", file, "--out", root.resolve("out"), "--momentum=0.5");
    assertThat(again.exitCode()).as(again.err()).isZero();
    assertThat(again.out())
        .contains("Stage A is finished")
        .contains("Stage B is finished")
        .contains("Resuming in epoch 2 after 3 steps.");
    assertThat(Files.readAllBytes(root.resolve("out/B-large/last/model.safetensors")))
        .isEqualTo(last);

    // another option, and the finished stages would not be what is asked for
    Vgg other = Vgg.run("train", "--recipe", file, "--out", root.resolve("out"), "--momentum=0.6");
    assertThat(other.exitCode()).isEqualTo(1);
    assertThat(other.err())
        .contains("out/A has option momentum 0.5, and stage A now 0.6: give another folder");
    Path here = Path.of("").toAbsolutePath().relativize(root.resolve("out").toAbsolutePath());
    Vgg relative = Vgg.run("train", "--recipe", file, "--out", here, "--momentum=0.5");
    assertThat(relative.exitCode()).as(relative.err()).isZero();

    // where a stage begins with another one's weights, both may be moved, and named from anywhere
    Path moved = Files.move(root.resolve("out"), root.resolve("moved"));
    Vgg there = Vgg.run("train", "--recipe", file, "--out", moved, "--momentum=0.5");
    assertThat(there.exitCode()).as(there.err()).isZero();
    assertThat(there.out()).contains("Stage B is finished").doesNotContain("epoch 1/");
  }

  /** Also where it has learnt nothing yet, as one that was stopped in its first look. */
  @Test
  void aStageThatHasBegunKeepsItsOptions() throws IOException {
    Path file = recipe("common: {data: " + data + ", width: 0.03}", "stages:", "  A: {epochs: 1}");
    Path out = root.resolve("looked");
    Object[] half = {"train", "--recipe", file, "--out", out, "--momentum=0.5"};
    assertThat(Vgg.run(half).exitCode()).isZero();
    Files.delete(out.resolve("A/provenance.json"));
    Files.delete(out.resolve("A/last/checkpoint.safetensors"));
    Vgg other = Vgg.run("train", "--recipe", file, "--out", out, "--momentum=0.6");
    assertThat(other.exitCode()).isEqualTo(1);
    assertThat(other.err()).contains("A has option momentum 0.5, and stage A now 0.6");
    assertThat(Vgg.run(half).exitCode()).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "stage: {A: {}} | unknown key 'stage': a recipe has 'common' and 'stages'",
        "common: {epochs: 2} | 'stages' must hold names with options",
        "stages: [A, B] | 'stages' must hold names with options",
        "stages: {A: {arch: A}, B: {epoch: 3}} | stage B: unknown key 'epoch'",
        "stages: {A: 3} | stage A must hold options",
        "stages: {a/b: {}} | stage a/b: a stage is also a folder",
        "stages: {A: {init: 'from-stage:B'}, B: {}} | stage A: init names stage 'B', but the stages"
            + " before are []",
        "stages: {A: {epochs: many}} | stage A: option epochs is many but must be a whole number",
        "stages: {A: {}, B: {epochs: 0}} | option epochs is 0 but must be at least 1",
        "stages: {A: {}, B: {freeze: fc9}} | stage B: option freeze is fc9 but must be features",
        "stages: {A: {resume: x}} | stage A: unknown key 'resume'",
      })
  void mistakesAreFoundBeforeAnythingRuns(String content, String sentence) throws IOException {
    Vgg vgg = Vgg.run("train", "--recipe", recipe(content), "--out", root.resolve("out"));
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.err()).startsWith("vgg: ").contains(sentence);
    assertThat(root.resolve("out")).doesNotExist();
  }

  @Test
  void aRecipeNeedsAFolder() throws IOException {
    Vgg vgg = Vgg.run("train", "--recipe", threeStages());
    assertThat(vgg.exitCode()).isEqualTo(2);
    assertThat(vgg.err()).contains("--recipe needs --out DIR");
  }
}
