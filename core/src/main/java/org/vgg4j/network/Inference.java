package org.vgg4j.network;

import java.util.Map;
import java.util.Set;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Architecture;

/**
 * The forward pass over a batch of crops, with outputs of earlier layers on request. All memory is
 * allocated on construction, or when the largest batch is changed. Not thread-safe.
 */
public interface Inference extends ForwardPass, AutoCloseable {
  /**
   * The least work that a stage can do.
   *
   * @param multiplyAdds multiply-adds of its products, as the kernels compute them
   * @param bytes bytes of its input, its weights and its output, each moved once
   */
  record Work(long multiplyAdds, long bytes) {}

  /** The network, without batch normalisation, which is folded away. */
  Architecture architecture();

  /**
   * Takes batches of so many images from now on; the memory for the old size is released.
   *
   * @throws InputException if there is not enough memory
   */
  void enlarge(int newCapacity);

  /**
   * Which of the taps that were asked for on construction are kept from now on: at first all. What
   * was kept of others is released.
   */
  void keep(Set<String> taps);

  /**
   * The output at a tap in the last call.
   *
   * @return {@code [N][C][H][W]} or {@code [N][features]}, a copy
   * @throws IllegalArgumentException if this tap was not asked for, or nothing has run yet
   */
  float[] tap(String name);

  /**
   * How long each stage of the last forward pass took, in nanoseconds, by the name of its output. A
   * device that does not measure on the way repeats the pass when it is asked.
   */
  Map<String, Long> stageNanos();

  /**
   * The work of each stage for that many images, by the name of its output. Caches may save some of
   * the traffic: of an input that they still hold, and of a small output.
   */
  Map<String, Work> work(int count);

  /**
   * Lets go of memory that the garbage collector does not see; closing the network does so, too.
   */
  @Override
  default void close() {}
}
