package org.vgg4j.train;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.FileNames;
import org.vgg4j.base.InputException;
import org.vgg4j.data.CsvLine;

/**
 * Weights of classes in a CSV file in UTF-8: a first line {@code class,weight}, then each class of
 * the data by its name, in either form of Unicode, once, with a positive number. Names may be
 * quoted.
 */
final class ClassWeightsFile {
  private static final List<String> COLUMNS = List.of("class", "weight");

  private ClassWeightsFile() {}

  /**
   * Reads the file.
   *
   * @param classNames of the data
   * @return a weight for each class, in their order
   * @throws InputException if it cannot be read, or does not have exactly these classes
   */
  static List<Double> read(Path file, List<String> classNames) {
    @Nullable Double[] weights = new Double[classNames.size()];
    try (BufferedReader in = Files.newBufferedReader(file)) {
      requireHeader(file, in.readLine());
      int number = 1;
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        number++;
        if (!line.isBlank()) {
          add(line, "%s, line %d".formatted(file, number), classNames, weights);
        }
      }
    } catch (IOException e) {
      throw new InputException(
          "cannot read %s (%s): option class-weights takes auto, effective, or a CSV file in UTF-8"
              .formatted(file, AtomicFile.reason(e)),
          e);
    }
    int missing = Arrays.asList(weights).indexOf(null);
    if (missing >= 0) {
      throw new InputException(
          "%s has no weight for class %s: add a line for each class of the data"
              .formatted(file, classNames.get(missing)));
    }
    return List.of(weights);
  }

  private static void requireHeader(Path file, @Nullable String line) {
    String text = line == null ? "" : line.startsWith("\uFEFF") ? line.substring(1) : line;
    List<String> names = CsvLine.split(text.toLowerCase(Locale.ROOT), file + ", line 1");
    if (!names.equals(COLUMNS)) {
      throw new InputException(
          "%s does not begin with the line %s: add it".formatted(file, String.join(",", COLUMNS)));
    }
  }

  private static void add(
      String line, String origin, List<String> classNames, @Nullable Double[] weights) {
    List<String> fields = CsvLine.split(line, origin);
    if (fields.size() != COLUMNS.size()) {
      throw new InputException(
          "%s has %d fields, but must have two, a class and its weight: put a name that holds commas in quotes"
              .formatted(origin, fields.size()));
    }
    int label = label(fields.get(0), classNames);
    if (label < 0) {
      throw new InputException(
          "%s: the data have no class '%s': vgg data inspect lists their classes"
              .formatted(origin, fields.get(0)));
    }
    if (weights[label] != null) {
      throw new InputException(
          "%s: class %s has a weight already: remove one of the lines"
              .formatted(origin, fields.get(0)));
    }
    weights[label] = weight(fields.get(1), origin);
  }

  /** What is typed is composed, and the names of folders from macOS are not. */
  private static int label(String name, List<String> classNames) {
    int label = classNames.indexOf(name);
    return label >= 0
        ? label
        : classNames.stream().map(FileNames::composed).toList().indexOf(FileNames.composed(name));
  }

  private static double weight(String text, String origin) {
    double weight;
    try {
      weight = Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw notPositive(text, origin);
    }
    if (!(weight > 0 && Double.isFinite(weight))) {
      throw notPositive(text, origin);
    }
    return weight;
  }

  private static InputException notPositive(String text, String origin) {
    return new InputException(
        "%s: weight is '%s' but must be a positive number, such as 0.5".formatted(origin, text));
  }
}
