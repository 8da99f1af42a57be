package org.vgg4j.data;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.FileNames;
import org.vgg4j.base.InputException;
import org.vgg4j.base.TextLines;

/**
 * The file {@code classes.csv} beside class folders, which has the names of classes that no folder
 * can have, such as {@code T-shirt/top}: a line {@code folder,class}, then one for each of them.
 */
public final class FolderNames {
  /** The file's name. */
  public static final String FILE = "classes.csv";

  private static final String HEADER = "folder,class";

  /** The header with another separator, or with empty columns after it. */
  private static final Pattern RESAVED = Pattern.compile("folder\\s*[,;|\\s]\\s*class[,;|\\s]*");

  private FolderNames() {}

  /**
   * Returns the classes of the folders that the file lists.
   *
   * @param root the folder that holds the class folders
   * @return null if there is no such file, or one that begins with another line, which is not ours
   * @throws InputException if it cannot be read, is ours but in the form in which a spreadsheet has
   *     saved it, or a line is not a folder and a class
   */
  public static @Nullable Map<String, String> read(Path root) {
    Path file = root.resolve(FILE);
    if (!Files.isRegularFile(file)) {
      return null;
    }
    try {
      List<String> lines = TextLines.read(file);
      String first = lines.isEmpty() ? "" : lines.get(0);
      if (plain(first).equals(HEADER)) {
        return parse(file, lines);
      }
      requireNotOurs(file, first);
      return null;
    } catch (CharacterCodingException e) {
      requireNotOursInOtherLetters(file);
      return null;
    } catch (IOException e) {
      throw new InputException("cannot read " + file + ": " + AtomicFile.reason(e), e);
    }
  }

  /** Some programs quote whatever is text. */
  private static String plain(String line) {
    return line.strip().replace("\"", "");
  }

  private static void requireNotOurs(Path file, String first) {
    if (RESAVED.matcher(plain(first)).matches()) {
      throw new InputException(
          "%s begins with the line '%s' instead of %s: save it with commas between the columns, or rename it if it does not name the classes of folders"
              .formatted(file, first.strip(), HEADER));
    }
  }

  /** Spreadsheets save in Latin-1's successors, or in UTF-16, which says so at its beginning. */
  private static void requireNotOursInOtherLetters(Path file) {
    byte[] content;
    try {
      content = Files.readAllBytes(file);
    } catch (IOException e) {
      throw new InputException("cannot read " + file + ": " + AtomicFile.reason(e), e);
    }
    String text = new String(content, StandardCharsets.ISO_8859_1);
    if (text.startsWith("\u00ff\u00fe") || text.startsWith("\u00fe\u00ff")) {
      text = new String(content, StandardCharsets.UTF_16);
    }
    String first = text.lines().findFirst().orElse("");
    if (plain(first).equals(HEADER) || RESAVED.matcher(plain(first)).matches()) {
      throw new InputException(
          "%s is not UTF-8 text: save it as CSV in UTF-8, with commas between the columns"
              .formatted(file));
    }
  }

  private static Map<String, String> parse(Path file, List<String> lines) {
    Map<String, String> classes = new LinkedHashMap<>();
    for (int i = 1; i < lines.size(); i++) {
      if (lines.get(i).isBlank()) {
        continue;
      }
      String place = "%s, line %d".formatted(file, i + 1);
      List<String> fields = CsvLine.split(lines.get(i), place);
      if (fields.size() != 2
          || fields.get(1).isEmpty()
          || classes.put(fields.get(0), fields.get(1)) != null) {
        throw new InputException(
            place
                + ": must be a folder and the name of its class, such as T-shirt_top,T-shirt/top,"
                + " each folder once: correct it, or remove the file");
      }
    }
    return classes;
  }

  /**
   * Returns the names of class folders' classes.
   *
   * @param root the folder that holds them
   * @param folders their names
   * @throws InputException if the file is wrong, or two folders have the same class
   */
  public static List<String> classNames(Path root, List<String> folders) {
    Map<String, String> listed = read(root);
    List<String> names =
        listed == null ? folders : folders.stream().map(folder -> name(folder, listed)).toList();
    Map<String, String> folderOf = new HashMap<>();
    for (int i = 0; i < names.size(); i++) {
      String other = folderOf.put(names.get(i), folders.get(i));
      if (other != null) {
        throw new InputException(
            "%s: the folders %s and %s would both be of class %s: correct it, or remove the file"
                .formatted(root.resolve(FILE), other, folders.get(i), names.get(i)));
      }
    }
    return names;
  }

  /** Folders from macOS have their names in another form of Unicode than what is typed. */
  private static String name(String folder, Map<String, String> listed) {
    String exact = listed.get(folder);
    if (exact != null) {
      return exact;
    }
    String wanted = FileNames.composed(folder);
    return listed.entrySet().stream()
        .filter(entry -> FileNames.composed(entry.getKey()).equals(wanted))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(folder);
  }

  /**
   * Writes the file if a class is not called like its folder. Folders that are listed already, of
   * another data set, stay listed.
   *
   * @throws InputException if it cannot be written, or one that is there is another kind of file
   */
  public static void write(Path root, List<String> folders, List<String> classes) {
    Path file = root.resolve(FILE);
    Map<String, String> before = read(root);
    Map<String, String> listed = new LinkedHashMap<>(before == null ? Map.of() : before);
    for (int i = 0; i < folders.size(); i++) {
      listed.remove(folders.get(i));
      if (!folders.get(i).equals(classes.get(i))) {
        listed.put(folders.get(i), classes.get(i));
      }
    }
    if (listed.isEmpty() && before == null) {
      return;
    }
    if (Files.exists(file) && before == null) {
      throw new InputException(
          "%s is another kind of file, but is to list the names of classes: choose another place"
              .formatted(file));
    }
    StringBuilder text = new StringBuilder(HEADER + "\n");
    listed.forEach(
        (folder, name) ->
            text.append(CsvLine.quoted(folder))
                .append(',')
                .append(CsvLine.quoted(name))
                .append('\n'));
    AtomicFile.write(file, text.toString());
  }
}
