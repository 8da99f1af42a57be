package org.vgg4j.cli;

import java.lang.Character.UnicodeScript;
import java.util.Set;

/** How wide texts are in a terminal, where some letters take two columns and some none. */
final class Screen {
  /** Columns that tables and progress keep to. */
  static final int WIDTH = 80;

  private static final Set<UnicodeScript> WIDE =
      Set.of(
          UnicodeScript.HAN, UnicodeScript.HIRAGANA, UnicodeScript.KATAKANA, UnicodeScript.HANGUL);

  private static final String CUT = "…";
  private static final int FIRST_PICTOGRAM = 0x1F300;
  private static final int LAST_PICTOGRAM = 0x1FAFF;
  private static final int FIRST_FULL_WIDTH = 0xFF01;
  private static final int LAST_FULL_WIDTH = 0xFF60;

  private Screen() {}

  /** Returns the number of columns that a text takes. */
  static int width(String text) {
    return text.codePoints().map(Screen::width).sum();
  }

  private static int width(int letter) {
    int kind = Character.getType(letter);
    if (kind == Character.NON_SPACING_MARK
        || kind == Character.ENCLOSING_MARK
        || kind == Character.FORMAT) {
      return 0;
    }
    boolean wide =
        (letter >= FIRST_PICTOGRAM && letter <= LAST_PICTOGRAM)
            || (letter >= FIRST_FULL_WIDTH && letter <= LAST_FULL_WIDTH)
            || WIDE.contains(UnicodeScript.of(letter));
    return wide ? 2 : 1;
  }

  /** Returns the text, or its beginning and three dots in one column if it is wider than that. */
  static String fitted(String text, int columns) {
    if (width(text) <= columns) {
      return text;
    }
    StringBuilder beginning = new StringBuilder();
    int used = width(CUT);
    for (int letter : text.codePoints().toArray()) {
      used += width(letter);
      if (used > columns) {
        break;
      }
      beginning.appendCodePoint(letter);
    }
    return beginning + CUT;
  }

  /** Replaces what would move the cursor or change colours, as names of files may hold it. */
  static String harmless(String text) {
    return text.replaceAll("\\p{Cntrl}", "?");
  }
}
