package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.vgg4j.train.TrainingConfig;
import picocli.CommandLine.Model.OptionSpec;

class TrainCommandTest {
  @TempDir static Path shared;
  private static Path data;

  @TempDir Path root;

  @BeforeAll
  static void pictures() throws IOException {
    data = Pictures.writeParts(shared.resolve("pets"));
  }

  /** Trains the smallest network for a moment, with more options. */
  private Vgg train(String out, Object... options) {
    List<Object> args = new ArrayList<>(List.of("train", "--out", root.resolve(out)));
    args.addAll(List.of(options));
    return Vgg.run(args.toArray());
  }

  private static Object[] tiny(Object... options) {
    List<Object> args =
        new ArrayList<>(List.of("--data", data, "--width", "0.03", "--batch", "16"));
    if (List.of(options).stream().anyMatch(one -> one.toString().startsWith("--batch"))) {
      args.subList(args.size() - 2, args.size()).clear(); // picocli takes an option once
    }
    args.addAll(List.of(options));
    return args.toArray();
  }

  private Path config(String... lines) throws IOException {
    return Files.write(root.resolve("options.yaml"), List.of(lines));
  }

  private Map<?, ?> resolved(String out) throws IOException {
    return new YAMLMapper().readValue(root.resolve(out).resolve("config.yaml").toFile(), Map.class);
  }

  private byte[] lastModel(String out) throws IOException {
    return Files.readAllBytes(root.resolve(out).resolve("last/model.safetensors"));
  }

  @Test
  void saysWhatItDoesAndWhatToTypeNext() throws IOException {
    Vgg vgg = train("run", tiny("--epochs", "2"));
    assertThat(vgg.err()).isEmpty();
    assertThat(vgg.exitCode()).isZero();
    Path model = root.resolve("run/best/model.safetensors");
    assertThat(vgg.out())
        .contains("Data pets: 48 training, 12 validation, 9 test images of 3 classes.")
        .contains("Network A (width 0.03, crop 32, 3 classes): ")
        .contains("S = 36, batch 16, 16 images at a time, at most 2 epochs, seed 1, ")
        .contains("Best validation: top-1 accuracy ")
        .contains("on 9 images that training never saw.")
        .contains("6 steps in ")
        .contains("  open " + root.resolve("run/report.html") + " in a browser")
        .contains("  vgg evaluate --model " + model + " --data " + data)
        .containsPattern("  vgg classify samples(-\\d)? --model " + model);
    assertThat(model).isRegularFile();
    assertThat(root.resolve("run/report.html")).content().contains("Worst mistakes");
    assertThat(root.resolve("run").toFile().list())
        .anyMatch(name -> name.startsWith("events.out.tfevents."));
    Map<?, ?> provenance =
        new ObjectMapper().readValue(root.resolve("run/provenance.json").toFile(), Map.class);
    assertThat(provenance.keySet())
        .map(String::valueOf)
        .contains("command", "host", "java", "processors", "started", "seconds");
    assertThat(provenance.get("command").toString()).startsWith("[train, --out, ");
  }

  /** Results and warnings remain. */
  @Test
  void quietly() throws IOException {
    Vgg first = train("first", tiny("--epochs", "1", "--class-weights", "auto", "-q"));
    assertThat(first.exitCode()).as(first.err()).isZero();
    assertThat(first.err()).isEmpty();
    assertThat(first.out().strip().lines())
        .hasSize(3)
        .allMatch(line -> line.matches("(Best validation|Test): .*|3 steps in .*"));
    Path model = root.resolve("first/best/model.safetensors");
    Vgg fine =
        Vgg.run(
            "finetune",
            "-q",
            "--model",
            model,
            "--data",
            data,
            "--batch",
            "auto",
            "--epochs",
            "1",
            "--no-test",
            "--out",
            root.resolve("fine"));
    assertThat(fine.exitCode()).as(fine.err()).isZero();
    assertThat(fine.err()).isEmpty();
    assertThat(fine.out().strip().lines()).hasSize(2);
    assertThat(root.resolve("fine/test.json")).doesNotExist();
    assertThat(resolved("fine").get("test")).isEqualTo(false);
  }

