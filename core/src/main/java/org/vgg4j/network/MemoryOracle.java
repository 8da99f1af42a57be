package org.vgg4j.network;

import org.vgg4j.model.Architecture;

/** Predicts how much of an engine's memory networks take, before they are made, and what fits. */
public interface MemoryOracle {
  /**
   * The fraction of the memory that a plan may fill; the rest is for images and whatever is not
   * planned.
   */
  double USABLE = 0.85;

  /** What the memory is called in a sentence, such as "a heap". */
  String name();

  /** How to get more of it, such as "give Java more (-Xmx...)". */
  String remedy();

  /** How much there is, in bytes. */
  long limit();

  /**
   * Number of devices that learn together, each with memory of its own and with micro-batches of
   * its own: the plans are those of one of them.
   */
  default int devices() {
    return 1;
  }

  /**
   * The memory of {@link Inference} without taps.
   *
   * @param batch images at a time
   * @param form how the weights of the fully connected layers are held
   */
  MemoryPlan inference(Architecture architecture, int batch, FcWeights form);

  /** The memory of a {@link Learner}, including validation between its steps. */
  MemoryPlan training(Architecture architecture, LearnerOptions.Size size);

  /**
   * The same without clipping and averages.
   *
   * @param microBatch images at a time
   * @param batch images of a whole batch
   */
  default MemoryPlan training(Architecture architecture, int microBatch, int batch) {
    return training(architecture, new LearnerOptions.Size(microBatch, batch, false, false));
  }

  /** Returns the same for another number of host threads. */
  MemoryOracle withThreads(int threads);

  /** Returns the same for another amount of memory. */
  MemoryOracle withLimit(long bytes);

  /** Whether a plan leaves enough memory for whatever is not planned. */
  default boolean fits(MemoryPlan plan) {
    return plan.total() <= USABLE * limit() && !plan.hasTooLongArray();
  }
}
