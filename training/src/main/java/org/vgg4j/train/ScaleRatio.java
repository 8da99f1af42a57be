package org.vgg4j.train;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.vgg4j.base.InputException;
import org.vgg4j.data.loading.ScaleRange;
import org.vgg4j.model.Architecture;

/**
 * The training scale S as a multiple of the crop, rounded down to pixels; fixed, or a range for
 * scale jitter.
 *
 * @param smallest at least 1
 * @param largest at least the smallest
 */
public record ScaleRatio(double smallest, double largest) {
  /** 256/224, as in the paper. */
  public static final ScaleRatio PAPER = new ScaleRatio(1.143, 1.143);

  private static final Pattern TEXT =
      Pattern.compile("(\\d{1,4}(?:\\.\\d{1,9})?)(?:-(\\d{1,4}(?:\\.\\d{1,9})?))?");

  /**
   * Parses {@code 1.143} or {@code 1.143-2.286}.
   *
   * @throws InputException if it cannot be parsed, is below 1, or the range is reversed
   */
  public static ScaleRatio of(String text) {
    Matcher matcher = TEXT.matcher(text.strip());
    if (!matcher.matches()) {
      throw new InputException(
          "option scale-ratio is %s but must be a number, or two for scale jitter, such as 1.143-2.286"
              .formatted(text));
    }
    double smallest = Double.parseDouble(matcher.group(1));
    double largest = matcher.group(2) == null ? smallest : Double.parseDouble(matcher.group(2));
    if (smallest < 1 || largest < smallest) {
      throw new InputException(
          "option scale-ratio is %s but must be at least 1, or a smaller and a larger number from 1 on, such as 1.143-2.286"
              .formatted(text));
    }
    return new ScaleRatio(smallest, largest);
  }

  /**
   * S for a crop.
   *
   * @param crop in pixels
   */
  ScaleRange of(int crop) {
    int side = Math.max(crop, Architecture.SMALLEST_CROP); // too small a crop gets its own message
    return new ScaleRange((int) (side * smallest), (int) (side * largest));
  }

  /** As {@link #of(String)} understands it. */
  public String text() {
    return smallest == largest ? "" + smallest : smallest + "-" + largest;
  }
}
