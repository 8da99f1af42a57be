package org.vgg4j.cli;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.train.TrainingConfig;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code vgg localize train}: {@code vgg train} with the defaults of {@link
 * TrainingConfig#localisation}.
 */
@Command(
    name = "train",
    description = {
      "Trains a network to find the box of an object (the paper, appendix A).",
      "It begins with a classification network (--from), whose last layer is replaced; images are"
          + " preprocessed as its weights require. The options are those of vgg train, with other"
          + " defaults: --regression pcr; network, width, crop and scale are the model's.",
      "Without options: network A at a quarter of its width, from random weights, on fashion-boxes."
    },
    sortOptions = false)
final class LocalizeTrainCommand extends TrainCommand {
  private static final String FROM = "--from";

  @Spec private CommandSpec spec;

  @Option(
      names = FROM,
      paramLabel = "FILE",
      description = "the classification model that it begins with (default: random weights)")
  private @Nullable Path from;

  /**
   * Gives the command the defaults that follow from the model on the command line.
   *
   * @param args the whole command line
   * @throws InputException if the model cannot be read
   */
  static void applyDefaults(CommandLine command, String[] args) {
    if (YamlOptions.value(YamlOptions.RESUME, args) != null
        || YamlOptions.value(YamlOptions.RECIPE, args) != null) {
      YamlOptions.apply(command, args);
      return;
    }
    String model = YamlOptions.value(FROM, args);
    Path path = model == null ? null : Path.of(model);
    TrainingConfig config = TrainingConfig.localisation(path, TrainingConfig.BOXED_DATA);
    YamlOptions.apply(command, args, YamlOptions.defaultsWithData(config, args), model != null);
  }

  @Override
  HelpDefaults helpDefaults() {
    return HelpDefaults.ofLocalisation();
  }

  @Override
  public Integer call() {
    List<String> typed =
        spec.commandLine().getParseResult().matchedOptions().stream()
            .map(OptionSpec::longestName)
            .toList();
    if (typed.contains(YamlOptions.RESUME) || RankOptions.follows()) {
      return super.call();
    }
    if (typed.contains(YamlOptions.RECIPE)) {
      throw new ParameterException(
          spec.commandLine(),
          "--recipe is for vgg train, whose stages may have regression: pcr and init: from:FILE");
    }
    TrainingConfig config = trainingConfig();
    if (config.boxes() == null) {
      throw new InputException("option regression is empty but must be pcr or scr: leave it out");
    }
    if (from != null && !from.equals(config.start().from())) {
      throw new InputException(
          "option init contradicts --from %s: leave it out, or use vgg train --regression"
              .formatted(from));
    }
    return super.call();
  }
}
