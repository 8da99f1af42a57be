package org.vgg4j.train;

import java.util.Map;
import org.vgg4j.base.InputException;
import org.vgg4j.base.Version;
import org.vgg4j.data.DataSplits;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Learner;

/**
 * Checks that a run can be resumed, or shared between processes, with the present options, data and
 * kernels.
 */
final class SameRun {
  private SameRun() {}

  /**
   * @throws InputException if options or data differ from those the run started with
   */
  static void require(TrainingConfig config, DataSplits data, RunFolder folder, Snapshot snapshot) {
    // first: with fewer images options such as the batch are others, too
    if (!data.fingerprint().equals(snapshot.datasetFingerprint())) {
      throw new InputException(
          "the data set %s has changed since the run %s began: restore it, or start a new run"
              .formatted(config.data(), folder.path()));
    }
    Map<String, Object> now =
        config.provenanceOptions(snapshot.initSha256(), snapshot.classWeights());
    for (Map.Entry<String, Object> option : now.entrySet()) {
      Object then = snapshot.configuration().get(option.getKey());
      // compared as text, since JSON does not distinguish 1 from 1L
      if (!option.getValue().toString().equals(String.valueOf(then))) {
        throw new InputException(
            "option %s of the run %s is %s, and cannot become %s: restore its config.yaml, or start a new run"
                .formatted(
                    option.getKey(),
                    folder.path(),
                    then == null ? "not set" : then,
                    option.getValue()));
      }
    }
    for (String option : snapshot.configuration().keySet()) {
      if (!now.containsKey(option)) {
        throw new InputException(
            "option %s of the run %s is missing from its config.yaml: restore it, or start a new run"
                .formatted(option, folder.path()));
      }
    }
    if (folder.passedOver().size() != snapshot.unreadable()) {
      throw new InputException(
          "%s listed %s when the run began: restore it, or start a new run"
              .formatted(
                  folder.unreadable(),
                  snapshot.unreadable() == 1 ? "1 image" : snapshot.unreadable() + " images"));
    }
  }

  /** Warns of what may make the rest of a run round differently. */
  static void warnOfDifferences(Engine engine, Snapshot snapshot, TrainingListener listener) {
    if (!engine.kernels().name().equals(snapshot.kernels())) {
      listener.warned(
          "the run began with %s kernels and continues with %s: rounding will differ from an uninterrupted run"
              .formatted(snapshot.kernels(), engine.kernels().name()));
    }
    if (!Version.get().equals(snapshot.codeVersion())) {
      listener.warned(
          "the run began with vgg4j %s and continues with %s: it may differ from an uninterrupted run"
              .formatted(snapshot.codeVersion(), Version.get()));
    }
  }

  /**
   * Warns where the run has come to more processes or devices, whose shares are smaller than the
   * micro-batch that it began with.
   */
  static void warnOfMicroBatch(
      SgdConfig sgd, Learner learner, int ranks, int devices, TrainingListener listener) {
    int before = Math.min(sgd.microBatch(), sgd.batch());
    if (learner.capacity() < before) {
      listener.warned(
          "the run began with %d images at a time and continues with %d %s: rounding, and the statistics of batch norms, will differ from an uninterrupted run"
              .formatted(
                  before,
                  learner.capacity(),
                  ranks > 1
                      ? "in each of %d processes".formatted(ranks)
                      : "on each of %d devices".formatted(devices)));
    }
  }

  /**
   * @throws InputException if this rank's data or kernels differ from rank 0's
   */
  static void requireSameSurroundings(
      TrainingConfig config, DataSplits data, Engine engine, RunMessages.State state) {
    if (!data.fingerprint().equals(state.snapshot().datasetFingerprint())) {
      throw new InputException(
          "the data set %s differs from rank 0's: copy rank 0's to the same path here"
              .formatted(config.data()));
    }
    if (!engine.kernels().name().equals(state.kernels())) {
      throw new InputException(
          "rank 0 computes with %s kernels, this process with %s, which round differently: use the same device, precision, Java and options (-Dvgg.kernels) everywhere"
              .formatted(state.kernels(), engine.kernels().name()));
    }
  }
}
