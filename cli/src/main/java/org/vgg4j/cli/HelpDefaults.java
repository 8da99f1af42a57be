package org.vgg4j.cli;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.vgg4j.train.TrainingConfig;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The defaults that the help of a training command states: its own, and in words where they depend
 * on other options. For nothing else, since these words are no values.
 */
final class HelpDefaults implements IDefaultValueProvider {
  /** What follows from the model that a run begins with. */
  private static final Set<String> OF_MODEL =
      Set.of("--arch", "--width", "--crop", TrainingOptions.SCALE, "--flip", "--init");

  private final Map<String, String> texts;

  private HelpDefaults(Map<String, String> texts) {
    this.texts = texts;
  }

  /** Those of a command that begins with random weights. */
  static HelpDefaults of(TrainingConfig config) {
    return new HelpDefaults(texts(config));
  }

  /** Those of {@code vgg finetune}. */
  static HelpDefaults ofFineTuning() {
    Map<String, String> texts = ofModel(TrainingConfig.FINE_TUNING);
    texts.put("--data", "none, it must be given");
    return new HelpDefaults(texts);
  }

  /** Those of {@code vgg localize train}, without a model and with one. */
  static HelpDefaults ofLocalisation() {
    Map<String, String> texts = texts(TrainingConfig.localisation(null, TrainingConfig.BOXED_DATA));
    ofModel(TrainingConfig.LOCALISATION)
        .forEach(
            (option, text) ->
                texts.merge(
                    option,
                    text,
                    (alone, from) ->
                        alone.equals(from) ? alone : alone + "; with --from: " + from));
    return new HelpDefaults(texts);
  }

  private static Map<String, String> ofModel(TrainingConfig config) {
    Map<String, String> texts = texts(config);
    OF_MODEL.forEach(option -> texts.put(option, "the model's"));
    return texts;
  }

  private static Map<String, String> texts(TrainingConfig config) {
    Map<String, String> texts = new HashMap<>();
    config
        .options()
        .forEach(
            (key, value) ->
                texts.put("--" + key, Objects.requireNonNull(TrainingDefaults.text(value))));
    texts.put(TrainingOptions.SCALE, "crop x --scale-ratio");
    texts.put(TrainingOptions.SCALE_RATIO, TrainingDefaults.RATIO);
    return texts;
  }

  @Override
  public @Nullable String defaultValue(ArgSpec arg) {
    return arg instanceof OptionSpec option ? texts.get(option.longestName()) : null;
  }
}
