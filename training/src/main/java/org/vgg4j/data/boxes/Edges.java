package org.vgg4j.data.boxes;

import java.util.regex.Pattern;
import org.vgg4j.base.InputException;

/** Reads the edges of boxes. */
final class Edges {
  /** Without what only programmers write, such as 1d, 0x1p3 or NaN. */
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d{1,3})?");

  private Edges() {}

  /**
   * @param text blanks around it do not matter
   * @param field such as xmin
   * @param origin file and place, for users
   * @throws InputException if it is no number
   */
  static double parse(String text, String field, String origin) {
    String number = text.strip();
    double value = NUMBER.matcher(number).matches() ? Double.parseDouble(number) : Double.NaN;
    if (!Double.isFinite(value)) {
      throw new InputException(
          "%s: %s is '%s', not a number of pixels: correct it".formatted(origin, field, number));
    }
    return value;
  }
}
