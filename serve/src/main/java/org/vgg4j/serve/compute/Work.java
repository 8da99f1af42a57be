package org.vgg4j.serve.compute;

import java.util.List;

/**
 * Something that is computed for one input or several at a time. Jobs of the same instance are put
 * together.
 *
 * @param <I> an input
 * @param <O> its result
 */
public interface Work<I, O> {
  /** What it is called in figures, such as {@code classify}. */
  String name();

  /** The most inputs at a time, at least 1. */
  int most();

  /**
   * Computes; called by one thread at a time.
   *
   * @param inputs 1 to {@link #most}
   * @return a result for each
   */
  List<O> compute(List<I> inputs);
}
