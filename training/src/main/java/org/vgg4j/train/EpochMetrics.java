package org.vgg4j.train;

import java.util.Locale;
import org.vgg4j.evaluate.Evaluation;

/**
 * The results of one epoch: a line of metrics.csv.
 *
 * @param epoch the epoch, from 1
 * @param step steps since the start of training
 * @param learningRate of the epoch
 * @param trainLoss mean cross-entropy of the epoch's batches, with dropout, in nats
 * @param trainTop1Error of the same, in percent
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
    double trainTop1Error,
    Evaluation validation,
    double imagesPerSecond,
    double seconds,
    double dataWaitShare) {

  /** The first line of metrics.csv. */
  static final String CSV_HEADER =
      "epoch,step,learning_rate,train_loss,train_top1_error,val_loss,val_top1_error,val_top5_error,"
          + "images_per_second,seconds,data_wait_share";

  /** This epoch's line of metrics.csv. */
  String csvLine() {
    return String.format(
        Locale.ROOT,
        "%d,%d,%s,%.6f,%.4f,%.6f,%.4f,%.4f,%.1f,%.1f,%.4f",
        epoch,
        step,
        learningRate,
        trainLoss,
        trainTop1Error,
        validation.meanLoss(),
        validation.top1Error(),
        validation.top5Error(),
        imagesPerSecond,
        seconds,
        dataWaitShare);
  }
}
