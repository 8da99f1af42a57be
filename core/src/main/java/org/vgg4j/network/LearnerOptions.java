package org.vgg4j.network;

import java.util.Map;
import java.util.Set;

/**
 * How a network learns.
 *
 * @param batch images of a whole batch, over all ranks
 * @param microBatch images at a time, at most the rank's share of a batch
 * @param dropout share of the hidden features of fc6 and fc7 that is dropped, in [0, 1)
 * @param descent how a step uses the gradient
 * @param boxLoss how boxes are compared, if the network's outputs are boxes
 */
public record LearnerOptions(
    int batch, int microBatch, double dropout, Descent descent, BoxLoss boxLoss) {
  /**
   * Mini-batch gradient descent with momentum and L2 decay.
   *
   * @param momentum fraction of the last step that is repeated, 0.9 in the paper
   * @param weightDecay factor of the L2 penalty, 5e-4 in the paper
   * @param biasDecay whether biases, and the scales of batch norms, decay like weights
   * @param frozen names of the layers, such as conv1_1, whose parameters stay as they are
   * @param rateFactors for layers with a learning rate of their own: its ratio to the common rate
   */
  public record Descent(
      double momentum,
      double weightDecay,
      boolean biasDecay,
      Set<String> frozen,
      Map<String, Double> rateFactors) {
    /** Copies the collections. */
    public Descent {
      frozen = Set.copyOf(frozen);
      rateFactors = Map.copyOf(rateFactors);
    }

    /** All layers learn at the same rate. */
    public Descent(double momentum, double weightDecay, boolean biasDecay) {
      this(momentum, weightDecay, biasDecay, Set.of(), Map.of());
    }
  }

  /** Boxes are compared as in the paper. */
  public LearnerOptions(int batch, int microBatch, double dropout, Descent descent) {
    this(batch, microBatch, dropout, descent, BoxLoss.SQUARED);
  }

  /**
   * @throws IllegalArgumentException if a batch has no images, or fewer than a micro-batch
   */
  public LearnerOptions {
    if (microBatch < 1 || microBatch > batch) {
      throw new IllegalArgumentException(
          "micro-batches of %d images in batches of %d".formatted(microBatch, batch));
    }
  }

  /**
   * Micro-batches of each rank's share of a whole batch, of which the last may be smaller.
   *
   * @param ranks among which a batch is divided
   */
  public int microBatchesOfShare(int ranks) {
    int share = (batch + ranks - 1) / ranks;
    return (share + microBatch - 1) / microBatch;
  }
}
