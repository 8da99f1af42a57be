package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** Every option that takes numbers, of every command, at the ends of what can be typed. */
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class NumberSweepTest {
  private static final Set<String> LISTS =
      Set.of("--scale", "--scale-ratio", "--step-epochs", "--test-scales", "--max-unreadable");

  /** Options that may have a value, by that value: they say in --help what it means. */
  private static final Map<String, Set<String>> MAY_BE =
      Map.of(
          "0",
          Set.of(
              "seed", // any number
              "color-shift",
              "weight-decay",
              "momentum",
              "label-smoothing",
              "mixup",
              "cutmix",
              "dropout",
              "warm-up", // none
              "stop-after", // never
              "train limit",
              "finetune limit",
              "sweep limit",
              "localize train limit",
              "reproduce images",
              "reproduce test-images",
              "reproduce localisation images",
              "reproduce localisation test-images", // all
              "lr-features",
              "lr-head", // that of all
              "train micro-batch",
              "finetune micro-batch",
              "localize train micro-batch",
              "sweep micro-batch",
              "summary micro-batch", // as many as memory allows, or all
              "min-overlap",
              "clip-gradients", // never
              "erase", // nothing
              "pad",
              "localize evaluate threshold", // nothing is merged but equal boxes
              "import crop", // as the weights have it
              "checkpoint-every", // at ends of epochs alone
              "serve port", // any free one
              "batch-delay", // none
              "max-unreadable"), // not one
          "-1",
          Set.of("seed"));

  @TempDir static Path root;
  private static Trained trained;
  private static TrainedBoxes boxes;

  @BeforeAll
  static void train() throws IOException {
    trained = Trained.in(root);
    Files.writeString(root.resolve("sweep.yaml"), "init: [glorot]\n");
    boxes = TrainedBoxes.in(root, trained);
  }

  private static List<List<String>> all() {
    List<List<String>> all = new ArrayList<>();
    collect(Main.commandLine(), "", all);
    return all;
  }

  /** Command, option and value of what is refused. */
  static Stream<List<String>> refused() {
    return all().stream().filter(which -> !may(which));
  }

  /** For each command and value, the options that may have it. */
  static Stream<List<List<String>>> accepted() {
    Map<String, List<List<String>>> together = new LinkedHashMap<>();
    for (List<String> which : all()) {
      if (may(which)) {
        together.computeIfAbsent(which.get(0) + which.get(2), key -> new ArrayList<>()).add(which);
      }
    }
    return together.values().stream();
  }

  private static boolean may(List<String> which) {
    Set<String> may = MAY_BE.getOrDefault(which.get(2), Set.of());
    String option = which.get(1).substring(2);
    return may.contains(option) || may.contains(which.get(0) + " " + option);
  }

  private static void collect(CommandLine line, String words, List<List<String>> all) {
    line.getSubcommands()
        .forEach((name, below) -> collect(below, (words + " " + name).strip(), all));
    for (OptionSpec option : line.getCommandSpec().options()) {
      Class<?> type =
          option.isMultiValue() && !option.auxiliaryTypes()[0].isArray()
              ? option.auxiliaryTypes()[0]
              : option.type();
      boolean number =
          Set.of(int.class, long.class, double.class).contains(type)
              || Number.class.isAssignableFrom(type);
      if (number || LISTS.contains(option.longestName())) {
        for (String value : List.of("0", "-1")) {
          all.add(List.of(words, option.longestName(), value));
        }
      }
    }
  }

  private static List<String> line(String command) {
    String model = trained.model().toString();
    String data = trained.data().toString();
    String picture = trained.data().resolve("test/red/0.png").toString();
    String out = root.resolve("out").toString();
    String line =
        switch (command) {
          case "train" -> "--width 0.03 --dry-run --data " + data;
          case "sweep" ->
              root.resolve("sweep.yaml")
                  + " --width 0.03 --dry-run --data "
                  + data
                  + " --out "
                  + out;
          case "finetune" -> "--dry-run --data " + data + " --model " + model;
          case "localize" -> picture + " --labels " + model + " --model " + boxes.model();
          case "localize train" ->
              "--dry-run --data " + data + " --boxes " + boxes.boxes() + " --from " + model;
          case "localize evaluate" ->
              "--data %s --boxes %s --labels %s --model %s"
                  .formatted(data, boxes.boxes(), model, boxes.model());
          case "report" -> trained.model().getParent().getParent().toString();
          case "evaluate" -> "--data " + data + " --model " + model;
          case "calibrate" -> model + " --data " + data;
          case "classify" -> picture + " --model " + model;
          case "embed" -> picture + " --model " + model + " --out " + out + "/e.npy";
          case "index" -> trained.data() + " --model " + model + " --out " + out + "/i.index";
          case "search" -> out + "/none.index " + picture;
          case "svm train" -> "rows.npy --out " + out + "/s.safetensors";
          case "svm evaluate" -> "rows.npy --svm " + out + "/s.safetensors";
          case "svm predict" -> picture + " --svm " + out + "/s.safetensors --model " + model;
          case "heatmap" -> picture + " --model " + model + " --out " + out + "/h.png";
          case "serve" -> "--dry-run --model " + model;
          case "summary" -> "--width 0.03 --crop 32 --classes 3";
          case "bench" -> "--width 0.03 --crop 32 --classes 3 --batch 1 --arch A";
          case "plan" ->
              "--width 0.03 --crop 32 --classes 3 --arch A --images-per-second 10 --batch 16";
          case "reproduce", "reproduce localisation" ->
              "--width 0.01 --data nowhere --out " + out + "/r";
          case "reproduce features" ->
              "--model %s --caltech-101 nowhere --out %s/r".formatted(model, out);
          case "import" -> picture + " --out " + out + "/m.safetensors";
          case "export" -> out + "/m.onnx --model " + model;
          case "data inspect" -> data;
          case "data export" -> "--data " + data + " --out " + out + "/x";
          default -> "";
        };
    List<String> words = new ArrayList<>(List.of(command.split(" ")));
    words.addAll(List.of(line.split(" ")));
    return words;
  }

  private static Vgg run(List<List<String>> options) {
    List<String> words = line(options.get(0).get(0));
    for (List<String> which : options) {
      int at = words.indexOf(which.get(1));
      if (at >= 0) {
        words.remove(at + 1);
        words.remove(at);
      }
    }
    options.forEach(which -> words.add(which.get(1) + "=" + which.get(2)));
    return Vgg.run(words.toArray());
  }

  @ParameterizedTest
  @MethodSource("refused")
  void oneSentence(List<String> which) {
    Vgg vgg = run(List.of(which));
    String option = which.get(1).substring(2);
    assertThat(vgg.err()).doesNotContain("error in vgg4j itself");
    assertThat(vgg.exitCode()).as(vgg.err()).isIn(1, 2);
    assertThat(vgg.err().lines().toList()).hasSizeBetween(1, 3);
    assertThat(vgg.err()).startsWith("vgg: ");
    assertThat(vgg.err().replace('-', ' ')).containsAnyOf(option.replace('-', ' '), "test scale Q");
  }

  /** All of a command's at once: dry runs, which measure, take seconds each. */
  @ParameterizedTest
  @MethodSource("accepted")
  void whatIsAccepted(List<List<String>> options) {
    Vgg vgg = run(options);
    assertThat(vgg.err()).doesNotContain("error in vgg4j itself");
    for (List<String> which : options) {
      assertThat(vgg.err()).doesNotContain("option " + which.get(1).substring(2) + " ");
    }
  }
}
