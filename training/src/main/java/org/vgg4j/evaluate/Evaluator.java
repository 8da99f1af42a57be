package org.vgg4j.evaluate;

import java.util.function.IntConsumer;
import org.vgg4j.data.Dataset;

/** Measures a network on data sets, as its task requires. Not thread-safe. */
public interface Evaluator {
  /**
   * Measures it.
   *
   * @param dataset its classes must be among the network's, by name
   * @param done receives, after each batch, the number of images done
   * @throws org.vgg4j.base.InputException if the data set has a class that the network does not
   *     know, or an image cannot be read
   */
  Measurement evaluate(Dataset dataset, IntConsumer done);

  /** The measurement that has such sums, see {@link Measurement#sums}. */
  Measurement ofSums(double[] sums);
}
