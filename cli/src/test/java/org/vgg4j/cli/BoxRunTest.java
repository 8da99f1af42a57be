package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.image.RgbImage;

/** A run that learns boxes, and what other commands make of it. */
class BoxRunTest {
  private static final List<String> SMALL =
      List.of("--width=0.03", "--crop=32", "--batch=8", "--epochs=2", "--lr=0.001", "--quiet");

  @TempDir static Path root;
  private static Path data;
  private static Path model;
  private static Vgg trained;

  @BeforeAll
  static void train() throws IOException {
    data = root.resolve("pets");
    List<String> lines = new ArrayList<>(List.of("file,label,xmin,ymin,xmax,ymax"));
    for (String file :
        List.of("train/cat", "train/dog", "val/cat", "val/dog", "test/cat", "test/dog")) {
      for (int i = 0; i < 8; i++) {
        byte[] pixels = new byte[3 * 40 * 40];
        Arrays.fill(pixels, 3 * 40 * (4 + i), 3 * 40 * (20 + 2 * i), (byte) 200);
        new RgbImage(40, 40, pixels).writePng(data.resolve(file).resolve(i + ".png"));
        String label = file.substring(file.indexOf('/') + 1);
        lines.add("%s/%d.png,%s,0,%d,40,%d".formatted(file, i, label, 4 + i, 20 + 2 * i));
      }
    }
    Files.write(data.resolve("boxes.csv"), lines);
    Path run = root.resolve("run");
    trained = vgg("localize", "train", "--data", data, "--out", run, "--json");
    model = run.resolve("best/model.safetensors");
  }

  /** Trains, or tries to, with options for a small network. */
  private static Vgg vgg(Object... words) {
    List<Object> args = new ArrayList<>(List.of(words));
    args.addAll(SMALL);
    return Vgg.run(args.toArray());
  }

  private static JsonNode json(Vgg vgg) throws IOException {
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    return new ObjectMapper().readTree(vgg.out());
  }

  @Test
  void resultForPrograms() throws IOException {
    JsonNode result = json(trained);
    for (String name :
        List.of("valBoxError", "valMeanOverlap", "testBoxError", "testMeanOverlap")) {
      assertThat(result.path(name).isNumber()).as(name).isTrue();
    }
    assertThat(result.path("report").asText())
        .isEqualTo(root.resolve("run/report.html").toString());
    assertThat(result.toString()).doesNotContain("Top1");
  }

  @Test
  void reportIsWrittenAgain() throws IOException {
    Path report = root.resolve("run/report.html");
    byte[] before = Files.readAllBytes(report);
    assertThat(new String(before, StandardCharsets.UTF_8))
        .contains("Worst boxes", "Right boxes", "Mean overlap");
    Files.delete(report);
    Vgg vgg = Vgg.run("report", root.resolve("run"));
    assertThat(vgg.err()).isEmpty();
    assertThat(Files.readAllBytes(report)).isEqualTo(before);
  }

  @Test
  void dryRunSpeaksOfBoxes() throws IOException {
    Vgg vgg = vgg("localize", "train", "--data", data, "--dry-run");
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    assertThat(vgg.out())
        .contains("its outputs: a box for each of the 2 classes", "Nothing is in the way")
        .doesNotContain("guessing");
    assertThat(
            json(vgg(
                    "localize", "train", "--data", data, "--regression=scr", "--dry-run", "--json"))
                .path("task")
                .asText())
        .isEqualTo("scr");
    assertThat(vgg("train", "--data", data, "--dry-run").out())
        .contains("its outputs: a score for each of the 2 classes", "(guessing: 0.693)");
  }

  @Test
  void summarySaysWhatTheOutputsAre() throws IOException {
    Vgg vgg = Vgg.run("summary", "--model", model);
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    assertThat(vgg.out())
        .contains(
            "Outputs: a box for each of the 2 classes, in their order. A box is four numbers:"
                + " centre x, centre y, width, height;");
    JsonNode summary = json(Vgg.run("summary", "--model", model, "--json"));
    assertThat(summary.path("task").asText()).isEqualTo("pcr");
    assertThat(summary.path("outputs").asInt()).isEqualTo(8);
    assertThat(summary.path("crop").asInt()).isEqualTo(32);
    assertThat(Vgg.run("summary", "--arch=A").out())
        .contains("Outputs: a score for each of the 1000 classes, before soft-max.");
    for (String other : List.of("--all", "--arch=A", "--classes=2")) {
      Vgg both = Vgg.run("summary", "--model", model, other);
      assertThat(both.exitCode()).isEqualTo(2);
      assertThat(both.err()).contains(other.split("=")[0] + " contradicts --model");
    }
  }

  @Test
  void cardSaysHowToReadTheOutputs() throws IOException {
    Path out = root.resolve("m.onnx");
    Vgg vgg = Vgg.run("export", out, "--model", model);
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    assertThat(Files.readString(root.resolve("m.onnx.md")))
        .contains(
            "## Output\n\n[N][8]: a box for each of the 2 classes, in their order (pcr). A box is"
                + " four numbers: centre x, centre y, width, height; each divided by 4, plus 0.5,"
                + " is a share of the crop's side",
            "boxes, = session.run");
  }

  @Test
  void softMaxOfBoxesIsRefused() {
    Path out = root.resolve("soft.onnx");
    Vgg vgg = Vgg.run("export", out, "--softmax", "--model", model);
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.err())
        .isEqualToIgnoringNewLines(
            "vgg: --softmax is for networks that classify, and "
                + model
                + " finds boxes: leave it out");
    assertThat(out).doesNotExist();
  }

  /** Its outputs would be taken for scores. */
  @Test
  void exportedBoxesAreNotImported() {
    Path out = root.resolve("exported.onnx");
    assertThat(Vgg.run("export", out, "--model", model).exitCode()).isZero();
    Vgg vgg = Vgg.run("import", out, "--out", root.resolve("in.safetensors"));
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.err())
        .isEqualToIgnoringNewLines(
            "vgg: "
                + out
                + " finds boxes and does not classify: use the model file that it was exported"
                + " from");
  }
}
