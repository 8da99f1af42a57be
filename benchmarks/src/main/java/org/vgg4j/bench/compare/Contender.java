package org.vgg4j.bench.compare;

/** An engine that has a job's network and images ready. Used by one thread. */
public interface Contender {
  /** Creates contenders; must have a public constructor without arguments. */
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
   * Runs once what is timed: a forward pass over the batch, or a training step, depending on the
   * workload.
   *
   * @throws Exception if the engine fails
   */
  void run() throws Exception;

  /**
   * Class scores of the batch with the current weights, without dropout.
   *
   * @return {@code [N][classes]}
   * @throws Exception if the engine fails
   */
  float[] scores() throws Exception;
}
