package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vgg4j.ImageClassifier;
import org.vgg4j.Prediction;
import org.vgg4j.image.RgbImage;
import org.vgg4j.model.Task;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.TestModels;

/** A run whose pictures have several labels each, and what other commands make of it. */
class MultiLabelTest {
  private static final List<String> SMALL =
      List.of("--width=0.03", "--crop=32", "--batch=8", "--epochs=2", "--quiet");

  @TempDir static Path root;
  private static Path data;
  private static Path labels;
  private static Path run;
  private static Path model;
  private static Vgg trained;

  /** Each of three stripes of a picture is lit or not, as the bits of its number say. */
  @BeforeAll
  static void train() throws IOException {
    data = Files.createDirectories(root.resolve("stripes"));
    List<String> lines = new ArrayList<>(List.of("image,labels,part"));
    for (int i = 0; i < 48; i++) {
      byte[] pixels = new byte[3 * 32 * 32];
      List<String> shown = new ArrayList<>();
      for (int stripe = 0; stripe < 3; stripe++) {
        if ((i >> stripe & 1) == 1) {
          shown.add(List.of("top", "middle", "bottom").get(stripe));
          for (int at = 0; at < 3 * 32 * 8; at++) {
            pixels[3 * 32 * (2 + 10 * stripe) + at] = (byte) (150 + i);
          }
        }
      }
      new RgbImage(32, 32, pixels).writePng(data.resolve(i + ".png"));
      String part = i < 32 ? "train" : i < 40 ? "val" : "test";
      lines.add("%d.png,%s,%s".formatted(i, String.join("|", shown), part));
    }
    labels = Files.write(root.resolve("labels.csv"), lines);
    run = root.resolve("run");
    trained = vgg("train", "--data", data, "--multi-label", labels, "--out", run);
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

  private static Path constant(String name, float... scores) {
    Path file = root.resolve(name + ".safetensors");
    TestModels.constant(Task.LABELS, scores, "bottom", "middle", "top").write(file);
    return file;
  }

  @Test
  void theRunSaysHowGoodItIs() throws IOException {
    assertThat(trained.exitCode()).as(trained.err()).isZero();
    assertThat(trained.out()).contains("Best validation: mAP ", "Test: mAP ", " % on 8 images");
    assertThat(ModelFile.readWithoutArrays(model).architecture().task()).isEqualTo(Task.LABELS);
    String report = Files.readString(run.resolve("report.html"));
    assertThat(report)
        .contains("Validation, mAP", "<h2 id=\"classes-title\">Labels</h2>", "Test labels")
        .contains("mean average precision", "Worst mistakes")
        .doesNotContain("top-1");
    assertThat(json(Vgg.run("summary", "--model", model, "--json")).path("task").asText())
        .isEqualTo("labels");
  }

  @Test
  void resumedItHasNothingLeftToDo() throws IOException {
    Vgg again = Vgg.run("train", "--resume", run);
    assertThat(again.err() + again.out()).contains("finished");
    assertThat(Vgg.run("report", run).exitCode()).isZero();
    String page = Files.readString(run.resolve("report.html"));
    Path moved = root.resolve("moved.csv");
    Files.copy(labels, moved);
    Vgg report = Vgg.run("report", run, "--multi-label", moved);
    assertThat(report.exitCode()).as(report.err()).isZero();
    assertThat(run.resolve("report.html")).hasContent(page);
    Files.writeString(moved, Files.readString(moved).replace("1.png,top", "1.png,bottom"));
    assertThat(Vgg.run("report", run, "--multi-label", moved).err())
        .contains("have changed since: restore them, or say")
        .contains("(options data and multi-label)");
  }

  /** Precision and recall of a model that always says the same, by hand. */
  @Test
  void evaluateCountsByHand() throws IOException {
    Path constant = constant("constant", 2, -1, 0);
    JsonNode result =
        json(
            Vgg.run(
                "evaluate",
                "--model",
                constant,
                "--data",
                data,
                "--multi-label",
                labels,
                "--json"));
    // the test pictures, 40 to 47, have each combination once
    assertThat(result.path("images").asInt()).isEqualTo(8);
    assertThat(result.path("map").asDouble()).isEqualTo(50); // ties come together
    JsonNode bottom = result.path("classes").path(0);
    assertThat(bottom.path("label").asText()).isEqualTo("bottom");
    assertThat(bottom.path("shown").asInt()).isEqualTo(4);
    assertThat(bottom.path("precision").asDouble()).isEqualTo(50);
    assertThat(bottom.path("recall").asDouble()).isEqualTo(100);
    assertThat(result.path("classes").path(1).path("precision").isNull()).isTrue();
    assertThat(result.path("classes").path(1).path("recall").asDouble()).isZero();
    // 8 of 16 found ones are right, and 8 of 12 shown ones found
    assertThat(result.path("f1").asDouble()).isEqualTo(100 * 2 * 8 / (16.0 + 12));
    Vgg text = Vgg.run("evaluate", "--model", constant, "--data", data, "--multi-label", labels);
    assertThat(text.exitCode()).isZero();
    assertThat(text.out()).contains("mean average precision (mAP) 50.0 %", "middle");
    assertThat(
            json(Vgg.run(
                    "evaluate",
                    "--model",
                    model,
                    "--data",
                    data,
                    "--multi-label",
                    labels,
                    "--split=train",
                    "--json"))
                .path("images")
                .asInt())
        .isEqualTo(32);
  }

  /** Of the test pictures, 40 to 47, every second one shows the top stripe, and no other counts. */
  @Test
  void whatTheFileDoesNotSay() throws IOException {
    List<String> lists = new ArrayList<>(List.of("image,labels"));
    List<String> columns = new ArrayList<>(List.of("image,top"));
    for (int i = 40; i < 48; i++) {
      lists.add("%d.png,%s".formatted(i, i % 2 == 1 ? "top" : ""));
      columns.add("%d.png,%d".formatted(i, i % 2));
    }
    Path listed = Files.write(root.resolve("lists.csv"), lists);
    Path said = Files.write(root.resolve("columns.csv"), columns);
    String constant = constant("partial", 2, -1, 0).toString();
    JsonNode absent =
        json(
            Vgg.run(
                "evaluate",
                "--model",
                constant,
                "--data",
                data,
                "--multi-label",
                listed,
                "--json"));
    // bottom is found in all 8 and shown by none; 4 of 16 found ones are right
    assertThat(absent.path("classes").path(0).path("wronglyFound").asInt()).isEqualTo(8);
    assertThat(absent.path("f1").asDouble()).isEqualTo(100 * 2 * 4 / (16.0 + 4));
    Vgg unknown =
        Vgg.run("evaluate", "--model", constant, "--data", data, "--multi-label", said, "--json");
    JsonNode top = json(unknown);
    assertThat(top.path("classes").path(0).path("known").asInt()).isZero();
    assertThat(top.path("f1").asDouble()).isEqualTo(100 * 2 * 4 / (8.0 + 4));
    assertThat(unknown.err())
        .contains(
            "vgg: 2 of the model's 3 labels are not measured, since %s does not say which images show them, such as bottom"
                .formatted(said));
  }

  @Test
  void roundingAndUnreadableImagesAreReported() throws IOException {
    Path folder = Files.createDirectories(root.resolve("damaged"));
    for (int i = 40; i < 48; i++) {
      Files.copy(data.resolve(i + ".png"), folder.resolve(i + ".png"));
    }
    Files.writeString(folder.resolve("43.png"), "no picture");
    Object[] words = {
      "evaluate", "--model", model, "--data", folder, "--multi-label", labels, "--fc-weights=bf16"
    };
    List<Object> asked = new ArrayList<>(List.of(words));
    Vgg text = Vgg.run(asked.toArray());
    assertThat(text.exitCode()).as(text.err()).isZero();
    assertThat(text.out()).contains("7 images, without 1 that cannot be read, centre crop:");
    assertThat(text.out()).contains("weights rounded to bf16: fc6 by ");
    assertThat(text.err()).contains("1 of the images cannot be read and is passed over");
    asked.add("--json");
    JsonNode result = json(Vgg.run(asked.toArray()));
    assertThat(result.path("images").asInt()).isEqualTo(7);
    assertThat(result.path("unreadable").size()).isEqualTo(1);
    assertThat(result.path("unreadable").path(0).asText()).endsWith("43.png");
    assertThat(result.path("fcWeights").asText()).isEqualTo("bf16");
    assertThat(result.path("fcRoundingErrors").path("fc6").asDouble()).isPositive();
  }

  /** What is typed next is understood. */
  @Test
  void theHintsOfRunsAndSweepsNameTheLabels() throws IOException {
    Path sweep = Files.writeString(root.resolve("sweep.yaml"), "lr: [0.01, 0.02]\nepochs: 1\n");
    Object[] words = {
      "sweep", sweep, "--data", data, "--multi-label", labels, "--out", root.resolve("swept")
    };
    List<Object> args = new ArrayList<>(List.of(words));
    args.addAll(List.of("--width=0.03", "--crop=32", "--batch=8"));
    Vgg swept = Vgg.run(args.toArray());
    assertThat(swept.exitCode()).as(swept.err()).isZero();
    String hint =
        (swept.out() + swept.err())
            .lines()
            .filter(line -> line.contains(" evaluate --model "))
            .findFirst()
            .orElseThrow()
            .strip();
    assertThat(hint).endsWith(" --multi-label %s --split test".formatted(labels));
    Vgg next = Vgg.run((Object[]) hint.replaceFirst("^\\S+ ", "").split(" "));
    assertThat(next.exitCode()).as(next.err()).isZero();
    assertThat(next.out()).contains("mean average precision (mAP)");
  }

  @Test
  void classifyNamesWhatReachesTheThreshold() throws IOException {
    Path constant = constant("named", 2, -1, 0);
    Path picture = data.resolve("0.png");
    assertThat(Vgg.run("classify", picture, "--model", constant).out())
        .isEqualTo("%s%n   88.08 %%  bottom%n   50.00 %%  top%n".formatted(picture));
    assertThat(Vgg.run("classify", picture, "--model", constant, "--threshold=0.9").out())
        .isEqualTo(
            "%s%n  none of these (no label reaches 90.00 %%; the best, bottom, has 88.08 %%)%n"
                .formatted(picture));
    assertThat(Vgg.run("classify", picture, "--model", constant, "--csv").out().lines())
        .containsExactly(
            "file,rank,label,index,probability,shown",
            picture + ",1,bottom,0,0.880797,1",
            picture + ",2,top,2,0.500000,1",
            picture + ",3,middle,1,0.268941,0");
    JsonNode json =
        json(
            Vgg.run(
                "classify", picture, "--model", constant, "--json", "--threshold=0.6", "--top=2"));
    assertThat(json.path(0).path("labels").toString()).isEqualTo("[\"bottom\"]");
    assertThat(json.path(0).path("predictions").size()).isEqualTo(2);
    Vgg views = Vgg.run("classify", picture, "--model", constant, "--protocol=dense");
    assertThat(views.out()).contains("   88.08 %  bottom", "   50.00 %  top");
  }

  /** Programs get a probability for each label, which do not sum to 1. */
  @Test
  void programsGetAProbabilityOfEachLabel() {
    Path constant = constant("program", 2, -1, 0);
    try (ImageClassifier classifier = ImageClassifier.load(constant)) {
      assertThat(classifier.architecture().task()).isEqualTo(Task.LABELS);
      List<Prediction> predictions = classifier.classify(data.resolve("1.png"));
      assertThat(predictions).extracting(Prediction::label).startsWith("bottom", "top");
      assertThat(predictions.stream().mapToDouble(Prediction::probability).sum())
          .isGreaterThan(1.6);
    }
  }

  @Test
  void otherCommandsThatTakeIt() throws IOException {
    Path out = root.resolve("model.onnx");
    Vgg export = Vgg.run("export", out, "--model", model, "--sigmoid");
    assertThat(export.exitCode()).as(export.err()).isZero();
    assertThat(Files.readString(root.resolve("model.onnx.md")))
        .contains("of which an image may show several", "the sigmoid of its score")
        .contains("probabilities, = session.run");
    assertThat(Vgg.run("import", out, "--out", root.resolve("back.safetensors")).err())
        .contains("may find several labels in an image");
    Vgg map =
        Vgg.run("heatmap", data.resolve("1.png"), "--model", model, "--out", root.resolve("maps"));
    assertThat(map.exitCode()).as(map.err()).isZero();
    Vgg embed =
        Vgg.run("embed", data, "--model", model, "--out", root.resolve("rows.npy"), "--quiet");
    assertThat(embed.exitCode()).as(embed.err()).isZero();
    Path tuned = root.resolve("tuned");
    Vgg finetune =
        Vgg.run(
            "finetune",
            "--model",
            model,
            "--data",
            data,
            "--multi-label",
            labels,
            "--epochs=1",
            "--out",
            tuned,
            "--quiet");
    assertThat(finetune.exitCode()).as(finetune.err()).isZero();
    assertThat(
            ModelFile.readWithoutArrays(tuned.resolve("best/model.safetensors"))
                .architecture()
                .task())
        .isEqualTo(Task.LABELS);
    Vgg dry = vgg("train", "--data", data, "--multi-label", labels, "--dry-run");
    assertThat(dry.exitCode()).as(dry.err()).isZero();
    assertThat(dry.out()).contains("a score for each of the 3 labels, before its sigmoid");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      value = {
        "evaluate --model MODEL --data DATA ! was trained with --multi-label: say which classes",
        "evaluate --model MODEL --data DATA --multi-label LABELS --fuse MODEL ! --fuse is for"
            + " models",
        "evaluate --model MODEL --data DATA --multi-label LABELS --save-posteriors x.npy !"
            + " --save-posteriors is for models that name one class an image",
        "evaluate --model MODEL --data DATA --multi-label LABELS --protocol dense ! labels are"
            + " measured on the centre crop",
        "calibrate MODEL --data fashion-mini ! vgg calibrate needs a model that takes each for one",
        "export out.onnx --model MODEL --softmax ! take --sigmoid instead",
        "export out.safetensors --model MODEL --sigmoid ! are for .onnx",
        "export out.onnx --model PLAIN --sigmoid ! was not: leave it out",
        "evaluate --model PLAIN --data DATA --multi-label LABELS ! --multi-label is for models that"
            + " were trained with it",
        "train --data DATA --multi-label LABELS --sampling balanced ! option sampling is balanced",
        "train --data fashion-mini --multi-label LABELS ! fashion-mini is no folder",
        "train --data DATA --multi-label none.csv ! cannot read none.csv",
      })
  void sentences(String words, String sentence) {
    Path plain = root.resolve("plain.safetensors");
    TestModels.constant(new float[] {0, 1}, "a", "b").write(plain);
    Vgg vgg =
        Vgg.run(
            (Object[])
                words
                    .strip()
                    .replaceFirst("^train", "train --out " + root.resolve("refused"))
                    .replace("MODEL", model.toString())
                    .replace("PLAIN", plain.toString())
                    .replace("DATA", data.toString())
                    .replace("LABELS", labels.toString())
                    .split(" "));
    assertThat(vgg.exitCode()).isNotZero();
    assertThat(vgg.err()).contains(sentence.strip());
  }
}
