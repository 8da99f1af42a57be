package org.vgg4j.data;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;

/** A line of a CSV file: fields with commas between, which may be quoted. */
public final class CsvLine {
  private CsvLine() {}

  /** Returns a field as it stands in a line: quoted if it has to be (RFC 4180, section 2). */
  public static String quoted(String field) {
    return field.matches("[^,\"\\r\\n]*") ? field : '"' + field.replace("\"", "\"\"") + '"';
  }

  /**
   * The fields of a line, without the blanks around them.
   *
   * @param origin what to call the line in an error: file and number
   * @throws InputException if a quote is not closed
   */
  public static List<String> split(String line, String origin) {
    List<String> parts = new ArrayList<>();
    int at = 0;
    while (at <= line.length()) {
      int start = at;
      while (start < line.length() && line.charAt(start) == ' ') {
        start++;
      }
      @Nullable StringBuilder quoted = null;
      int end = line.indexOf(',', at);
      if (start < line.length() && line.charAt(start) == '"') {
        quoted = new StringBuilder();
        end = line.indexOf(',', unquote(line, start, quoted, origin));
      }
      end = end < 0 ? line.length() : end;
      parts.add(quoted == null ? line.substring(at, end).strip() : quoted.toString().strip());
      at = end + 1;
    }
    return parts;
  }

  /**
   * @param start where the quote begins
   * @return where it has ended
   */
  private static int unquote(String line, int start, StringBuilder text, String origin) {
    int at = start + 1;
    while (true) {
      int end = line.indexOf('"', at);
      if (end < 0) {
        throw new InputException("%s: a quote is not closed: add the missing \"".formatted(origin));
      }
      text.append(line, at, end);
      if (end + 1 >= line.length() || line.charAt(end + 1) != '"') {
        return end + 1;
      }
      text.append('"'); // two stand for one
      at = end + 2;
    }
  }
}