  /** The terminal, the report and provenance.json name one figure. */
  @Test
  void peakMemoryIsOneFigure() throws IOException {
    Vgg vgg = train("run", tiny("--epochs", "1"));
    Number bytes =
        (Number)
            new ObjectMapper()
                .readValue(root.resolve("run/provenance.json").toFile(), Map.class)
                .get("peakMemoryBytes");
    String megabytes = "%,.0f MB".formatted(bytes.doubleValue() / 1e6);
    assertThat(vgg.out()).contains(megabytes + " of memory at the peak");
    assertThat(root.resolve("run/report.html")).content().contains(megabytes + " at the peak");
  }

  /** What was chosen is what a resumed run has, and a run with its config.yaml. */
  @Test
  void aBatchThatIsChosen() throws IOException {
    Vgg vgg = train("run", "--data", data, "--width", "0.03", "--batch", "auto", "--epochs", "1");
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    assertThat(vgg.out())
        .contains("of 48 training images: option batch is 32 from now on; learning rates are not")
        .contains("batch 32, 32 images at a time");
    Vgg again = Vgg.run("train", "--resume", root.resolve("run"), "--batch", "auto");
    assertThat(again.exitCode()).as(again.err()).isZero();
    assertThat(again.out()).contains("is finished; its best model");
    assertThat(Vgg.run("train", "--resume", root.resolve("run"), "--batch", "32").err())
        .contains("a resumed run keeps its options: leave out --batch");
    assertThat(
            train("same", "--config", root.resolve("run/config.yaml"), "--batch=auto").exitCode())
        .isZero();
    assertThat(lastModel("same")).isEqualTo(lastModel("run"));
    assertThat(train("no", tiny("--batch", "auto", "--micro-batch", "8")).err())
        .isEqualTo(
            "vgg: option micro-batch is 8 but must be left out with batch auto, which is a single"
                + " micro-batch\n");
    Vgg tried = train("no", tiny("--batch=auto", "--dry-run", "--json"));
    assertThat(new ObjectMapper().readTree(tried.out()).get("batch").intValue()).isEqualTo(32);
    Vgg found = train("rates", tiny("--batch=auto", "--find-rate", "10"));
    assertThat(found.out()).contains("option batch is 32 from now on");
  }

  /** Also with long numbers; what is longer than a terminal's line cannot be read as a table. */
  @Test
  void epochsAreATableOfEightyColumns() throws IOException {
    Vgg vgg = train("run", tiny("--epochs", "2", "--schedule", "paper"));
    List<String> lines = vgg.out().lines().toList();
    int header = lines.indexOf("                 training             validation");
    assertThat(lines.get(header + 1).split(" +"))
        .containsExactly(
            "epoch", "rate", "loss", "accuracy", "loss", "accuracy", "images/s", "elapsed");
    assertThat(lines.get(header + 2)).matches(" +1 +1e-02 +\\d.*% +\\d.*% +\\d+ +\\d+ s  best");
    assertThat(lines.subList(header, header + 4)).allMatch(line -> line.length() <= 80);
  }

  @Test
  void balancedAccuracyTakesThePlaceOfAccuracyWhereItIsWatched() throws IOException {
    Vgg vgg = train("run", tiny("--epochs", "2", "--select", "balanced", "--stop-after", "1"));
    assertThat(vgg.exitCode()).isZero();
    List<String> lines = vgg.out().lines().toList();
    int header = lines.indexOf("                 training             validation");
    assertThat(lines.get(header + 1).split(" +"))
        .containsExactly(
            "epoch", "rate", "loss", "accuracy", "loss", "balanced", "images/s", "elapsed");
    String first = Files.readAllLines(root.resolve("run/recall.csv")).get(1);
    double balanced = Double.parseDouble(first.split(",")[1]);
    assertThat(lines.get(header + 2)).contains("%.1f %%".formatted(balanced));
    assertThat(vgg.out()).contains("Best validation: balanced accuracy ");
    assertThat(resolved("run").get("select")).isEqualTo("balanced");
    assertThat(resolved("run").get("stop-after")).isEqualTo(1);
    Vgg loss = train("loss", tiny("--epochs", "1", "--select", "loss"));
    assertThat(loss.out()).containsPattern("Best validation: loss \\d\\.\\d{4} \\(epoch 1\\)\\.");
  }

