package org.vgg4j.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.base.TextLines;

/**
 * metrics.csv: a line of names, then a line of numbers per epoch. Columns are found by name, so new
 * ones may be added anywhere.
 */
final class MetricsTable {
  private final Path file;
  private final List<String> names;
  private final List<double[]> rows;

  private MetricsTable(Path file, List<String> names, List<double[]> rows) {
    this.file = file;
    this.names = names;
    this.rows = rows;
  }

  /**
   * Reads the file; a missing file has no rows, since a run may end before it is written.
   *
   * @throws InputException if a line does not fit the first
   */
  static MetricsTable read(Path file) {
    List<String> lines;
    try {
      lines = Files.exists(file) ? TextLines.read(file) : List.of();
    } catch (IOException e) {
      throw new InputException("cannot read " + file + ": " + AtomicFile.reason(e), e);
    }
    List<String> names = lines.isEmpty() ? List.of() : Arrays.asList(lines.get(0).split(",", -1));
    List<double[]> rows = new ArrayList<>();
    for (int line = 1; line < lines.size(); line++) {
      String[] fields = lines.get(line).split(",", -1);
      if (fields.length != names.size()) {
        throw new InputException(
            "%s, line %d: it has %d fields, but the first line has %d; remove the line"
                .formatted(file, line + 1, fields.length, names.size()));
      }
      double[] row = new double[fields.length];
      for (int column = 0; column < row.length; column++) {
        row[column] = number(file, line + 1, names.get(column), fields[column]);
      }
      rows.add(row);
    }
    return new MetricsTable(file, names, rows);
  }

  private static double number(Path file, int line, String column, String field) {
    try {
      return Double.parseDouble(field);
    } catch (NumberFormatException e) {
      throw new InputException(
          "%s, line %d: %s is '%s', which is not a number; repair or remove the line"
              .formatted(file, line, column, field),
          e);
    }
  }

  /** Number of epochs. */
  int rows() {
    return rows.size();
  }

  /**
   * The numbers of a column, one per epoch.
   *
   * @throws InputException if there is no such column, though there are rows
   */
  double[] column(String name) {
    int column = names.indexOf(name);
    if (column < 0 && !rows.isEmpty()) {
      throw new InputException(
          "%s has no column %s: restore the first line as vgg train wrote it"
              .formatted(file, name));
    }
    return rows.stream().mapToDouble(row -> row[column]).toArray();
  }
}
