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

  /**
   * Measures some images of a data set.
   *
   * @param begin index of the first
   * @param end index behind the last
   * @param done receives, after each batch, the number of images done
   * @return sums over images, which can be added to those of the others
   * @throws org.vgg4j.base.InputException as {@link #evaluate} does
   */
  double[] sums(Dataset whole, int begin, int end, IntConsumer done);

  /** The measurement of a whole data set that has such sums. */
  Measurement ofSums(double[] sums);
}
