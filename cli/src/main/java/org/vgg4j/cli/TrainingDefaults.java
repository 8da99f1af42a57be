package org.vgg4j.cli;

import java.math.BigDecimal;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vgg4j.train.ScaleRatio;
import org.vgg4j.train.TrainingConfig;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The defaults of a training run's options, as {@link TrainingConfig} has them. */
final class TrainingDefaults implements IDefaultValueProvider {
  /** S as a multiple of the crop. */
  static final String RATIO = ScaleRatio.PAPER.text();

  private final Map<String, Object> options = TrainingConfig.DEFAULTS.options();

  @Override
  public @Nullable String defaultValue(ArgSpec arg) {
    if (!(arg instanceof OptionSpec option)) {
      return null;
    }
    return switch (option.longestName()) {
      case TrainingOptions.SCALE -> null; // follows from the crop
      case TrainingOptions.SCALE_RATIO -> RATIO;
      default -> text(options.get(option.longestName().substring(2)));
    };
  }

  static @Nullable String text(@Nullable Object value) {
    if (value instanceof Double number) {
      return new BigDecimal(number.toString()).stripTrailingZeros().toPlainString();
    }
    return value == null ? null : value.toString();
  }
}
