package org.vgg4j.train;

import java.util.Locale;
import org.vgg4j.evaluate.BoxEvaluation;
import org.vgg4j.evaluate.Evaluation;
import org.vgg4j.evaluate.LabelEvaluation;
import org.vgg4j.evaluate.Measurement;
import org.vgg4j.model.Task;

/**
 * The results of one epoch: a line of metrics.csv.
 *
 * @param epoch the epoch, from 1
 * @param step steps since the start of training
 * @param learningRate of the epoch
 * @param trainLoss mean loss of the epoch's batches, with dropout
 * @param trainError share of their images that the network got wrong, in percent; of labels, those
 *     with any wrong label
 * @param validation of the network at the end of the epoch, without dropout
 * @param imagesPerSecond training images per second, without validation
 * @param seconds since the start of training
 * @param dataWaitShare share of the time of the epoch's steps that training waited for images, in
 *     0..1
 */
public record EpochMetrics(
    int epoch,
    int step,
    double learningRate,
    double trainLoss,
    double trainError,
    Measurement validation,
    double imagesPerSecond,
    double seconds,
    double dataWaitShare) {

  /** The first line of metrics.csv. */
  static String csvHeader(Task task) {
    return "epoch,step,learning_rate,train_loss,%s,images_per_second,seconds,data_wait_share"
        .formatted(
            switch (task) {
              case CLASSIFICATION -> "train_top1_error,val_loss,val_top1_error,val_top5_error";
              case LABELS -> "train_image_error,val_loss,val_map,val_f1";
              case SINGLE_BOX, BOX_PER_CLASS ->
                  "train_box_error,val_loss,val_box_error,val_mean_overlap";
            });
  }

  /** The error, or of labels the mean average precision. */
  private double first() {
    return validation instanceof LabelEvaluation labels
        ? labels.meanAveragePrecision()
        : validation.error();
  }

  /** The number beside the error: the top-5 error, F1, or the mean overlap of the boxes. */
  private double second() {
    if (validation instanceof Evaluation evaluation) {
      return evaluation.top5Error();
    }
    if (validation instanceof BoxEvaluation boxes) {
      return boxes.meanOverlap();
    }
    if (validation instanceof LabelEvaluation labels) {
      return labels.f1();
    }
    throw new IllegalStateException("no line of metrics.csv for " + validation);
  }

  /** This epoch's line of metrics.csv. */
  String csvLine() {
    return String.format(
        Locale.ROOT,
        "%d,%d,%s,%.6f,%.4f,%.6f,%.4f,%.4f,%.1f,%.1f,%.4f",
        epoch,
        step,
        learningRate,
        trainLoss,
        trainError,
        validation.meanLoss(),
        first(),
        second(),
        imagesPerSecond,
        seconds,
        dataWaitShare);
  }
}
