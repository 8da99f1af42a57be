package org.vgg4j.cli;

import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import org.vgg4j.network.FcWeights;
import picocli.CommandLine.Option;

/** The option {@code --fc-weights} of the commands that use a model. */
final class FcWeightsOption {
  @Option(
      names = "--fc-weights",
      paramLabel = "FORM",
      defaultValue = "fp32",
      description =
          "how the weights of fc6 to fc8 are held: fp32 as they are; bf16 rounded, in half of the"
              + " memory, faster (default: ${DEFAULT-VALUE})")
  private String form;

  FcWeights get() {
    return FcWeights.of(form);
  }

  /** What rounding changed, in a line for users. */
  static String sentence(Map<String, Double> roundingErrors) {
    StringJoiner layers = new StringJoiner(", ");
    roundingErrors.forEach(
        (layer, error) ->
            layers.add(String.format(Locale.ROOT, "%s by %.3f %%", layer, 100 * error)));
    return "weights rounded to bf16: " + layers + " (root mean square)";
  }
}
