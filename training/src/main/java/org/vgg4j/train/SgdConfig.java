package org.vgg4j.train;

import java.util.Map;

/**
 * Options of the optimiser.
 *
 * @param batch images per step
 * @param autoBatch whether {@link AutoBatch} takes another number in its place when a run begins
 * @param microBatch images at a time, at most the batch; 0: as many as memory allows
 * @param learningRate at the start
 * @param momentum momentum coefficient, in [0, 1)
 * @param weightDecay factor of the L2 penalty
 * @param biasDecay whether biases decay like weights
 * @param dropout rate after fc6 and fc7, in [0, 1)
 * @param layerRates learning rates of layers that have their own
 * @param clipGradients the largest norm that a batch's gradient may have, see {@link
 *     org.vgg4j.network.LearnerOptions.Descent#clip}; 0 for any
 * @param average which average of the weights becomes the model
 */
public record SgdConfig(
    int batch,
    boolean autoBatch,
    int microBatch,
    double learningRate,
    double momentum,
    double weightDecay,
    boolean biasDecay,
    double dropout,
    LayerRates layerRates,
    double clipGradients,
    AverageConfig average) {

  /**
   * @throws org.vgg4j.base.InputException if a number is out of its range
   */
  public SgdConfig {
    Require.option(batch >= 1, "batch", batch, "at least 1");
    Require.option(
        !autoBatch || microBatch == 0,
        "micro-batch",
        microBatch,
        "left out with batch auto, which is a single micro-batch");
    Require.option(
        microBatch >= 0 && microBatch <= batch,
        "micro-batch",
        microBatch,
        "from 1 to the batch, " + batch + ", or 0 for as many images as memory allows");
    Require.option(
        learningRate > 0 && Double.isFinite(learningRate), "lr", learningRate, "a positive number");
    Require.option(momentum >= 0 && momentum < 1, "momentum", momentum, "in [0, 1)");
    Require.option(
        weightDecay >= 0 && Double.isFinite(weightDecay),
        "weight-decay",
        weightDecay,
        "zero or a positive number");
    Require.option(dropout >= 0 && dropout < 1, "dropout", dropout, "in [0, 1)");
    Require.option(
        clipGradients >= 0 && Double.isFinite(clipGradients),
        "clip-gradients",
        clipGradients,
        "zero or a positive number");
  }

  /** The batch, or the text that leaves it open. */
  Object batchOption() {
    return autoBatch ? AutoBatch.WORD : batch;
  }

  /** Adds the options that change nothing unless they are set, if they are. */
  void addTo(Map<String, Object> options) {
    if (clipGradients > 0) {
      options.put("clip-gradients", clipGradients);
    }
    if (average.isKept()) {
      options.put("average", average.text());
    }
  }
}
