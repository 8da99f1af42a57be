package org.vgg4j.train;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;

/**
 * Which average of the weights is evaluated and saved as the model, in place of the weights that
 * the last step left. Batch norms' running statistics are averaged in the same way.
 *
 * @param kind of the average
 * @param decay for {@link Kind#EMA}: the share of the average that a step leaves, in (0, 1); unused
 *     otherwise
 * @param epochs for {@link Kind#LAST}: of how many epochs, at least 1; unused otherwise
 */
public record AverageConfig(Kind kind, double decay, int epochs) {
  /** Which average. */
  public enum Kind {
    /** None: the weights of the last step. */
    NONE,
    /**
     * An exponential moving average over steps (Polyak and Juditsky 1992; Tarvainen and Valpola
     * 2017): {@code a = d a + (1 - d) w} after each step. At first the average would remember the
     * initial weights, so after step t, from 1, {@code d = min(decay, (1 + t) / (10 + t))}, as
     * TensorFlow has it.
     */
    EMA,
    /** The mean of the weights at the ends of the last epochs (SWA: Izmailov et al. 2018). */
    LAST
  }

  /** The weights of the last step. */
  public static final AverageConfig NONE = new AverageConfig(Kind.NONE, 0, 0);

  private static final String EMA = "ema:";
  private static final String LAST = "last:";

  /**
   * @throws InputException if a number is out of its range
   */
  public AverageConfig {
    if (kind == Kind.EMA) {
      Require.option(decay > 0 && decay < 1, "average", EMA + decay, "a decay between 0 and 1");
    }
    if (kind == Kind.LAST) {
      Require.option(epochs >= 1, "average", LAST + epochs, "at least one epoch");
    }
  }

  /** An exponential moving average. */
  public static AverageConfig ema(double decay) {
    return new AverageConfig(Kind.EMA, decay, 0);
  }

  /** The mean of the last epochs. */
  public static AverageConfig last(int epochs) {
    return new AverageConfig(Kind.LAST, 0, epochs);
  }

  /**
   * Parses {@code none}, {@code ema:DECAY} or {@code last:N}.
   *
   * @throws InputException if it is none of these
   */
  public static AverageConfig of(String text) {
    String word = text.strip().toLowerCase(Locale.ROOT);
    try {
      if (word.equals("none")) {
        return NONE;
      }
      if (word.startsWith(EMA)) {
        return ema(Double.parseDouble(word.substring(EMA.length())));
      }
      if (word.startsWith(LAST)) {
        return last(Integer.parseInt(word.substring(LAST.length())));
      }
    } catch (NumberFormatException e) {
      throw unknown(text, e);
    }
    throw unknown(text, null);
  }

  private static InputException unknown(String text, @Nullable Exception cause) {
    String message =
        "option average is %s but must be none, ema: and a decay, such as ema:0.999, or last: and a number of epochs, such as last:5"
            .formatted(text.isEmpty() ? "''" : text);
    return cause == null ? new InputException(message) : new InputException(message, cause);
  }

  /** Whether there is one. */
  public boolean isKept() {
    return kind != Kind.NONE;
  }

  /** As an option has it. */
  public String text() {
    return switch (kind) {
      case NONE -> "none";
      case EMA -> EMA + decay;
      case LAST -> LAST + epochs;
    };
  }
}
