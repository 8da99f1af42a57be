package org.vgg4j.experiment.reproduce;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.vgg4j.train.RunFolder;
import org.vgg4j.train.Trainer;
import org.vgg4j.train.TrainingConfig;
import org.vgg4j.train.TrainingResult;

/** Training runs of which some may be finished, and one half done. */
final class Runs {
  private Runs() {}

  /**
   * Does what is left of a run.
   *
   * @param training how it is trained
   * @param path its folder
   * @param environment for its provenance
   * @return null if it was asked to stop
   */
  static @Nullable RunFolder finish(
      TrainingConfig training,
      Path path,
      Reproducer.Listener listener,
      BooleanSupplier stopRequested,
      Map<String, Object> environment) {
    RunFolder folder = new RunFolder(path);
    if (folder.isFinished()) {
      return folder;
    }
    TrainingResult result =
        Files.exists(folder.config())
            ? Trainer.resume(training, path, listener.training(), stopRequested, environment)
            : Trainer.train(training, path, listener.training(), stopRequested, environment);
    return result.interrupted() ? null : folder;
  }
}
