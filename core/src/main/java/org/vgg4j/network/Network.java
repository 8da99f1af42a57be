package org.vgg4j.network;

import java.util.Map;
import java.util.Set;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Architecture;

/**
 * A trained network whose weights lie where an engine computes, in the form that it wants; makes
 * passes over them, which share the weights. Batch norms are folded into the convolutions before
 * them. Used by one thread at a time, with all its passes but those that have threads of their own.
 */
public interface Network extends AutoCloseable {
  /** The network, without batch normalisation. */
  Architecture architecture();

  /** How the weights of the fully connected layers are held. */
  FcWeights fcWeights();

  /**
   * What rounding changed in each fully connected layer, by its name: the root of the sum of the
   * squared errors of its weights, as a share of that of the squared weights. Empty if none was
   * rounded; NaN where a weight is not finite.
   */
  Map<String, Double> roundingErrors();

  /**
   * Returns a pass over crops.
   *
   * @param capacity the largest batch
   * @param taps outputs to keep: {@code relu1_1}, {@code lrn1}, {@code pool5}, {@code fc7} (after
   *     ReLU), {@code fc8} (the class scores), …
   * @throws InputException if there is no such tap, or the memory does not suffice
   */
  Inference inference(int capacity, Set<String> taps);

  /**
   * Returns a pass over crops that runs beside others, each with threads of its own: the weights
   * are shared, the rest is its own.
   *
   * @param threads of the thread that uses the pass
   * @param capacity see {@link #inference(int, Set)}
   * @param taps see {@link #inference(int, Set)}
   * @throws InputException as {@link #inference(int, Set)}
   */
  Inference inference(HostThreads threads, int capacity, Set<String> taps);

  /**
   * Returns how many crops at a time the memory has room for, beside what else is in it.
   *
   * @param wanted no more than these; at least 1
   */
  int capacity(int wanted);

  /** Returns a pass over whole images. */
  DenseInference dense();

  /**
   * Returns a pass over whole images that ends with the deepest of some outputs.
   *
   * @param taps the outputs: {@code relu1_1}, {@code lrn1}, {@code pool5}, {@code fc7}, …; at least
   *     one
   * @throws InputException if there is no such output
   */
  DenseFeatures features(Set<String> taps);

  /** Lets go of memory that the garbage collector does not see; the passes are of no use then. */
  @Override
  void close();
}
