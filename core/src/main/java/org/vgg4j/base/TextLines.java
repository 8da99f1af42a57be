package org.vgg4j.base;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The lines of UTF-8 texts, with any line endings, without the byte order mark that some editors
 * put first.
 */
public final class TextLines {
  private static final String BYTE_ORDER_MARK = "\uFEFF";

  private TextLines() {}

  /**
   * Reads a file.
   *
   * @throws java.nio.charset.CharacterCodingException if it is not UTF-8 text
   * @throws IOException if it cannot be read
   */
  public static List<String> read(Path file) throws IOException {
    return of(Files.readString(file));
  }

  /** Splits a text into lines. */
  public static List<String> of(String text) {
    return (text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text).lines().toList();
  }

  /**
   * Leaves out blank lines at the end, which editors leave there.
   *
   * @param least how many lines are kept, blank or not
   */
  public static List<String> withoutBlankEnd(List<String> lines, int least) {
    int size = lines.size();
    while (size > least && lines.get(size - 1).isBlank()) {
      size--;
    }
    return lines.subList(0, size);
  }
}
