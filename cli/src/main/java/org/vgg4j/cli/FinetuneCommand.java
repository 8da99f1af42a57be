package org.vgg4j.cli;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.train.TrainingConfig;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code vgg finetune}: {@code vgg train} with the defaults of {@link TrainingConfig#fineTuning}.
 */
@Command(
    name = "finetune",
    description = {
      "Fine-tunes a trained network on other classes of images.",
      "Its last layer is replaced unless the classes are the same, when it is kept; images are"
          + " preprocessed as its weights require. The options are those of vgg train, with other defaults: network, width, crop and scale are the"
          + " model's, --lr 0.001, --lr-head 0.01, --batch 32, --schedule cosine, --epochs 10."
    },
    sortOptions = false)
final class FinetuneCommand extends TrainCommand {
  private static final String MODEL = "--model";
  private static final String DATA = "--data";

  @Spec private CommandSpec spec;

  @Option(names = MODEL, paramLabel = "FILE", description = Texts.MODEL)
  private @Nullable Path model;

  /**
   * Gives the command the defaults that follow from the model on the command line.
   *
   * @param args the whole command line
   * @throws org.vgg4j.base.InputException if the model cannot be read
   */
  static void applyDefaults(CommandLine command, String[] args) {
    String model = YamlOptions.value(MODEL, args);
    if (model == null || YamlOptions.value(YamlOptions.RESUME, args) != null) {
      YamlOptions.apply(command, args);
      return;
    }
    TrainingConfig config = TrainingConfig.fineTuning(Path.of(model), "");
    YamlOptions.apply(command, args, YamlOptions.defaults(config, args), true);
  }

  @Override
  HelpDefaults helpDefaults() {
    return HelpDefaults.ofFineTuning();
  }

  @Override
  public Integer call() {
    List<String> typed =
        spec.commandLine().getParseResult().matchedOptions().stream()
            .map(CommandLine.Model.OptionSpec::longestName)
            .toList();
    if (typed.contains(YamlOptions.RESUME) || RankOptions.follows()) {
      return super.call();
    }
    if (typed.contains(YamlOptions.RECIPE)) {
      throw new ParameterException(
          spec.commandLine(),
          "--recipe is for vgg train, whose stages may begin with init: from:FILE");
    }
    if (model == null) {
      throw new ParameterException(spec.commandLine(), "missing required option: --model");
    }
    if (!typed.contains(DATA) && !typed.contains(YamlOptions.CONFIG)) {
      throw new ParameterException(spec.commandLine(), "missing required option: --data");
    }
    if (!model.equals(trainingConfig().start().from())) {
      throw new InputException(
          "option init contradicts --model %s: leave it out, or use vgg train".formatted(model));
    }
    return super.call();
  }
}
