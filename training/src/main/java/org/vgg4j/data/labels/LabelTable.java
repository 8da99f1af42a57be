package org.vgg4j.data.labels;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.FileNames;
import org.vgg4j.base.InputException;
import org.vgg4j.base.TextLines;
import org.vgg4j.data.CsvLine;
import org.vgg4j.data.MultiLabels;
import org.vgg4j.data.Split;

/**
 * A CSV file in UTF-8 that says what images show, one image a line, in one of two forms, which the
 * first line tells apart:
 *
 * <ul>
 *   <li>{@code image,labels}: the labels with {@code ;} or {@code |} between them, none if the
 *       image shows none; the classes are all labels of the file, sorted;
 *   <li>{@code image,CLASS,CLASS,...}: 1 if the image shows the class, 0 if not, -1 or nothing if
 *       that is not known; the classes are these columns.
 * </ul>
 *
 * <p>A column {@code part} may say which part of the data set an image belongs to: train, val or
 * test. Classes are the same in either form of Unicode, but not in capitals and small letters.
 *
 * @param classNames the classes
 * @param rows the images
 * @param hasParts whether each of them says its part
 * @param isOfLists whether it is of the first form, in which a label that an image does not have is
 *     one that it does not show, though no image of the file has it
 * @param notes sentences for users
 */
