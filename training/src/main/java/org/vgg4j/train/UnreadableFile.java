package org.vgg4j.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.base.TextLines;
import org.vgg4j.data.Split;
import org.vgg4j.data.Unreadable;

/**
 * unreadable.csv of a run folder: the images that the run skips, by their numbers in the data set
 * as it was found, and what is wrong with them.
 */
final class UnreadableFile {
  private static final String HEADER = "set,index,file,reason";
  private static final Pattern LINE =
      Pattern.compile("(train|val|test),(\\d{1,9}),\"((?:[^\"]|\"\")*)\",\"((?:[^\"]|\"\")*)\"");

  private UnreadableFile() {}

  /**
   * Writes the file.
   *
   * @throws InputException if it cannot be written
   */
  static void write(Path file, List<Unreadable> unreadable) {
    StringBuilder text = new StringBuilder(HEADER).append('\n');
    for (Unreadable one : unreadable) {
      text.append(one.split().name().toLowerCase(Locale.ROOT))
          .append(',')
          .append(one.index())
          .append(',')
          .append(quoted(one.id()))
          .append(',')
          .append(quoted(one.reason()))
          .append('\n');
    }
    AtomicFile.write(file, text.toString());
  }

  /**
   * Reads the file.
   *
   * @throws InputException if it is missing or damaged
   */
  static List<Unreadable> read(Path file) {
    List<String> lines;
    try {
      lines = TextLines.read(file);
    } catch (IOException e) {
      throw new InputException(
          "cannot read " + file + " (" + AtomicFile.reason(e) + "): restore it, or train again", e);
    }
    if (lines.isEmpty() || !lines.get(0).equals(HEADER)) {
      throw new InputException(
          "%s does not begin with the line %s: restore it as vgg train wrote it"
              .formatted(file, HEADER));
    }
    List<Unreadable> unreadable = new ArrayList<>();
    for (int i = 1; i < lines.size(); i++) {
      Matcher matcher = LINE.matcher(lines.get(i));
      if (!matcher.matches()) {
        throw new InputException(
            "line %d of %s cannot be understood: restore it as vgg train wrote it"
                .formatted(i + 1, file));
      }
      unreadable.add(
          new Unreadable(
              Split.valueOf(matcher.group(1).toUpperCase(Locale.ROOT)),
              Integer.parseInt(matcher.group(2)),
              unquoted(matcher.group(3)),
              unquoted(matcher.group(4))));
    }
    return unreadable;
  }

  /** Replaces control characters, which a file name may hold: a line must stay one line. */
  private static String quoted(String text) {
    return '"' + text.replaceAll("\\p{Cntrl}", "?").replace("\"", "\"\"") + '"';
  }

  private static String unquoted(String text) {
    return text.replace("\"\"", "\"");
  }
}
