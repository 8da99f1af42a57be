package org.vgg4j.train;

import org.jspecify.annotations.Nullable;
import org.vgg4j.evaluate.Measurement;

/**
 * How a run ended.
 *
 * @param folder the run folder
 * @param bestEpoch the epoch whose model is in best/, from 1; 0 if no epoch was finished
 * @param bestError what option select watches on the validation images, of that epoch: the top-1
 *     error, the error of boxes or the balanced error (100 less the balanced accuracy) in percent,
 *     or the mean loss; NaN if no epoch was finished, or that of the best is not known
 * @param test the best model on the test images; null without any, or if training was interrupted
 * @param steps steps done
 * @param seconds wall time of training
 * @param interrupted whether it was asked to stop before its end, or before the best model was
 *     tested
 */
public record TrainingResult(
    RunFolder folder,
    int bestEpoch,
    double bestError,
    @Nullable Measurement test,
    int steps,
    double seconds,
    boolean interrupted) {

  TrainingResult withTest(Measurement measurement) {
    return new TrainingResult(
        folder, bestEpoch, bestError, measurement, steps, seconds, interrupted);
  }
}
