package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
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
    assertThat(result.get("model").textValue()).isEqualTo(trained.model().toString());
    assertThat(result.get("data").textValue()).isEqualTo("pets/test");
    assertThat(result.get("protocol").textValue()).isEqualTo("center-crop");
    assertThat(result.get("testScale").intValue()).isEqualTo(36);
    assertThat(result.get("crop").intValue()).isEqualTo(32);
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
        .contains("pets/test: 9 images, centre crop of 32 from Q = 36")
        .contains("top-1 error 0.00 %, top-5 error 0.00 %, mean loss 0.")
        .contains("is \\ taken for")
        .contains("2 red");
  }

  /** Pictures put into the wrong folders: every figure says so. */
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
    assertThat(json(evaluate(trained.data(), "--json", "--split=test")).get("data").textValue())
        .isEqualTo("pets/test");
  }

  @Test
  void testScaleAndBatchesAndThreads() throws IOException {
    JsonNode larger = json(evaluate(trained.data(), "--json", "--test-scales", "48"));
    assertThat(larger.get("testScale").intValue()).isEqualTo(48);
    double loss = json(evaluate(trained.data(), "--json")).get("meanLoss").doubleValue();
    assertThat(larger.get("meanLoss").doubleValue()).isNotEqualTo(loss);
    JsonNode one = json(evaluate(trained.data(), "--json", "--batch=1", "--threads=1"));
    assertThat(one.get("meanLoss").doubleValue()).isCloseTo(loss, within(1e-4));
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
