package org.vgg4j.data.loading;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.vgg4j.base.InputException;

/**
 * The training scale S, the shorter side to which images are rescaled: one value, or, with scale
 * jitter, a range from which each image draws its own (the paper, section 3.1).
 *
 * @param smallest Smin in pixels, at least 1
 * @param largest Smax in pixels, at least Smin
 */
public record ScaleRange(int smallest, int largest) {
  /** Largest shorter side, in pixels: a square of it has as many pixels as an image may have. */
  public static final int LARGEST = 13_377;

  private static final Pattern TEXT = Pattern.compile("(\\d+)(?:-(\\d+))?");

  /**
   * @throws InputException if the range is empty or holds no positive scale, or one that is too
   *     large
   */
  public ScaleRange {
    if (smallest < 1 || largest < smallest) {
      throw new InputException(
          "a training scale from %d to %d is not a range: give a number of pixels, or a smaller and a larger one, such as 256-512"
              .formatted(smallest, largest));
    }
    if (largest > LARGEST) {
      throw new InputException(
          "training scale %d is too large: images of more than %d pixels a side are not made"
              .formatted(largest, LARGEST));
    }
  }

  /** One scale for all images. */
  public static ScaleRange fixed(int scale) {
    return new ScaleRange(scale, scale);
  }

  /**
   * Parses {@code 256} or {@code 256-512}.
   *
   * @throws InputException if it cannot be parsed
   */
  public static ScaleRange of(String text) {
    Matcher matcher = TEXT.matcher(text.strip());
    if (!matcher.matches()) {
      throw new InputException(
          "option scale is %s but must be a number of pixels, or two for scale jitter, such as 256-512"
              .formatted(text));
    }
    int smallest = pixels(matcher.group(1));
    String largest = matcher.group(2);
    return new ScaleRange(smallest, largest == null ? smallest : pixels(largest));
  }

  /** The number that the digits stand for; if it has too many, one that is too large as well. */
  public static int pixels(String digits) {
    return digits.length() > 9 ? Integer.MAX_VALUE : Integer.parseInt(digits);
  }

  /** Whether it is a single scale, with nothing to draw. */
  public boolean isFixed() {
    return smallest == largest;
  }

  /**
   * The middle of the range, rounded down: Q, the test scale, of networks trained with jitter (the
   * paper, section 3.2).
   */
  public int middle() {
    return (smallest + largest) / 2;
  }

  /** As config.yaml has it: a number, or a text such as 256-512. */
  public Object option() {
    return isFixed() ? (Object) smallest : toString();
  }

  /** As an option has it. */
  @Override
  public String toString() {
    return isFixed() ? String.valueOf(smallest) : smallest + "-" + largest;
  }
}
