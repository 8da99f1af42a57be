package org.vgg4j.train;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vgg4j.data.loading.ColorPca;
import org.vgg4j.model.Preprocessing;

/**
 * All that the next step of a run depends on besides parameters, velocities and data; stored in
 * checkpoints as JSON.
 *
 * @param configuration {@link TrainingConfig#provenanceOptions}, to detect changed options
 * @param initSha256 of the model that the run began with; null if all weights were drawn
 * @param datasetFingerprint to detect changed data
 * @param codeVersion version of vgg4j
 * @param kernels name of the kernels, since others round differently
 * @param preprocessing with the mean colour of the training images
 * @param colors of the training images
 * @param unreadable how many images unreadable.csv lists
 * @param progress how far the loop has got
 * @param plateau of the schedule
 * @param watch of the loss
 * @param metrics lines of metrics.csv, without the first
 */
record Snapshot(
    Map<String, Object> configuration,
    @Nullable String initSha256,
    String datasetFingerprint,
    String codeVersion,
    String kernels,
    Preprocessing preprocessing,
    ColorPca colors,
    int unreadable,
    Progress progress,
    PlateauSchedule.State plateau,
    LossWatch.State watch,
    List<String> metrics) {

  /** The class weights that were read from a file; empty if none were. */
  List<Double> classWeights() {
    return ClassWeights.recordedIn(configuration);
  }

  /**
   * Returns the same with what is known of the best model. One that is newer than the checkpoint
   * has replaced the best before it, and the run was killed then: as its epoch is done again, its
   * model becomes the best that there is, whatever other kernels make of it.
   *
   * @param epoch of the model in the folder; null if there is none
   */
  Snapshot withBest(@Nullable Double epoch) {
    if (epoch == null || epoch <= progress.bestEpoch()) {
      return this;
    }
    return new Snapshot(
        configuration,
        initSha256,
        datasetFingerprint,
        codeVersion,
        kernels,
        preprocessing,
        colors,
        unreadable,
        new Progress(
            progress.epoch(),
            progress.position(),
            progress.step(),
            progress.lossSum(),
            progress.correct(),
            epoch.intValue(),
            null,
            null,
            progress.trainedImages(),
            progress.trainingNanos(),
            progress.nanos()),
        plateau,
        watch,
        metrics);
  }

  /**
   * How far the loop has got.
   *
   * @param epoch the epoch that the next step belongs to, from 0
   * @param position of the next sample in the epoch's order
   * @param step steps done
   * @param lossSum of the epoch's images so far, in nats
   * @param correct of the epoch's images so far
   * @param bestEpoch from 1; 0 before the first is finished
   * @param bestTop1Error what option select watches, of that epoch: by default its top-1 error in
   *     percent; null before, or if unknown
   * @param bestLoss of that epoch, in nats; null before, or if unknown
   * @param trainedImages of all epochs
   * @param trainingNanos that these took
   * @param nanos since the start of the run, time between interruption and resumption excluded
   */
  record Progress(
      int epoch,
      int position,
      int step,
      double lossSum,
      int correct,
      int bestEpoch,
      @Nullable Double bestTop1Error,
      @Nullable Double bestLoss,
      long trainedImages,
      long trainingNanos,
      long nanos) {
    static final Progress NONE = new Progress(0, 0, 0, 0, 0, 0, null, null, 0, 0, 0);
  }
}
