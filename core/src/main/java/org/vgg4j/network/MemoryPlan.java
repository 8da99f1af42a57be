package org.vgg4j.network;

import java.util.List;
import java.util.Map;

/**
 * The memory that a network takes on its device, known before it runs.
 *
 * @param parts bytes of each part, in the order in which to list them
 * @param longestArray length of the longest array that grows with the batch
 */
public record MemoryPlan(Map<String, Long> parts, long longestArray) {
  /** The part of the weights, as they were trained or as {@link FcWeights} holds them. */
  public static final String WEIGHTS = "weights";

  /** The part of the weights' average. */
  public static final String AVERAGES = "averaged weights";

  /** The part of convolutions with the batch norms folded in. */
  public static final String FOLDED = "convolutions with their normalisations";

  /** The part of weights in the form that the kernels read. */
  public static final String PREPARED = "prepared weights";

  /** The sum of the parts, in bytes. */
  public long total() {
    return parts.values().stream().mapToLong(Long::longValue).sum();
  }

  /**
   * The memory of a forward pass beside the weights in any form, which several passes may share; in
   * bytes.
   */
  public long ofPass() {
    long shared = 0;
    for (String part : List.of(WEIGHTS, FOLDED, PREPARED)) {
      shared += parts.getOrDefault(part, 0L);
    }
    return total() - shared;
  }

  /** Whether an array would be longer than Java allows. */
  public boolean hasTooLongArray() {
    return longestArray > Buffers.LONGEST;
  }
}
