package org.vgg4j.experiment.reproduce;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
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
      return folder;
    }
    TrainingResult result =
        Files.exists(folder.config())
            ? Trainer.resume(training, path, listener.training(), stopRequested, environment)
            : Trainer.train(training, path, listener.training(), stopRequested, environment);
    return result.interrupted() ? null : folder;
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
