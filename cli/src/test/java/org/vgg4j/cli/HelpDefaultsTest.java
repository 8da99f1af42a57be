package org.vgg4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.vgg4j.model.Configuration;
import org.vgg4j.weights.TestModels;
import picocli.CommandLine;

/** What the help of a training command says of defaults is what its runs take. */
class HelpDefaultsTest {
  private static final Pattern OPTION =
      Pattern.compile("(?m)^ {1,6}(?:-., )?--(\\[no-\\])?([a-z-]+)");
  private static final Pattern DEFAULT = Pattern.compile("\\(default: ([^()]*)\\)");

  /** Options whose defaults are told in words that do not depend on the command. */
  private static final List<String> IN_WORDS =
      List.of("head", "pooling", "step-epochs", "freeze", "max-steps", "threads", "max-unreadable");

  private static final List<String> OF_MODEL =
      List.of("arch", "width", "crop", "scale", "flip", "init");

  @TempDir Path root;

  /** By the options' names. */
  private static Map<String, String> printed(String... command) {
    String[] words = List.of(command).toArray(new String[command.length + 1]);
    words[command.length] = "--help";
    Vgg vgg = Vgg.run((Object[]) words);
    assertThat(vgg.exitCode()).as(vgg.err()).isZero();
    Map<String, String> defaults = new LinkedHashMap<>();
    Matcher option = OPTION.matcher(vgg.out());
    int begin = option.find() ? option.start() : vgg.out().length();
    while (begin < vgg.out().length()) {
      String name = option.group(2);
      int end = option.find() ? option.start() : vgg.out().length();
      Matcher text = DEFAULT.matcher(vgg.out().substring(begin, end).replaceAll("\\s+", " "));
      if (text.find()) {
        defaults.put(name, text.group(1));
      }
      begin = end;
    }
    return defaults;
  }

  /** The options of the configuration that a command line makes. */
  private static Map<String, Object> taken(String... words) {
    CommandLine root = Main.commandLine(words);
    Values.register(root);
    CommandLine command = root;
    for (String word : words) {
      if (command.getSubcommands().containsKey(word)) {
        command = command.getSubcommands().get(word);
      }
    }
    if (command.getCommand() instanceof FinetuneCommand) {
      FinetuneCommand.applyDefaults(command, words);
    } else if (command.getCommand() instanceof LocalizeTrainCommand) {
      LocalizeTrainCommand.applyDefaults(command, words);
    }
    root.parseArgs(words);
    return ((TrainCommand) command.getCommand()).trainingConfig().options();
  }

  private static void assertSame(String option, String said, Object taken) {
    if (taken instanceof Number number) {
      assertThat(Double.parseDouble(said)).as(option).isEqualTo(number.doubleValue());
    } else {
      assertThat(said).as(option).isEqualTo(taken.toString());
    }
  }

  private Path model() throws IOException {
    Path file = root.resolve("m.safetensors");
    TestModels.random(Configuration.B, "a", "b").write(file);
    return file;
  }

  @Test
  void train() {
    Map<String, String> printed = printed("train");
    Map<String, Object> taken = taken("train");
    assertThat(printed).containsEntry("scale", "crop x --scale-ratio").hasSizeGreaterThan(30);
    taken.forEach(
        (option, value) -> {
          if (printed.containsKey(option)
              && !IN_WORDS.contains(option)
              && !option.equals("scale")) {
            assertSame(option, printed.get(option), value);
          }
        });
  }

  @Test
  void finetune() throws IOException {
    Map<String, String> printed = printed("finetune");
    Map<String, Object> taken =
        taken("finetune", "--model", model().toString(), "--data", "photos");
    assertThat(printed)
        .containsEntry("data", "none, it must be given")
        .containsEntry("dropout", "0.5")
        .containsEntry("lr-head", "0.01");
    taken.forEach(
        (option, value) -> {
          if (OF_MODEL.contains(option)) {
            assertThat(printed).containsEntry(option, "the model's");
          } else if (printed.containsKey(option)
              && !IN_WORDS.contains(option)
              && !option.equals("data")) {
            assertSame(option, printed.get(option), value);
          }
        });
  }

  @Test
  void localizeTrain() throws IOException {
    Map<String, String> printed = printed("localize", "train");
    Map<String, Object> alone = taken("localize", "train");
    Map<String, Object> from = taken("localize", "train", "--from", model().toString());
    assertThat(printed)
        .containsEntry("data", "fashion-boxes")
        .containsEntry("dropout", "0.1; with --from: 0.5")
        .containsEntry("crop", "64; with --from: the model's")
        .containsEntry("epochs", "20");
    alone.forEach(
        (option, value) -> {
          if (!printed.containsKey(option) || IN_WORDS.contains(option)) {
            return;
          }
          String[] said = printed.get(option).split("; with --from: ");
          if (!option.equals("scale")) {
            assertSame(option, said[0], value);
          }
          if (OF_MODEL.contains(option)) {
            assertThat(said[1]).as(option).isEqualTo("the model's");
          } else {
            assertSame(option, said[said.length - 1], from.get(option));
          }
        });
  }
}