  @Test
  void findsALearningRateAndKeepsNothingElse() throws IOException {
    Vgg vgg = train("rates", tiny("--find-rate", "30", "--dropout", "0"));
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    assertThat(vgg.out())
        .containsPattern("(Suggested learning rate: --lr |No learning rate can be)");
    assertThat(root.resolve("rates").toFile().list())
        .containsExactlyInAnyOrder("rates.csv", "rates.html");
    List<String> lines = Files.readAllLines(root.resolve("rates/rates.csv"));
    assertThat(lines.get(0)).isEqualTo("step,rate,loss,smoothed_loss");
    assertThat(lines.get(1)).startsWith("1,1.000000e-05,");
    Vgg again = train("rates", tiny("--find-rate", "30", "--dropout", "0", "--json"));
    JsonNode result = new ObjectMapper().readTree(again.out());
    assertThat(result.get("steps").asInt()).isEqualTo(lines.size() - 1);
    assertThat(Files.readAllLines(root.resolve("rates/rates.csv"))).isEqualTo(lines);
    Vgg both = train("other", tiny("--find-rate", "--dry-run"));
    assertThat(both.exitCode()).isEqualTo(2);
    assertThat(both.err())
        .contains("--find-rate is for the options of one run: leave out --dry-run");
    Files.writeString(root.resolve("rates/notes.txt"), "mine");
    Vgg full = train("rates", tiny("--find-rate", "30"));
    assertThat(full.exitCode()).isEqualTo(1);
    assertThat(full.err()).contains("is not empty: give another folder (option out)");
  }

  @Test
  void jsonForPrograms() throws IOException {
    Vgg vgg = train("run", tiny("--epochs", "2", "--json"));
    assertThat(vgg.exitCode()).isZero();
    JsonNode result = new ObjectMapper().readTree(vgg.out());
    JsonNode written = new ObjectMapper().readTree(root.resolve("run/provenance.json").toFile());
    for (String key : List.of("steps", "seconds", "bestEpoch", "testTop1Error", "testTop5Error")) {
      assertThat(result.get(key)).as(key).isNotNull().isEqualTo(written.get(key));
    }
    assertThat(result.get("run").asText()).isEqualTo(root.resolve("run").toString());
    assertThat(result.get("finished").asBoolean()).isTrue();
    assertThat(result.get("valTop1Error").asDouble()).isBetween(0.0, 100.0);
    assertThat(Path.of(result.get("bestModel").asText())).isRegularFile();
    assertThat(Path.of(result.get("report").asText())).isRegularFile();
    assertThat(vgg.err()).contains("epoch", "Best validation:", "Next:");

    Vgg again = Vgg.run("train", "--resume", root.resolve("run"), "--json", "--quiet");
    assertThat(new ObjectMapper().readTree(again.out())).isEqualTo(result);
    assertThat(again.err()).isEmpty();
  }

  @Test
  void jsonOfATrialAndOfARecipe() throws IOException {
    JsonNode tried =
        new ObjectMapper().readTree(train("none", tiny("--dry-run", "--json", "-q")).out());
    assertThat(tried.get("trainImages").asInt()).isEqualTo(48);
    assertThat(tried.get("classes").asInt()).isEqualTo(3);
    assertThat(tried.get("steps").asInt()).isEqualTo(72);
    Path recipe =
        Files.writeString(
            root.resolve("recipe.yaml"),
            "common: {data: '%s', width: 0.03, epochs: 1}\nstages: {one: {arch: A}, two: {arch: A}}"
                .formatted(data));
    Vgg all = train("all", "--recipe", recipe, "--max-steps=1", "--json", "--quiet");
    assertThat(all.exitCode()).as(all.err()).isZero();
    JsonNode stages = new ObjectMapper().readTree(all.out()).get("stages");
    assertThat(stages.findValuesAsText("stage")).containsExactly("one", "two");
    assertThat(stages.get(1).get("steps").asInt()).isEqualTo(1);
  }

