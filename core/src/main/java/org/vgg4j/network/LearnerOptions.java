package org.vgg4j.network;

import java.util.Map;
import java.util.Set;

/**
 * How a network learns.
 *
 * @param batch images of a whole batch, over all ranks
 * @param microBatch images at a time, at most the rank's share of a batch
 * @param dropout share of the features of each hidden layer that is dropped, in [0, 1)
 * @param descent how a step uses the gradient
 * @param boxLoss how boxes are compared, if the network's outputs are boxes
 * @param classLoss how class scores are compared, if the outputs are these, with one label or with
 *     several
 * @param averaged whether an average of the weights is kept beside them
 */
public record LearnerOptions(
    int batch,
    int microBatch,
    double dropout,
    Descent descent,
    BoxLoss boxLoss,
    ClassLoss classLoss,
    boolean averaged) {
  /**
   * Mini-batch gradient descent with momentum and L2 decay.
   *
   * @param momentum fraction of the last step that is repeated, 0.9 in the paper
   * @param weightDecay factor of the L2 penalty, 5e-4 in the paper
   * @param biasDecay whether biases, and the scales of batch norms, decay like weights
   * @param frozen names of the layers, such as conv1_1, whose parameters stay as they are
   * @param rateFactors for layers with a learning rate of their own: its ratio to the common rate
   * @param clip the largest L2 norm that the gradient of a batch may have, over all parameters that
   *     learn and without the decay; a longer one is scaled to it (Pascanu, Mikolov and Bengio
   *     2013, section 3.2). Infinite: gradients stay as they are
   */
  public record Descent(
      double momentum,
      double weightDecay,
      boolean biasDecay,
      Set<String> frozen,
      Map<String, Double> rateFactors,
      double clip) {
    /** Copies the collections. */
    public Descent {
      frozen = Set.copyOf(frozen);
      rateFactors = Map.copyOf(rateFactors);
    }

    /** Gradients stay as they are. */
    public Descent(
        double momentum,
        double weightDecay,
        boolean biasDecay,
        Set<String> frozen,
        Map<String, Double> rateFactors) {
      this(momentum, weightDecay, biasDecay, frozen, rateFactors, Double.POSITIVE_INFINITY);
    }

    /** All layers learn at the same rate. */
    public Descent(double momentum, double weightDecay, boolean biasDecay) {
      this(momentum, weightDecay, biasDecay, Set.of(), Map.of());
    }

    /** Whether gradients may have to be scaled. */
    public boolean clips() {
      return clip < Double.POSITIVE_INFINITY;
    }

    /**
     * What a gradient of this norm is multiplied by. One whose norm is not a number stays as it is:
     * the next loss then says that training has diverged.
     */
    public double clipFactor(double norm) {
      return norm > clip && Double.isFinite(norm) ? clip / norm : 1;
    }
  }

  /**
   * What a learner's memory depends on beside its network.
   *
   * @param microBatch images at a time
   * @param batch images of a whole batch
   * @param clips whether gradients may have to be scaled, so that all must be there first
   * @param averaged whether an average of the weights is kept
   */
  public record Size(int microBatch, int batch, boolean clips, boolean averaged) {
    /** Whether the gradients of a whole batch are collected before a step is made. */
    public boolean collects() {
      return clips || microBatch < batch;
    }
  }

  /** Outputs are compared as in the paper. */
  public LearnerOptions(int batch, int microBatch, double dropout, Descent descent) {
    this(batch, microBatch, dropout, descent, BoxLoss.SQUARED);
  }

  /** Labels are taken as they are; without an average. */
  public LearnerOptions(
      int batch, int microBatch, double dropout, Descent descent, BoxLoss boxLoss) {
    this(batch, microBatch, dropout, descent, boxLoss, ClassLoss.PLAIN, false);
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

  /** What the memory of a learner with these options depends on. */
  public Size size() {
    return new Size(microBatch, batch, descent.clips(), averaged);
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
