package org.vgg4j.network;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.vgg4j.base.InputException;
import org.vgg4j.model.Architecture;

/**
 * A trained network whose weights lie where an engine computes, in the form that it needs; makes
 * passes, which share the weights. Batch norms are folded into the convolutions before them. To be
 * used by one thread at a time, together with its passes, except for passes that have threads of
 * their own.
 */
public interface Network extends AutoCloseable {
  /** The network, without batch normalisation. */
  Architecture architecture();

  /** How the weights of the fully connected layers are held. */
  FcWeights fcWeights();

  /**
   * The relative rounding error of each fully connected layer, by name: the root of the sum of its
   * weights' squared errors, divided by that of its squared weights. Empty if none was rounded; NaN
   * where a weight is not finite.
   */
  Map<String, Double> roundingErrors();

  /**
   * Returns a pass over crops.
   *
   * @param capacity the largest batch
   * @param taps outputs to keep: {@code relu1_1}, {@code lrn1}, {@code pool5}, {@code fc7} (after
   *     ReLU), {@code fc8} (the class scores), …
   * @throws InputException if there is no such tap, or there is not enough memory
   */
  Inference inference(int capacity, Set<String> taps);

  /**
   * Returns a pass over crops that runs concurrently with others: they share the weights, but each
   * has its own threads and memory.
   *
   * @param threads threads for the thread that uses the pass
   * @param capacity see {@link #inference(int, Set)}
   * @param taps see {@link #inference(int, Set)}
   * @throws InputException as {@link #inference(int, Set)} does
   */
  Inference inference(HostThreads threads, int capacity, Set<String> taps);

  /**
   * Returns how many crops at a time fit into the memory, beside what else is in it.
   *
   * @param wanted the most that are useful; at least 1
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

  /**
   * Returns a pass over whole images that runs concurrently with others: they share the weights,
   * but each has its own threads and memory.
   *
   * @param threads threads for the thread that uses the pass
   * @param taps see {@link #features(Set)}
   * @throws InputException if there is no such output
   */
  DenseFeatures features(HostThreads threads, Set<String> taps);

  /**
   * The weights as they lie on the host, shared and not to be changed; empty where only the device
   * has them.
   */
  default Optional<Parameters> parameters() {
    return Optional.empty();
  }

  /**
   * Releases memory that the garbage collector does not manage; the passes are unusable afterwards.
   */
  @Override
  void close();
}