  @Test
  void quietlyOnlyResults() throws IOException {
    Vgg vgg = train("run", tiny("--epochs", "2", "-q"));
    assertThat(vgg.err()).isEmpty();
    assertThat(vgg.out().lines().filter(line -> !line.isEmpty()))
        .satisfiesExactly(
            line -> assertThat(line).startsWith("Best validation: top-1 accuracy "),
            line -> assertThat(line).startsWith("Test: top-1 accuracy "),
            line -> assertThat(line).startsWith("6 steps in ").endsWith(root.resolve("run") + "."));
  }

  @Test
  void defaults() throws IOException {
    assertThat(train("run", "--max-steps", "1", "--data", data, "--threads", "2").exitCode())
        .isZero();
    Map<String, Object> expected =
        new YAMLMapper()
            .readValue(
                """
                held-out: 0.1
                limit: 0
                flip: true
                arch: A
                width: 0.25
                crop: 32
                scale: 36
                color-shift: 0.1
                batch: 48 # of 64: there are no more images
                micro-batch: 48
                lr: 0.01
                lr-features: 0.0
                lr-head: 0.0
                momentum: 0.9
                weight-decay: 5.0E-4
                bias-decay: true
                dropout: 0.1
                init: glorot
                init-rest: glorot
                freeze: ""
                schedule: cosine
                patience: 2
                precision: auto
                step-epochs: ""
                warm-up: 0
                epochs: 24
                max-steps: 1
                seed: 1
                threads: 2
                device: auto
                checkpoint-every: 500
                max-unreadable: "auto"
                """,
                Map.class);
    expected.put("data", data.toString());
    assertThat(resolved("run")).isEqualTo(expected);
  }

  @Test
  void fileHoldsOptionsAndTheCommandLineWins() throws IOException {
    Path file =
        config(
            "data: " + data,
            "arch: B",
            "width: 0.02",
            "epochs: 1",
            "max-steps: 1",
            "lr: 3e-3",
            "flip: false",
            "bias-decay: false",
            "seed: 1152921504606846976",
            "batch: 8");
    assertThat(train("run", "--config", file, "--batch", "4", "--lr=0.002").exitCode()).isZero();
    assertThat(resolved("run").get("arch")).isEqualTo("B");
    assertThat(resolved("run").get("width")).isEqualTo(0.02);
    assertThat(resolved("run").get("batch")).isEqualTo(4);
    assertThat(resolved("run").get("lr")).isEqualTo(0.002);
    assertThat(resolved("run").get("flip")).isEqualTo(false);
    assertThat(resolved("run").get("bias-decay")).isEqualTo(false);
    assertThat(resolved("run").get("seed")).isEqualTo(1L << 60);
    assertThat(resolved("run").get("momentum")).isEqualTo(0.9);
  }

