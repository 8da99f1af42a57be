package org.vgg4j.base;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.text.Normalizer;

/**
 * File names that are not what they seem. Some cannot be decoded here: because they use another
 * encoding than the locale's (old archives and disks have Latin-1), or because the locale has ASCII
 * only. Java shows such characters as "?", and finds no file by that name. Others are written in
 * another form of Unicode.
 */
public final class FileNames {
  /** No character below it changes, or changes one before it. */
  private static final char FIRST_COMBINING = '\u0300';

  private static final char UNKNOWN = '\uFFFD';

  private FileNames() {}

  /**
   * Checks that a file can be found by the text of its path.
   *
   * @param file a file that exists
   * @throws InputException if it cannot, with what to do about it
   */
  public static void requireText(Path file) {
    String text = file.toString();
    if (text.indexOf(UNKNOWN) >= 0 && !isFound(text)) {
      throw new InputException(
          "the name of %s has characters that are not %s: %s"
              .formatted(
                  text, encoding(), remedy("rename it, such as by convmv -f latin1 -t utf8")));
    }
  }

  /**
   * Returns a name in the form in which letters and their accents are one character (NFC), as
   * people type it; macOS gives files the other one. For comparisons: a file is opened by the name
   * that it has.
   */
  public static String composed(String name) {
    for (int i = 0; i < name.length(); i++) {
      if (name.charAt(i) >= FIRST_COMBINING) {
        return Normalizer.normalize(name, Normalizer.Form.NFC);
      }
    }
    return name;
  }

  private static boolean isFound(String text) {
    try {
      return Files.exists(Path.of(text));
    } catch (InvalidPathException e) {
      return false;
    }
  }

  /** The remedy for a name that cannot be used: another locale, or else the given one. */
  public static String remedy(String inUtf8) {
    return encoding().equals("UTF-8")
        ? inUtf8
        : "set LC_ALL=C.UTF-8, a locale that has all characters";
  }

  /** The encoding of file names, which Java takes from the locale. */
  private static String encoding() {
    String name = System.getProperty("sun.jnu.encoding", "UTF-8");
    return name.startsWith("ANSI_X3.4") ? "ASCII" : name;
  }
}
