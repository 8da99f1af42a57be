package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluateCommandTest {
  @TempDir static Path shared;
  private static Trained trained;

  @TempDir Path root;

  @BeforeAll
  static void train() throws IOException {
    trained = Trained.in(shared);
  }

  private static Vgg evaluate(Path data, Object... options) {
    List<Object> args =
        new ArrayList<>(List.of("evaluate", "--model", trained.model(), "--data", data));
    args.addAll(List.of(options));
    return Vgg.run(args.toArray());
  }

  private static JsonNode json(Vgg vgg) throws IOException {
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    assertThat(vgg.err()).isEmpty();
    return new ObjectMapper().readTree(vgg.out());
  }

  @Test
  void jsonHasItsFields() throws IOException {
    JsonNode result = json(evaluate(trained.data(), "--json"));
    assertThat(result.get("networks")).hasSize(1);
    JsonNode network = result.get("networks").get(0);
    assertThat(network.get("model").textValue()).isEqualTo(trained.model().toString());
    assertThat(network.get("data").textValue()).isEqualTo("pets/test");
    assertThat(network.get("protocol").textValue()).isEqualTo("center-crop");
    assertThat(network.get("testScales").toString()).isEqualTo("[36]");
    assertThat(network.get("crop").intValue()).isEqualTo(32);
    assertThat(network.get("windowsPerImage").doubleValue()).isEqualTo(1);
    assertThat(network.get("largestMap").textValue()).isEqualTo("1x1");
    assertThat(network.get("relativeCost").doubleValue()).isEqualTo(1);
    assertThat(network.get("secondsPerImage").doubleValue()).isPositive();
    assertThat(result.get("top1Interval").get(0).doubleValue()).isCloseTo(0, within(1e-9));
    assertThat(result.get("top1Interval").get(1).doubleValue()).isBetween(29.0, 31.0);
    assertThat(result.get("calibrationError").doubleValue()).isBetween(0.0, 0.5);
    assertThat(result.get("images").intValue()).isEqualTo(9);
    assertThat(result.get("top1Error").doubleValue()).isZero();
    assertThat(result.get("top5Error").doubleValue()).isZero();
    assertThat(result.get("meanLoss").doubleValue()).isBetween(0.0, 0.5);
    assertThat(result.get("confusion").toString()).isEqualTo("[[3,0,0],[0,3,0],[0,0,3]]");
    assertThat(result.get("classes")).hasSize(3);
    JsonNode blue = result.get("classes").get(0);
    assertThat(blue.get("label").textValue()).isEqualTo("blue");
    assertThat(blue.get("images").intValue()).isEqualTo(3);
    assertThat(blue.get("top1Error").doubleValue()).isZero();
  }

  @Test
  void text() {
    Vgg vgg = evaluate(trained.data());
    assertThat(vgg.exitCode()).isZero();
    assertThat(vgg.out())
        .contains("pets/test: 9 images")
        .contains("center-crop, Q = 36, crop 32; 1.0 windows per image, score maps 1x1;")
        .contains("top-1 error 0.00 % (95 %: 0.00 to 29.91), top-5 error 0.00 %")
        .contains("is \\ taken for")
        .contains("2 red");
  }

  /** Images put into the wrong folders: every figure says so. */
  @Test
  void mistakesAreCounted() throws IOException {
    Random random = new Random(5);
    for (int i = 0; i < 3; i++) {
      Pictures.write(root.resolve("wrong/red").resolve(i + ".png"), 0, random);
    }
    Pictures.write(root.resolve("wrong/green/1.png"), 1, random);
    JsonNode result = json(evaluate(root.resolve("wrong"), "--json"));
    assertThat(result.get("top1Error").doubleValue()).isEqualTo(75.0);
    assertThat(result.get("top5Error").doubleValue()).isZero();
    assertThat(result.get("confusion").toString()).isEqualTo("[[0,0,0],[0,1,0],[3,0,0]]");
    assertThat(result.get("classes").get(0).get("top1Error").isNull()).isTrue();
    assertThat(result.get("classes").get(2).get("top1Error").doubleValue()).isEqualTo(100.0);
    assertThat(evaluate(root.resolve("wrong")).out()).contains("100.00 %").contains("75.00 %");
  }

  @Test
  void parts() throws IOException {
    assertThat(
            json(evaluate(trained.data(), "--json", "--split", "train")).get("images").intValue())
        .isEqualTo(48);
    assertThat(json(evaluate(trained.data(), "--json", "--split", "VAL")).get("images").intValue())
        .isEqualTo(12);
    assertThat(
            json(evaluate(trained.data(), "--json", "--split=test"))
                .get("networks")
                .get(0)
                .get("data")
                .textValue())
        .isEqualTo("pets/test");
  }

  @Test
  void testScaleAndBatchesAndThreads() throws IOException {
    JsonNode larger = json(evaluate(trained.data(), "--json", "--test-scales", "48"));
    assertThat(larger.get("networks").get(0).get("testScales").toString()).isEqualTo("[48]");
    double loss = json(evaluate(trained.data(), "--json")).get("meanLoss").doubleValue();
    assertThat(larger.get("meanLoss").doubleValue()).isNotEqualTo(loss);
    JsonNode one = json(evaluate(trained.data(), "--json", "--batch=1", "--threads=1"));
    assertThat(one.get("meanLoss").doubleValue()).isCloseTo(loss, within(1e-4));
  }

  @Test
  void protocolsFusionAndComparison() throws IOException {
    Path saved = root.resolve("dense.npy");
    JsonNode dense =
        json(
            evaluate(
                trained.data(),
                "--json",
                "--protocol=dense",
                "--test-scales=36,64,96",
                "--save-posteriors",
                saved));
    JsonNode network = dense.get("networks").get(0);
    assertThat(network.get("protocol").textValue()).isEqualTo("dense");
    assertThat(network.get("largestMap").textValue()).isEqualTo("3x3");
    assertThat(network.get("windowsPerImage").doubleValue()).isEqualTo(2 * (1 + 4 + 9));
    JsonNode crops =
        json(
            evaluate(
                trained.data(),
                "--json",
                "--protocol=multi-crop",
                "--test-scales=paper",
                "--fuse",
                saved,
                "--compare",
                saved));
    assertThat(crops.get("networks")).hasSize(2);
    assertThat(crops.get("networks").get(0).get("testScales").toString()).isEqualTo("[32,36,41]");
    assertThat(crops.get("networks").get(0).get("windowsPerImage").doubleValue()).isEqualTo(150);
    assertThat(crops.get("comparison").get("probability").doubleValue()).isBetween(0.0, 1.0);
    // of stored posteriors alone the same figures come again
    Vgg again = Vgg.run("evaluate", "--fuse", saved, "--json");
    assertThat(json(again).get("meanLoss")).isEqualTo(dense.get("meanLoss"));
    assertThat(Vgg.run("evaluate", "--fuse", saved + "," + saved, "--compare", saved).out())
        .contains("mean of the posteriors of")
        .contains("0 images only this one got right, 0 only that one; p = 1.00");
  }

  /** The second has perhaps seen the images, the first has not: that is not to be passed over. */
  @Test
  void notesOfEachNetworkAreSaid() throws IOException {
    Path animals = Pictures.writeParts(root.resolve("animals"));
    Path run = root.resolve("run");
    Vgg train =
        Vgg.run(
            "train", "--data", animals, "--out", run, "--width=0.03", "--epochs=1", "--batch=16");
    assertThat(train.exitCode()).as(train.err()).isZero();
    Path pets = Files.move(animals.resolve("train"), root.resolve("pets"));
    Path other = run.resolve("best/model.safetensors");
    String note = "pets is called like what the model was trained on";
    Vgg alone = Vgg.run("evaluate", "--model", other, "--data", pets);
    assertThat(alone.exitCode()).as(alone.err()).isZero();
    assertThat(alone.err()).doesNotContain(note);
    Vgg fused =
        Vgg.run(
            "evaluate",
            "--model",
            other,
            "--data",
            pets,
            "--fuse",
            trained.model() + "," + trained.model());
    assertThat(fused.err()).containsOnlyOnce(note);
  }

  @Test
  void gridAndMirrorImages() throws IOException {
    Path saved = root.resolve("grid.npy");
    JsonNode result =
        json(
            evaluate(
                trained.data(),
                "--json",
                "--protocol=multi-crop",
                "--grid=3",
                "--no-flip",
                "--save-posteriors",
                saved));
    JsonNode network = result.get("networks").get(0);
    assertThat(network.get("grid").intValue()).isEqualTo(3);
    assertThat(network.get("flip").booleanValue()).isFalse();
    assertThat(network.get("windowsPerImage").doubleValue()).isEqualTo(9);
    assertThat(Vgg.run("evaluate", "--fuse", saved).out())
        .contains("multi-crop (3x3 crops), no mirror images, Q = 36");
    Vgg noGrid = evaluate(trained.data(), "--grid=3");
    assertThat(noGrid.exitCode()).isEqualTo(1);
    assertThat(noGrid.err()).contains("protocol center-crop has no grid: leave out option grid");
    Vgg noFlip = evaluate(trained.data(), "--no-flip");
    assertThat(noFlip.exitCode()).isEqualTo(1);
    assertThat(noFlip.err()).contains("protocol center-crop has no mirror images");
    assertThat(json(evaluate(trained.data(), "--json", "--protocol=dense", "--flip"))).isNotNull();
  }

  @Test
  void damagedPicturesArePassedOver() throws IOException {
    Path data = Pictures.writeClasses(root.resolve("few"), 8, 5);
    Files.write(data.resolve("red/3.png"), new byte[] {1, 2, 3});
    Vgg text = evaluate(data);
    assertThat(text.exitCode()).as(text.err()).isZero();
    assertThat(text.out()).contains("few: 23 images, without 1 that cannot be read");
    assertThat(text.err())
        .contains("1 of the images cannot be read and is passed over:")
        .contains(data.resolve("red/3.png").toString());
    Path saved = root.resolve("few.npy");
    Vgg asJson = evaluate(data, "--json", "--save-posteriors", saved);
    JsonNode result = new ObjectMapper().readTree(asJson.out());
    assertThat(result.get("images").intValue()).isEqualTo(23);
    assertThat(result.get("unreadable").toString())
        .isEqualTo("[\"" + data.resolve("red/3.png") + "\"]");
    assertThat(new ObjectMapper().readTree(root.resolve("few.json").toFile()).get("ids"))
        .hasSize(23);
    assertThat(evaluate(data, "--max-unreadable=0").err())
        .contains("1 of the 24 images of few cannot be read, and none may be passed over");
    for (String file : List.of("red/4.png", "blue/0.png", "green/7.png")) {
      Files.write(data.resolve(file), new byte[] {1, 2, 3});
    }
    Vgg many = evaluate(data);
    assertThat(many.exitCode()).isEqualTo(1);
    assertThat(many.err())
        .contains("4 of the 24 images of few cannot be read, more than the 2")
        .contains("red/3.png", "red/4.png", "blue/0.png", "green/7.png");
    Vgg allowed = evaluate(data, "--max-unreadable=20%");
    assertThat(allowed.exitCode()).isZero();
    assertThat(allowed.err()).contains("4 of the images cannot be read and are passed over:");
  }

  /** Before the images are looked at, so that nothing is lost. */
  @Test
  void posteriorsThatCannotBeSavedAreRefusedAtOnce() throws IOException {
    Path none = root.resolve("no-data");
    assertThat(evaluate(none, "--save-posteriors", root.resolve("p.npz")).err())
        .contains("p.npz must end with .npy, since that is what NumPy reads");
    Path results = Files.writeString(root.resolve("results.json"), "{\"top1\": 3}\n");
    Vgg vgg = evaluate(none, "--json", "--save-posteriors", root.resolve("results.npy"));
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.err())
        .contains("results.json, which is written beside ")
        .contains("holds something else, and would be lost: give another name");
    assertThat(results).hasContent("{\"top1\": 3}\n");
    Path upper = root.resolve("P.NPY");
    assertThat(evaluate(trained.data(), "--save-posteriors", upper).exitCode()).isZero();
    assertThat(Vgg.run("evaluate", "--fuse", upper).exitCode()).isZero();
    assertThat(evaluate(trained.data(), "--save-posteriors", upper).exitCode()).isZero();
  }

  @Test
  void neitherModelNorPosteriors() {
    Vgg vgg = Vgg.run("evaluate", "--data", trained.data());
    assertThat(vgg.exitCode()).isEqualTo(2);
    assertThat(vgg.err()).contains("--model=FILE', or --fuse=FILE,FILE");
  }

  @Test
  void roundedWeightsAndWhatTheyCost() throws IOException {
    JsonNode exact = json(evaluate(trained.data(), "--json"));
    assertThat(exact.get("fcWeights").textValue()).isEqualTo("fp32");
    assertThat(exact.get("fcRoundingErrors")).isEmpty();
    JsonNode rounded = json(evaluate(trained.data(), "--json", "--fc-weights", "bf16"));
    assertThat(rounded.get("fcWeights").textValue()).isEqualTo("bf16");
    assertThat(rounded.get("fcRoundingErrors")).hasSize(3);
    assertThat(rounded.get("fcRoundingErrors").get("fc6").doubleValue()).isBetween(0x1p-10, 0x1p-9);
    assertThat(rounded.get("top1Error").doubleValue()).isZero();
    assertThat(rounded.get("meanLoss").doubleValue())
        .isNotEqualTo(exact.get("meanLoss").doubleValue())
        .isCloseTo(exact.get("meanLoss").doubleValue(), within(0.01));
    assertThat(evaluate(trained.data(), "--fc-weights=BF16").out().lines().toList().get(2))
        .matches(
            "weights rounded to bf16: fc6 by 0.1\\d\\d %, fc7 by 0.1\\d\\d %, fc8 by 0.1\\d\\d %"
                + " \\(root mean square\\)");
    assertThat(evaluate(trained.data()).out()).doesNotContain("bf16");
  }
}
