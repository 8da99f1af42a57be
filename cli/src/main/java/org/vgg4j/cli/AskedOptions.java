package org.vgg4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.train.RunFolder;
import org.vgg4j.train.TrainingConfig;

/**
 * What was asked for by options of which a run's config.yaml has only the result: time, and batch
 * auto. A file beside the run's folder keeps it.
 */
final class AskedOptions {
  private static final String SUFFIX = ".asked";
  private static final String SEPARATOR = ": ";

  private AskedOptions() {}

  /**
   * Returns what a run began with, by the options' names; empty if it left nothing open.
   *
   * @throws InputException if the file cannot be read
   */
  static Map<String, String> of(RunFolder run) {
    Path file = file(run);
    Map<String, String> asked = new LinkedHashMap<>();
    try {
      if (Files.exists(file)) {
        for (String line : Files.readAllLines(file)) {
          int end = line.indexOf(SEPARATOR);
          if (end > 0) {
            asked.put(line.substring(0, end), line.substring(end + SEPARATOR.length()));
          }
        }
      }
      return asked;
    } catch (IOException e) {
      throw new InputException("cannot read " + file + ": " + AtomicFile.reason(e), e);
    }
  }

  /** Returns what options ask for, with all on which the result depends. */
  static Map<String, String> of(TrainingConfig config) {
    Map<String, Object> options = config.options();
    Map<String, String> asked = new LinkedHashMap<>();
    if (config.time() != null) {
      asked.put(
          "time",
          "%s (epochs %s, step-epochs '%s')"
              .formatted(options.get("time"), options.get("epochs"), options.get("step-epochs")));
    }
    if (config.sgd().autoBatch()) {
      asked.put("batch", String.valueOf(options.get("batch")));
    }
    return asked;
  }

  /**
   * Keeps it before a run begins, whose folder must be empty then.
   *
   * @throws InputException if the file cannot be written, or that of a run before not removed
   */
  static void write(RunFolder run, TrainingConfig config) {
    Path file = file(run);
    Map<String, String> asked = of(config);
    if (!asked.isEmpty()) {
      AtomicFile.write(
          file,
          asked.entrySet().stream()
              .map(one -> one.getKey() + SEPARATOR + one.getValue() + "\n")
              .collect(Collectors.joining()));
      return;
    }
    try {
      Files.deleteIfExists(file); // of a run that was removed
    } catch (IOException e) {
      throw new InputException("cannot remove " + file + ": " + AtomicFile.reason(e), e);
    }
  }

  private static Path file(RunFolder run) {
    return run.path().resolveSibling(run.path().getFileName() + SUFFIX);
  }
}
