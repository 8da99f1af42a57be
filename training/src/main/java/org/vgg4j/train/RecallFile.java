package org.vgg4j.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.base.TextLines;
import org.vgg4j.data.CsvLine;
import org.vgg4j.evaluate.Evaluation;

/**
 * recall.csv: for each epoch the balanced accuracy of the validation images, and the recall of each
 * class, in percent. A class without validation images has an empty field. Lines are beside those
 * of metrics.csv, which checkpoints contain and which therefore keep their form.
 */
public final class RecallFile {
  private static final String FIRST = "epoch,balanced_accuracy";

  private RecallFile() {}

  /**
   * Adds the line of an epoch; lines of this epoch and later ones, which a resumed run repeats, are
   * removed.
   *
   * @throws InputException if the file cannot be read or written, or is none of these classes
   */
  static void add(Path file, int epoch, Evaluation evaluation) {
    StringBuilder header = new StringBuilder(FIRST);
    StringBuilder line =
        new StringBuilder(
            String.format(Locale.ROOT, "%d,%.4f", epoch, evaluation.balancedAccuracy()));
    for (int label = 0; label < evaluation.classNames().size(); label++) {
      header.append(',').append(CsvLine.quoted(evaluation.classNames().get(label)));
      boolean any = evaluation.images(label) > 0;
      line.append(any ? String.format(Locale.ROOT, ",%.4f", evaluation.recall(label)) : ",");
    }
    List<String> lines = new ArrayList<>(List.of(header.toString()));
    List<String> before = lines(file);
    if (!before.isEmpty() && !before.get(0).equals(lines.get(0))) {
      throw new InputException(
          "%s has other columns than the run: restore or remove it".formatted(file));
    }
    for (String older : before.subList(Math.min(1, before.size()), before.size())) {
      if (number(file, older, 0) < epoch) {
        lines.add(older);
      }
    }
    lines.add(line.toString());
    AtomicFile.write(file, String.join("\n", lines) + "\n");
  }

  /**
   * Returns the balanced accuracy, in percent, of each of the epochs; NaN where the file has none,
   * as that of a run which an older version began.
   *
   * @param epochs from 1
   * @throws InputException if the file is damaged
   */
  public static double[] balancedAccuracy(Path file, double[] epochs) {
    double[] values = new double[epochs.length];
    Arrays.fill(values, Double.NaN);
    List<String> lines = lines(file);
    for (String line : lines.subList(Math.min(1, lines.size()), lines.size())) {
      for (int i = 0; i < epochs.length; i++) {
        if (number(file, line, 0) == epochs[i]) {
          values[i] = number(file, line, 1);
        }
      }
    }
    return values;
  }

  private static List<String> lines(Path file) {
    try {
      return Files.exists(file) ? TextLines.read(file) : List.of();
    } catch (IOException e) {
      throw new InputException("cannot read " + file + ": " + AtomicFile.reason(e), e);
    }
  }

  private static double number(Path file, String line, int field) {
    String[] fields = line.split(",", 3);
    try {
      return Double.parseDouble(fields[field]);
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
      throw new InputException(
          "%s is damaged at '%s': restore or remove it".formatted(file, line), e);
    }
  }
}