  @ParameterizedTest
  @CsvSource({
    "true, --flip, true",
    "true, --no-flip, false",
    "false, --flip, true",
    "false, --no-flip, false",
    "true, --seed=1, true",
    "false, --seed=1, false",
  })
  void switchesOfTheCommandLineWinToo(boolean inFile, String option, boolean expected)
      throws IOException {
    Path file = config("flip: " + inFile, "max-steps: 1", "data: " + data, "width: 0.02");
    assertThat(train("run", "--config=" + file, option).exitCode()).isZero();
    assertThat(resolved("run").get("flip")).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"--no-flip, flip", "--no-bias-decay, bias-decay"})
  void switchesWithoutFile(String option, String key) throws IOException {
    assertThat(train("off", tiny("--max-steps", "1", option)).exitCode()).isZero();
    assertThat(resolved("off").get(key)).isEqualTo(false);
    assertThat(train("on", tiny("--max-steps", "1", "--" + key)).exitCode()).isZero();
    assertThat(resolved("on").get(key)).isEqualTo(true);
  }

  @Test
  void scaleIsAMultipleOfTheCropUnlessGiven() throws IOException {
    assertThat(train("ratio", tiny("--crop", "64", "--max-steps", "1")).exitCode()).isZero();
    assertThat(resolved("ratio").get("scale")).isEqualTo(73);
    assertThat(train("pixels", tiny("--scale", "40", "--max-steps", "1")).exitCode()).isZero();
    assertThat(resolved("pixels").get("scale")).isEqualTo(40);
  }

  @Test
  void configOfARunRepeatsIt() throws IOException {
    assertThat(
            train("first", tiny("--no-flip", "--seed=5", "--threads=1", "--epochs=1")).exitCode())
        .isZero();
    Path config = root.resolve("first/config.yaml");
    assertThat(train("second", "--config", config, "--threads", "2").exitCode()).isZero();
    assertThat(lastModel("second")).isEqualTo(lastModel("first"));
    assertThat(train("third", "--config", config, "--seed", "6").exitCode()).isZero();
    assertThat(lastModel("third")).isNotEqualTo(lastModel("first"));
  }

  /** What is written can be read, and what can be given is written. */
  @Test
  void configAndCommandLineHaveTheSameKeys() throws IOException {
    assertThat(train("run", tiny("--max-steps", "1")).exitCode()).isZero();
    Set<String> expected = new TreeSet<>();
    for (OptionSpec option :
        Main.commandLine().getSubcommands().get("train").getCommandSpec().options()) {
      expected.add(option.longestName().substring(2));
    }
    expected.removeAll(
        Set.of(
            "config",
            "out",
            "resume",
            "recipe",
            "dry-run",
            "find-rate",
            "nproc",
            "timeout",
            "json",
            "quiet",
            "help",
            "version"));
    Set<String> always = TrainingConfig.DEFAULTS.options().keySet();
    expected.removeIf(
        key -> TrainingConfig.isKey(key) && !always.contains(key)); // where they are set
    assertThat(resolved("run").keySet())
        .map(String::valueOf)
        .containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void nonEmptyFolder() throws IOException {
    Files.createDirectories(root.resolve("run/last"));
    Vgg vgg = train("run", tiny());
    assertThat(vgg.exitCode()).isEqualTo(1);
    assertThat(vgg.err())
        .isEqualToIgnoringNewLines(
            "vgg: folder "
                + root.resolve("run")
                + " is not empty: give another folder (option out), or remove it first");
  }

  @Test
  void resumedRunKeepsItsOptions() throws IOException {
    assertThat(train("whole", tiny("--epochs", "2")).exitCode()).isZero();
    Vgg again = Vgg.run("train", "--resume", root.resolve("whole"));
    assertThat(again.exitCode()).isZero();
    assertThat(again.out()).startsWith("The run in " + root.resolve("whole") + " is finished");
    // as if it had been killed before its test images
    Files.delete(root.resolve("whole/provenance.json"));
    Vgg resumed = Vgg.run("train", "--resume", root.resolve("whole"), "--threads=1");
    assertThat(resumed.exitCode()).as(resumed.err()).isZero();
    assertThat(resumed.out())
        .contains("Resuming in epoch 3 after 6 steps.")
        .contains("Test: top-1");

    Vgg changed = Vgg.run("train", "--resume", root.resolve("whole"), "--lr=1");
    assertThat(changed.exitCode()).isEqualTo(2);
    assertThat(changed.err()).contains("a resumed run keeps its options: leave out --lr");
    Vgg none = Vgg.run("train", "--resume", root.resolve("nowhere"));
    assertThat(none.exitCode()).isEqualTo(1);
    assertThat(none.err()).startsWith("vgg: there is no run in " + root.resolve("nowhere"));
  }
}
