package org.vgg4j.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.data.CsvLine;
import org.vgg4j.model.Task;
import org.vgg4j.train.RecallFile;
import org.vgg4j.train.RunFolder;
import org.vgg4j.train.Selection;

/**
 * The runs of a sweep, the best first: what was validated in the epoch that each run calls its
 * best. Test images have no place here, since a result by which one of many runs is chosen says
 * nothing about images that were not used for that.
 *
 * @param header the names of the columns
 * @param rows the best first; then those without a finished epoch
 */
public record SweepTable(List<String> header, List<List<String>> rows) {
  private static final String CSV = "sweep.csv";
  private static final String MARKDOWN = "sweep.md";

  /**
   * A run.
   *
   * @param folder where it is
   * @param values of the options that differ, by their keys; all runs have the same keys
   * @param state in a word
   */
  public record Run(RunFolder folder, Map<String, String> values, String state) {}

  /** A run's row, and how good it is. */
  private record Judged(List<String> row, double value, double loss) {}

  /** Copies the lists. */
  public SweepTable {
    header = List.copyOf(header);
    rows = rows.stream().map(List::copyOf).toList();
  }

  /**
   * Reads what the runs have left.
   *
   * @param selection which measure decides
   * @param task of the networks
   * @throws org.vgg4j.base.InputException if a file of a run is damaged
   */
  public static SweepTable of(List<Run> runs, Selection selection, Task task) {
    List<String> header = new ArrayList<>(List.of("run"));
    header.addAll(runs.get(0).values().keySet());
    header.addAll(
        List.of(
            "best epoch",
            task.isLabels() ? "mAP" : task.isBoxes() ? "boxes right" : "accuracy",
            task.isLabels() ? "F1" : task.isBoxes() ? "mean overlap" : "balanced",
            "loss",
            "seconds",
            "state"));
    List<Judged> judged =
        new ArrayList<>(runs.stream().map(run -> judge(run, selection, task)).toList());
    judged.sort(
        Comparator.comparingDouble(Judged::value).thenComparingDouble(Judged::loss)); // NaN last
    return new SweepTable(header, judged.stream().map(Judged::row).toList());
  }

  private static Judged judge(Run run, Selection selection, Task task) {
    boolean boxes = task.isBoxes();
    List<String> row = new ArrayList<>(List.of(name(run.folder())));
    row.addAll(run.values().values());
    MetricsTable metrics = MetricsTable.read(run.folder().metrics());
    double[] epochs = metrics.column("epoch");
    Integer best = best(run.folder(), epochs);
    if (best == null) {
      row.addAll(List.of("", "", "", "", "", run.state()));
      return new Judged(row, Double.NaN, Double.NaN);
    }
    double error =
        task.isLabels()
            ? 100 - metrics.column("val_map")[best]
            : metrics.column(boxes ? "val_box_error" : "val_top1_error")[best];
    double loss = metrics.column("val_loss")[best];
    double second =
        boxes || task.isLabels()
            ? metrics.column(boxes ? "val_mean_overlap" : "val_f1")[best]
            : RecallFile.balancedAccuracy(run.folder().recall(), epochs)[best];
    double[] seconds = metrics.column("seconds");
    row.add(String.format(Locale.ROOT, "%.0f", epochs[best]));
    row.add(String.format(Locale.ROOT, "%.2f", 100 - error));
    row.add(
        Double.isNaN(second) ? "" : String.format(Locale.ROOT, boxes ? "%.4f" : "%.2f", second));
    row.add(String.format(Locale.ROOT, "%.4f", loss));
    row.add(String.format(Locale.ROOT, "%.0f", seconds[seconds.length - 1]));
    row.add(run.state());
    double value =
        switch (selection) {
          case TOP1, MAP -> error;
          case BALANCED -> 100 - second;
          case LOSS -> loss;
        };
    return new Judged(row, value, loss);
  }

  /** The row of the run's best epoch, from 0; null if none is finished. */
  private static @Nullable Integer best(RunFolder folder, double[] epochs) {
    Double epoch = folder.bestEpoch();
    int row = epoch == null ? -1 : Arrays.binarySearch(epochs, epoch);
    return row < 0 ? null : row;
  }

  private static String name(RunFolder folder) {
    return String.valueOf(folder.path().getFileName());
  }

  /** The name of the best run's folder; null if no run has finished an epoch. */
  public @Nullable String best() {
    List<String> first = rows.get(0);
    return first.get(header.indexOf("best epoch")).isEmpty() ? null : first.get(0);
  }

  /**
   * Writes {@code sweep.csv} and {@code sweep.md}, replacing any that exist.
   *
   * @throws org.vgg4j.base.InputException if a file cannot be written
   */
  public void write(Path folder) {
    StringBuilder csv = new StringBuilder(csv(header));
    StringBuilder markdown = new StringBuilder(markdown(header));
    markdown.append("|---".repeat(header.size())).append("|\n");
    for (List<String> row : rows) {
      csv.append(csv(row));
      markdown.append(markdown(row));
    }
    AtomicFile.write(folder.resolve(CSV), csv.toString());
    AtomicFile.write(folder.resolve(MARKDOWN), markdown.toString());
  }

  private static String csv(List<String> cells) {
    return String.join(",", cells.stream().map(CsvLine::quoted).toList()) + "\n";
  }

  private static String markdown(List<String> cells) {
    return "| "
        + String.join(" | ", cells.stream().map(cell -> cell.replace("|", "\\|")).toList())
        + " |\n";
  }
}
