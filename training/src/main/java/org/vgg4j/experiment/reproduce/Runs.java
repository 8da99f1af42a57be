package org.vgg4j.experiment.reproduce;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.data.source.DataSources;
import org.vgg4j.train.BoxConfig;
import org.vgg4j.train.RunFolder;
import org.vgg4j.train.Trainer;
import org.vgg4j.train.TrainingConfig;
import org.vgg4j.train.TrainingResult;

/** Training runs of which some may be finished, and one half done. */
final class Runs {
  private final Reproducer.Listener listener;
  private final BooleanSupplier stopRequested;
  private final Map<String, Object> environment;

  /** What made the first run, and what else made others. */
  private @Nullable String first;

  private final Set<String> others = new HashSet<>();

  /** Of data sets, with or without boxes, whose images take time to list. */
  private final Map<Boolean, String> fingerprints = new HashMap<>();

  /**
   * @param environment for the runs' provenance
   */
  Runs(
      Reproducer.Listener listener,
      BooleanSupplier stopRequested,
      Map<String, Object> environment) {
    this.listener = listener;
    this.stopRequested = stopRequested;
    this.environment = Map.copyOf(environment);
  }

  /**
   * Does what is left of a run.
   *
   * @param training how it is trained; all runs on the same data
   * @param path its folder
   * @return null if it was asked to stop
   * @throws InputException if a finished run was trained on other data
   */
  @Nullable RunFolder finish(TrainingConfig training, Path path) {
    RunFolder folder = new RunFolder(path);
    if (folder.isFinished()) {
      requireSameData(folder, training);
      warnOfOthers(folder);
      return folder;
    }
    TrainingResult result =
        Files.exists(folder.config())
            ? Trainer.resume(training, path, listener.training(), stopRequested, environment)
            : Trainer.train(training, path, listener.training(), stopRequested, environment);
    if (result.interrupted()) {
      return null;
    }
    warnOfOthers(folder);
    return folder;
  }

  /** Runs are compared with each other, in their errors and their times. */
  private void warnOfOthers(RunFolder folder) {
    Map<String, Object> provenance = folder.provenance();
    String madeBy =
        "vgg4j %s, kernels %s".formatted(provenance.get("codeVersion"), provenance.get("kernels"));
    if (first == null) {
      first = madeBy;
    } else if (!madeBy.equals(first) && others.add(madeBy)) {
      listener
          .training()
          .warned(
              "runs in this folder were made by %s, others, such as %s, by %s: differences between them are partly those of rounding, and their times cannot be compared"
                  .formatted(first, folder.path(), madeBy));
    }
  }

  private void requireSameData(RunFolder folder, TrainingConfig training) {
    BoxConfig boxes = training.boxes();
    String now =
        fingerprints.computeIfAbsent(
            boxes != null,
            unused ->
                boxes == null
                    ? DataSources.fingerprint(training.data())
                    : DataSources.boxed(training.data(), boxes.file()).fingerprint());
    if (!now.equals(folder.provenance().get("datasetFingerprint"))) {
      throw new InputException(
          "the finished run %s learnt from other images than %s has now: restore these, or give another folder (option out)"
              .formatted(folder.path(), training.data()));
    }
  }
}
