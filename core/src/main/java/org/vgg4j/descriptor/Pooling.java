package org.vgg4j.descriptor;

import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.vgg4j.base.InputException;

/**
 * How a map is made into one number for each channel. Immutable.
 *
 * @param kind the method
 * @param parameter GeM's exponent, from 1 to 100; the number of R-MAC's scales, from 1 to 20; 0 for
 *     the others
 */
public record Pooling(Kind kind, double parameter) {
  /** The methods. */
  public enum Kind {
    /** The mean over positions, as in the paper; of a convolution's map also called SPoC. */
    AVERAGE("average"),
    /** The largest value, also called MAC. */
    MAX("max"),
    /** The generalised mean: the p-th root of the mean of p-th powers, values below 0 being 0. */
    GEM("gem"),
    /** The sum, over square regions of several sizes, of their largest values in unit length. */
    RMAC("rmac");

    private final String text;

    Kind(String text) {
      this.text = text;
    }
  }

  private static final double GEM_EXPONENT = 3;
  private static final double LARGEST_EXPONENT = 100;
  private static final int RMAC_SCALES = 3;
  private static final int MOST_SCALES = 20;

  private static final Pattern TEXT = Pattern.compile("([a-z]+)(?::(\\d{1,9}(?:\\.\\d{1,9})?))?");

  /**
   * @throws InputException if the parameter is out of its range
   */
  public Pooling {
    Objects.requireNonNull(kind, "no pooling: Kind.AVERAGE is the paper's");
    boolean valid =
        switch (kind) {
          case AVERAGE, MAX -> parameter == 0;
          case GEM -> parameter >= 1 && parameter <= LARGEST_EXPONENT;
          case RMAC ->
              parameter >= 1 && parameter <= MOST_SCALES && parameter == Math.rint(parameter);
        };
    if (!valid) {
      throw wrong(text(kind, parameter));
    }
  }

  /** The paper's: the mean over positions. */
  public static Pooling average() {
    return new Pooling(Kind.AVERAGE, 0);
  }

  /** The largest value of each channel. */
  public static Pooling max() {
    return new Pooling(Kind.MAX, 0);
  }

  /**
   * The generalised mean.
   *
   * @param exponent from 1, which is the mean, to 100, which comes close to the maximum; 3 is usual
   * @throws InputException if it is out of this range
   */
  public static Pooling gem(double exponent) {
    return new Pooling(Kind.GEM, exponent);
  }

  /**
   * Regional maxima.
   *
   * @param scales sizes of regions, from 1 to 20; 3 is usual
   * @throws InputException if it is out of this range
   */
  public static Pooling rmac(int scales) {
    return new Pooling(Kind.RMAC, scales);
  }

  /**
   * Reads what {@link #text} writes: {@code average}, {@code max}, {@code gem:3} or {@code rmac:3};
   * {@code gem} and {@code rmac} alone take 3; {@code spoc} and {@code mac} are other names of the
   * first two.
   *
   * @throws InputException if it is none of these
   */
  public static Pooling of(String text) {
    Matcher matcher = TEXT.matcher(text.strip().toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      throw wrong(text);
    }
    String number = matcher.group(2);
    boolean plain = number == null;
    double parameter = plain ? 0 : Double.parseDouble(number);
    return switch (matcher.group(1)) {
      case "average", "spoc" -> new Pooling(Kind.AVERAGE, parameter);
      case "max", "mac" -> new Pooling(Kind.MAX, parameter);
      case "gem" -> gem(plain ? GEM_EXPONENT : parameter);
      case "rmac" -> new Pooling(Kind.RMAC, plain ? RMAC_SCALES : parameter);
      default -> throw wrong(text);
    };
  }

  private static InputException wrong(String text) {
    return new InputException(
        "option pool is %s but must be average, max, gem:P with an exponent from 1 to 100, or rmac:L with 1 to 20 sizes of regions"
            .formatted(text));
  }

  /** The option's value. */
  public String text() {
    return text(kind, parameter);
  }

  private static String text(Kind kind, double parameter) {
    if (parameter == 0 && (kind == Kind.AVERAGE || kind == Kind.MAX)) {
      return kind.text;
    }
    String number =
        parameter == Math.rint(parameter) && Math.abs(parameter) < 1e9
            ? Long.toString((long) parameter)
            : Double.toString(parameter);
    return kind.text + ":" + number;
  }

  @Override
  public String toString() {
    return text();
  }
}