record LabelTable(
    List<String> classNames,
    List<Row> rows,
    boolean hasParts,
    boolean isOfLists,
    List<String> notes) {
  /**
   * An image.
   *
   * @param image its path, with / between its parts
   * @param states of the classes, see {@link MultiLabels}
   * @param part null if the file has no such column
   * @param line where it was read, from 1
   */
  record Row(String image, byte[] states, @Nullable Split part, int line) {}

  private static final String IMAGE = "image";
  private static final String LABELS = "labels";
  private static final String PART = "part";
  private static final String FORMS =
      "image,labels (with ; or | between an image's labels) or image,CLASS,CLASS,... (with 1, 0, or"
          + " -1 for not known)";

  /** Reads one file. */
  private static final class Reader {
    private final Path file;
    private final List<String> columns;
    private final int image;
    private final int part;
    private int line = 1;

    /** How many cells say -1. */
    private int minusOnes;

    Reader(Path file, String header) {
      this.file = file;
      this.columns = CsvLine.split(header, file + ", line 1");
      this.image = column(IMAGE);
      this.part = column(PART);
      if (image < 0) {
        throw new InputException(
            "%s has no column image: its first line must be %s".formatted(file, FORMS));
      }
      Set<String> seen = new LinkedHashSet<>();
      for (String name : columns) {
        if (name.isEmpty() || !seen.add(FileNames.composed(name))) {
          throw new InputException(
              name.isEmpty()
                  ? "%s has a column without a name in its first line: name or remove it"
                      .formatted(file)
                  : "%s has the column %s twice: rename or remove one".formatted(file, name));
        }
      }
    }

    int column(String name) {
      for (int i = 0; i < columns.size(); i++) {
        if (columns.get(i).toLowerCase(Locale.ROOT).equals(name)) {
          return i;
        }
      }
      return -1;
    }

    String origin() {
      return "%s, line %d".formatted(file, line);
    }

    List<String> fields(String text, int number) {
      line = number;
      List<String> fields = CsvLine.split(text, origin());
      if (fields.size() != columns.size()) {
        throw new InputException(
            "%s has %d fields, but the first line has %d: correct it, and put fields that hold commas in quotes"
                .formatted(origin(), fields.size(), columns.size()));
      }
      if (fields.get(image).isEmpty()) {
        throw new InputException("%s: image is empty: fill it in".formatted(origin()));
      }
      return fields;
    }

    @Nullable Split part(List<String> fields) {
      if (part < 0) {
        return null;
      }
      return switch (fields.get(part).toLowerCase(Locale.ROOT)) {
        case "train" -> Split.TRAIN;
        case "val" -> Split.VAL;
        case "test" -> Split.TEST;
        default ->
            throw new InputException(
                "%s: part is '%s' but must be train, val or test"
                    .formatted(origin(), fields.get(part)));
      };
    }

    Row row(List<String> fields, byte[] states) {
      return new Row(fields.get(image).replace('\\', '/'), states, part(fields), line);
    }
  }

  /**
   * Reads the file.
   *
   * @param least how many classes it must have
   * @throws InputException if it cannot be read, or something in it is unclear
   */
  static LabelTable read(Path file, int least) {
    List<String> lines = lines(file);
    if (lines.isEmpty()) {
      throw new InputException("%s is empty: its first line must be %s".formatted(file, FORMS));
    }
    Reader reader = new Reader(file, lines.get(0));
    List<List<String>> all = new ArrayList<>();
    List<Integer> numbers = new ArrayList<>();
    for (int i = 1; i < lines.size(); i++) {
      if (!lines.get(i).isBlank()) {
        all.add(reader.fields(lines.get(i), i + 1));
        numbers.add(i + 1);
      }
    }
    if (all.isEmpty()) {
      throw new InputException(file + " names no image below its first line: add some");
    }
    boolean isOfLists = reader.column(LABELS) >= 0;
    LabelTable table = isOfLists ? ofLists(reader, all, numbers) : ofColumns(reader, all, numbers);
    requireClasses(file, table.classNames, isOfLists ? "labels" : "columns of classes", least);
    if (!isOfLists) {
      requireNegatives(file, table.rows, reader.minusOnes);
    }
    return table;
  }

  private static List<String> lines(Path file) {
    try {
      return TextLines.read(file);
    } catch (IOException e) {
      throw new InputException(
          "cannot read %s (%s): option multi-label takes a CSV file in UTF-8"
              .formatted(file, AtomicFile.reason(e)),
          e);
    }
  }

  private static LabelTable ofLists(Reader reader, List<List<String>> all, List<Integer> numbers) {
    int at = reader.column(LABELS);
    char separator = separator(reader, all, numbers, at);
    List<Set<String>> labels = new ArrayList<>();
    Set<String> names = new TreeSet<>();
    for (List<String> fields : all) {
      Set<String> own = new LinkedHashSet<>();
      for (String label : fields.get(at).split("[" + separator + "]")) {
        if (!label.isBlank()) {
          own.add(FileNames.composed(label.strip()));
        }
      }
      labels.add(own);
      names.addAll(own);
    }
    List<String> classNames = List.copyOf(names);
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      byte[] states = new byte[classNames.size()];
      for (int k = 0; k < states.length; k++) {
        boolean shown = labels.get(i).contains(classNames.get(k));
        states[k] = shown ? MultiLabels.POSITIVE : MultiLabels.NEGATIVE;
      }
      reader.line = numbers.get(i);
      rows.add(reader.row(all.get(i), states));
    }
    List<String> others = new ArrayList<>(reader.columns);
    others.removeIf(name -> List.of(IMAGE, LABELS, PART).contains(name.toLowerCase(Locale.ROOT)));
    List<String> notes = new ArrayList<>();
    if (!others.isEmpty()) {
      notes.add(
          "%s: columns other than image, labels and part are passed over: %s"
              .formatted(reader.file, String.join(", ", others)));
    }
    noteCase(reader.file, classNames, notes);
    return new LabelTable(classNames, rows, reader.part >= 0, true, List.copyOf(notes));
  }

  /** Some data mean it, but most such names are slips. */
  private static void noteCase(Path file, List<String> classNames, List<String> notes) {
    Map<String, String> seen = new HashMap<>();
    for (String name : classNames) {
      String other = seen.putIfAbsent(name.toLowerCase(Locale.ROOT), name);
      if (other != null) {
        notes.add(
            "%s: %s and %s count as two classes: write them alike if they are one"
                .formatted(file, other, name));
      }
    }
  }

  /**
   * What stands between labels. Blanks may be part of a name: where nothing else separates labels
   * anywhere, it is unclear what they are.
   */
  private static char separator(
      Reader reader, List<List<String>> all, List<Integer> numbers, int at) {
    int semicolon = -1;
    int bar = -1;
    int blank = -1;
    for (int i = 0; i < all.size(); i++) {
      String text = all.get(i).get(at);
      semicolon = semicolon < 0 && text.indexOf(';') >= 0 ? i : semicolon;
      bar = bar < 0 && text.indexOf('|') >= 0 ? i : bar;
      blank = blank < 0 && text.matches(".*[\\s,].*") ? i : blank;
    }
    if (semicolon >= 0 && bar >= 0) {
      throw new InputException(
          "%s has ; between labels in line %d and | in line %d: take one of them everywhere"
              .formatted(reader.file, numbers.get(semicolon), numbers.get(bar)));
    }
    if (semicolon < 0 && bar < 0 && blank >= 0) {
      throw new InputException(
          "%s, line %d: '%s' may be one label or several, since no line has ; or |: put ; between labels, or one behind each label that has blanks in its name"
              .formatted(reader.file, numbers.get(blank), all.get(blank).get(at)));
    }
    return bar >= 0 ? '|' : ';';
  }

  private static LabelTable ofColumns(
      Reader reader, List<List<String>> all, List<Integer> numbers) {
    int[] classes = new int[reader.columns.size()];
    int count = 0;
    List<String> classNames = new ArrayList<>();
    for (int i = 0; i < classes.length; i++) {
      if (i != reader.image && i != reader.part) {
        classes[count++] = i;
        classNames.add(FileNames.composed(reader.columns.get(i)));
      }
    }
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      reader.line = numbers.get(i);
      byte[] states = new byte[count];
      for (int k = 0; k < count; k++) {
        states[k] = state(reader, classNames.get(k), all.get(i).get(classes[k]));
      }
      rows.add(reader.row(all.get(i), states));
    }
    List<String> notes = new ArrayList<>();
    noteCase(reader.file, classNames, notes);
    return new LabelTable(
        List.copyOf(classNames), rows, reader.part >= 0, false, List.copyOf(notes));
  }

  private static byte state(Reader reader, String name, String text) {
    boolean whole = text.length() > 2 && text.endsWith(".0");
    return switch (whole ? text.substring(0, text.length() - 2) : text) {
      case "1" -> MultiLabels.POSITIVE;
      case "0" -> MultiLabels.NEGATIVE;
      case "" -> MultiLabels.IGNORED;
      case "-1" -> {
        reader.minusOnes++;
        yield MultiLabels.IGNORED;
      }
      default ->
          throw new InputException(
              "%s: column %s is '%s' but must be 1 (the image shows it), 0 (it does not), or -1 or empty (not known): correct it, or remove columns that are no classes"
                  .formatted(reader.origin(), name, text));
    };
  }

  private static void requireClasses(Path file, List<String> names, String what, int least) {
    if (names.size() < least) {
      throw new InputException(
          "%s has %s: %s; its first line must be %s"
              .formatted(
                  file,
                  names.isEmpty() ? "no " + what : "one class only, " + names.get(0),
                  least > 1
                      ? "a network needs at least two"
                      : "there is nothing to measure a network on",
                  FORMS));
    }
  }

  /**
   * Others write -1 for what an image does not show: CelebA has no 0 beside it, and PASCAL VOC's
   * lists have 0 for what is difficult to see. That every cell has a number, and -1 by far most of
   * them, and 0 the fewest, gives these away.
   */
  private static void requireNegatives(Path file, List<Row> rows, int minusOnes) {
    int positives = 0;
    int negatives = 0;
    int unknown = 0;
    for (Row row : rows) {
      for (byte state : row.states()) {
        positives += state == MultiLabels.POSITIVE ? 1 : 0;
        negatives += state == MultiLabels.NEGATIVE ? 1 : 0;
        unknown += state == MultiLabels.IGNORED ? 1 : 0;
      }
    }
    if (negatives > 0
        && negatives < positives
        && minusOnes > positives + negatives
        && unknown == minusOnes) {
      throw new InputException(
          "%s says -1 most often, and 0 least: for PASCAL VOC -1 is what an image does not show, and 0 what is difficult to see, but here 0 is what it does not show, and -1 what is not known; write 0 for what it does not show, and nothing for what is not known"
              .formatted(file));
    }
    if (negatives == 0) {
      throw new InputException(
          "%s says of no image that it does not show a class: write 0 for that, since -1 and nothing mean that it is not known"
              .formatted(file));
    }
  }

  /** States of all rows, one after the other. */
  static byte[] states(List<Row> rows, int classes) {
    byte[] states = new byte[Math.multiplyExact(rows.size(), classes)];
    for (int i = 0; i < rows.size(); i++) {
      System.arraycopy(rows.get(i).states(), 0, states, i * classes, classes);
    }
    return states;
  }

  @Override
  public String toString() {
    return "%d images of %s".formatted(rows.size(), Arrays.toString(classNames.toArray()));
  }
}
