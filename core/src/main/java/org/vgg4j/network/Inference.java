package org.vgg4j.network;

import java.util.Map;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Architecture;

/**
 * The forward pass: class scores of a batch of crops, and what lies between on request. All memory
 * is allocated when it is made, or when the largest batch is changed. Not thread-safe.
 */
public interface Inference extends ForwardPass {
  /**
   * What a stage cannot do without.
   *
   * @param multiplyAdds of its products, as the kernels make them
   * @param bytes of its input, its weights and its output, each moved once
   */
  record Work(long multiplyAdds, long bytes) {}

  /** The network, without batch normalisation, which is folded away. */
  Architecture architecture();

  /**
   * Takes batches of so many images from now on; what smaller ones needed is let go.
   *
   * @throws InputException if the memory does not suffice
   */
  void enlarge(int newCapacity);

  /**
   * Computes class scores (before soft-max).
   *
   * @param images {@code [N][3][crop][crop]}, preprocessed as the weights want it
   * @param count N, at most the capacity
   * @return {@code [N][classes]}; overwritten by the next call
   */
  float[] scores(float[] images, int count);

  /**
   * What the last call left at a tap.
   *
   * @return {@code [N][C][H][W]} or {@code [N][features]}, a copy
   * @throws IllegalArgumentException if it was not asked for when this was made, or nothing ran yet
   */
  float[] tap(String name);

  /**
   * How long each stage of the last forward pass took, in nanoseconds, by the name of its output.
   */
  Map<String, Long> stageNanos();

  /**
   * What each stage has to do for that many images, by the name of its output. An input that the
   * caches still hold does not come from memory; nor need a small output go there.
   */
  Map<String, Work> work(int count);
}
