package org.vgg4j.bench.compare;

/** An engine that has a job's network and images ready. Used by one thread. */
public interface Contender {
  /** Makes contenders; has a public constructor without arguments. */
  @FunctionalInterface
  interface Factory {
    /**
     * Loads the job's weights and images.
     *
     * @throws Exception if the engine cannot do it
     */
    Contender open(Job job) throws Exception;
  }

  /**
   * What is timed, once: a forward pass over the batch, or a training step, as the workload says.
   *
   * @throws Exception if the engine fails
   */
  void run() throws Exception;

  /**
   * Class scores of the batch by the weights as they are now, without dropout.
   *
   * @return {@code [N][classes]}
   * @throws Exception if the engine fails
   */
  float[] scores() throws Exception;
}
