package org.vgg4j.serve.inference;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a client wants inferred.
 *
 * @param id the client's own name for the request, which the answer repeats; null if it has none
 * @param input the one tensor
 * @param outputs the wanted ones, at least one
 */
record InferRequest(@Nullable String id, Input input, List<Output> outputs) {
  /**
   * A tensor.
   *
   * @param name {@code image} or {@code input}
   * @param shape as the client states it
   * @param images FP32, an array for each, of which the last may be too short; null for BYTES
   * @param strings BYTES; null for FP32
   */
  record Input(
      String name,
      List<Long> shape,
      @Nullable List<float[]> images,
      @Nullable List<byte[]> strings) {}

  /**
   * A wanted tensor.
   *
   * @param name of the output
   * @param best how many classes, as text; 0: the tensor itself
   * @param binary whether it comes as bytes behind the JSON
   */
  record Output(String name, int best, boolean binary) {}
}
