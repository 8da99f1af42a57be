package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {
  private static JsonNode json(String text) throws IOException {
    return new ObjectMapper().readTree(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "fly",
        "train --fly",
        "train --epochs",
        "train --epochs many",
        "evaluate",
        "classify",
        "classify picture.png",
        "classify picture.png --model m --json --csv",
        "summary --batch x",
        "data",
        "data export",
        "evaluate --model m --split half",
      })
  void wrongUsage(String line) {
    Vgg vgg = Vgg.run((Object[]) line.split(" "));
    assertThat(vgg.exitCode()).isEqualTo(2);
    assertThat(vgg.err().lines()).hasSizeBetween(2, 3);
    assertThat(vgg.err()).startsWith("vgg: ").contains("See vgg ", " --help for all ");
    assertThat(vgg.out()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "trian                  | unknown command 'trian'         | train",
        "predict x.png          | unknown command 'predict'       | classify",
        "infer x.png            | unknown command 'infer'         | classify",
        "test                   | unknown command 'test'          | evaluate",
        "eval --data d          | unknown command 'eval'          | evaluate",
        "fit                    | unknown command 'fit'           | train",
        "fine-tune              | unknown command 'fine-tune'     | finetune",
        "download               | unknown command 'download'      | models get",
        "data inspct            | unknown command 'data inspct'   | data inspect",
        "models fetch           | unknown command 'models fetch'  | models get",
        "help fly               | unknown command 'fly'           | ",
        "train --epoch 3        | unknown option '--epoch'        | --epochs",
        "train --epochs=3 --lrr | unknown option '--lrr'          | --lr",
        "train --batch-size 3   | unknown option '--batch-size'   | --batch",
        "train --batch_size=3   | unknown option '--batch_size=3' | --batch",
        "train --learning-rate 1| unknown option '--learning-rate'| --lr",
        "train -o x             | unknown option '-o'             | --out",
        "summary --nothing-near | unknown option '--nothing-near' | ",
        "classify x --modle m    | unknown option '--modle'        | --model",
        "train photos           | 'photos' belongs to no option, and train takes nothing else |"
            + " --data photos",
        "summary arch D         | 'arch' belongs to no option, and summary takes nothing else |"
            + " --arch",
      })
  void whatWasMeant(String line, String sentence, String meant) {
    Vgg vgg = Vgg.run((Object[]) line.split(" "));
    assertThat(vgg.exitCode()).isEqualTo(2);
    assertThat(vgg.err().lines()).hasSize(meant == null ? 2 : 3).startsWith("vgg: " + sentence);
    if (meant != null) {
      assertThat(vgg.err().lines().skip(1)).startsWith("Did you mean " + meant + "?");
    }
    assertThat(vgg.out()).isEmpty();
  }

  @Test
  void nothingIsTheUsage() {
    Vgg vgg = Vgg.run();
    assertThat(vgg.exitCode()).isEqualTo(2);
    assertThat(vgg.err())
        .startsWith("vgg: a command is missing")
        .contains("Usage: vgg", "classify");
  }

  @ParameterizedTest
  @CsvSource({
    "help,Usage: vgg [",
    "help train,Usage: vgg train ",
    "help data export,Usage: vgg data export ",
    "train --epochs 3 --help,Usage: vgg train ",
    "finetune --model nowhere --help,Usage: vgg finetune ",
    "version,vgg4j ",
  })
  void wordsForHelp(String line, String start) {
    Vgg vgg = Vgg.run((Object[]) line.split(" "));
    assertThat(vgg.exitCode()).isZero();
    assertThat(vgg.out()).startsWith(start);
    assertThat(vgg.err()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "summary --width NaN      | invalid value for option '--width': 'NaN' is not a number such"
            + " as 0.5 or 1e-3",
        "summary --width 1e999    | invalid value for option '--width': '1e999' is too large",
        "summary --width 0,5      | invalid value for option '--width': '0,5' is not a number such"
            + " as 0.5 or 1e-3",
        "train --epochs 3.7       | invalid value for option '--epochs': '3.7' is not a whole"
            + " number",
        "train --epochs ten       | invalid value for option '--epochs': 'ten' is not a whole"
            + " number",
        "train --epochs 1e99      | invalid value for option '--epochs': '1e99' is not a whole"
            + " number",
        "train --epochs 3000000000| invalid value for option '--epochs': '3000000000' is too large",
        "train --epochs 1 --epochs 2 | option '--epochs' (N) should be specified only once",
        "bench --batch 1,,2       | invalid value for option '--batch' (N): '' is not a whole"
            + " number",
        "train --out --epochs 3   | expected parameter for option '--out' but found '--epochs'",
      })
  void valuesThatAreNone(String line, String sentence) {
    Vgg vgg = Vgg.run((Object[]) line.split(" "));
    assertThat(vgg.exitCode()).isEqualTo(2);
    assertThat(vgg.err().lines().limit(1)).containsExactly("vgg: " + sentence);
    assertThat(vgg.err().lines()).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "classify x.png --model",
        "evaluate --model m --data",
        "evaluate --model m --test-scales",
        "train --data",
        "train --out",
        "train --arch",
        "finetune --data d --model",
        "data inspect",
        "import",
        "models get",
      })
  void nothingForAValue(String line) {
    List<String> words = new ArrayList<>(List.of(line.split(" ")));
    words.add("");
    Vgg vgg = Vgg.run(words.toArray());
    assertThat(vgg.exitCode()).isEqualTo(2);
    assertThat(vgg.err()).contains("empty");
    assertThat(vgg.err().lines()).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--help",
        "train --help",
        "evaluate --help",
        "classify --help",
        "summary --help",
        "data --help",
        "data export --help",
        "doctor --help"
      })
  void help(String line) {
    Vgg vgg = Vgg.run((Object[]) line.split(" "));
    assertThat(vgg.exitCode()).isZero();
    assertThat(vgg.out()).startsWith("Usage: vgg").doesNotContain("${");
    assertThat(vgg.err()).isEmpty();
  }

  @Test
  void version() {
    Vgg vgg = Vgg.run("--version");
    assertThat(vgg.exitCode()).isZero();
    assertThat(vgg.out()).startsWith("vgg4j ");
  }

  @Test
  void summary() {
    Vgg vgg = Vgg.run("summary", "--arch", "D");
    assertThat(vgg.exitCode()).isZero();
    assertThat(vgg.err()).isEmpty();
    assertThat(vgg.out())
        .contains("conv5_3", "FC-4096", "138,357,544 parameters", "Inference, 16 images")
        .contains("Training, 16 images");
  }

  @Test
  void summaryAsJson() throws IOException {
    Vgg vgg = Vgg.run("summary", "--arch", "d", "--json", "--threads", "1");
    assertThat(vgg.exitCode()).isZero();
    JsonNode network = json(vgg.out());
    assertThat(network.get("arch").textValue()).isEqualTo("D");
    assertThat(network.get("parameters").longValue()).isEqualTo(138_357_544L);
    assertThat(network.get("weightLayers").intValue()).isEqualTo(16);
    List<String> names = new ArrayList<>();
    long parameters = 0;
    for (JsonNode layer : network.get("layers")) {
      names.add(layer.get("name").textValue());
      parameters += layer.get("parameters").longValue();
    }
    assertThat(names)
        .containsExactly(
            ("conv1_1 conv1_2 pool1 conv2_1 conv2_2 pool2 conv3_1 conv3_2 conv3_3 pool3 conv4_1"
                    + " conv4_2 conv4_3 pool4 conv5_1 conv5_2 conv5_3 pool5 fc6 fc7 fc8")
                .split(" "));
    assertThat(parameters).isEqualTo(138_357_544L);
    JsonNode pool5 = network.get("layers").get(17);
    assertThat(pool5.get("output").toString()).isEqualTo("[512,7,7]");
    assertThat(pool5.get("receptiveField").intValue()).isEqualTo(212);
    assertThat(pool5.get("stride").intValue()).isEqualTo(32);
    assertThat(network.get("trainingBytes").isEmpty()).isFalse();
  }

  @Test
  void summaryWithRoundedWeights() throws IOException {
    String[] bf16 = {"summary", "--fc-weights=bf16", "--threads=1", "--json"};
    JsonNode rounded = json(Vgg.run((Object[]) bf16).out());
    JsonNode exact = json(Vgg.run("summary", "--threads=1", "--json").out());
    assertThat(exact.get("inferenceBytes").get("weights").longValue()).isEqualTo(4 * 138_357_544L);
    assertThat(rounded.get("inferenceBytes").get("weights").longValue()).isEqualTo(306_359_456L);
    assertThat(rounded.get("trainingBytes")).isEqualTo(exact.get("trainingBytes"));
    assertThat(Vgg.run("summary", "--fc-weights=bf16").out())
        .contains("Inference with bf16 fc weights, 16 images at a time");
  }

  @Test
  void summaryOfAll() throws IOException {
    Vgg vgg = Vgg.run("summary", "--all");
    assertThat(vgg.exitCode()).isZero();
    assertThat(vgg.out())
        .contains("132,863,336", "133,047,848", "134,503,528", "133,638,952", "138,357,544")
        .contains("143,667,240", "19 layers", "conv1-512", "conv5-64", "LRN");
    JsonNode all = json(Vgg.run("summary", "--all", "--json").out());
    assertThat(all.findValuesAsText("arch"))
        .containsExactly("A", "A-LRN", "B", "B-5x5", "C", "D", "E");
  }

  @Test
  void summaryOfOtherSizes() throws IOException {
    JsonNode network =
        json(
            Vgg.run(
                    "summary",
                    "--arch=A",
                    "--width=0.25",
                    "--crop=32",
                    "--classes=10",
                    "--json",
                    "--batch=4")
                .out());
    assertThat(network.get("crop").intValue()).isEqualTo(32);
    assertThat(network.get("classes").intValue()).isEqualTo(10);
    assertThat(network.get("layers").get(0).get("output").toString()).isEqualTo("[16,32,32]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--arch F     | there is no architecture 'F': choose one of A, A-LRN, B, B-5x5, C, D, E,"
            + " A-BN, B-BN, D-BN, E-BN",
        "--crop 31    | crop 31 is too small for the five 2x2 pools: the smallest legal crop is 32",
        "--width 0    | width 0.0 is not in (0, 8]: 1 is the paper's, 0.25 a quarter",
        "--classes 1  | a network needs at least two classes, not 1",
        "--batch 0    | option batch is 0 but must be at least 1",
        "--threads 0  | option threads is 0 but must be at least 1",
        "--micro-batch 17 | option micro-batch is 17 but must be from 1 to the batch, 16, or 0 for"
            + " all",
        "--micro-batch -1 | option micro-batch is -1 but must be from 1 to the batch, 16, or 0 for"
            + " all",
      })
  void summaryOfTheImpossible(String options, String sentence) {
    Vgg vgg = Vgg.run((Object[]) ("summary " + options).split(" "));
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.err()).isEqualToIgnoringNewLines("vgg: " + sentence);
    assertThat(vgg.out()).isEmpty();
  }

  /** Sizes beyond what Java's arrays hold are not answered with a stack trace. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--width 8         | 6,576,668,672",
        "--crop 20000      | 819,200,000,000",
        "--classes 2000000 | 8,192,000,000",
      })
  void summaryOfTheHuge(String options, String weights) {
    Vgg vgg = Vgg.run((Object[]) ("summary " + options).split(" "));
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.err().lines())
        .singleElement()
        .asString()
        .startsWith("vgg: network D (width ")
        .endsWith(
            "is too large: a layer of "
                + weights
                + " weights does not fit into a Java array; take a smaller width or crop, or fewer"
                + " classes");
  }

  @Test
  void summaryOfMicroBatches() throws IOException {
    JsonNode whole = json(Vgg.run("summary", "--json", "--batch=8").out());
    JsonNode parts = json(Vgg.run("summary", "--json", "--batch=32", "--micro-batch=8").out());
    assertThat(whole.get("microBatch").intValue()).isEqualTo(8);
    assertThat(parts.get("microBatch").intValue()).isEqualTo(8);
    assertThat(whole.get("trainingBytes").has("sums of gradients")).isFalse();
    ObjectNode rest = (ObjectNode) parts.get("trainingBytes");
    // of the convolutions; and what the three other layers read and gave, of 32 images
    assertThat(rest.remove("sums of gradients").longValue()).isEqualTo(4 * 14_714_688L);
    assertThat(rest.remove("factors of gradients").longValue()).isEqualTo(4 * 32 * 42_472L);
    assertThat(rest).isEqualTo(whole.get("trainingBytes"));
    assertThat(Vgg.run("summary", "--batch=32", "--micro-batch=8").out())
        .contains(
            "Inference, 32 images",
            "Training, 8 images",
            "sums of gradients ",
            "factors of gradients ");
  }

  @Test
  void memoryOfAHugeBatchIsNotNegative() {
    Vgg vgg = Vgg.run("summary", "--batch", "2000000000");
    assertThat(vgg.exitCode()).isZero();
    assertThat(vgg.out()).doesNotContainPattern("-[0-9,.]+ MB");
  }
}
