package org.vgg4j.evaluate;

import java.util.function.IntConsumer;
import org.vgg4j.data.Dataset;
import org.vgg4j.parallel.ProcessGroup;

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

  /**
   * Measures a data set that several processes divide; all get the sums of the whole.
   *
   * @param group whose processes all call this
   * @param done receives, after each batch, the number of this process's images done
   * @throws org.vgg4j.base.InputException as {@link #evaluate} does
   * @throws org.vgg4j.base.AbortedException if another process has ended
   */
  default double[] sums(Dataset whole, ProcessGroup group, IntConsumer done) {
    int size = whole.size();
    double[] sums =
        sums(
            whole,
            group.shareBegin(size),
            group.shareEnd(size),
            images -> {
              group.reportProgress();
              done.accept(images);
            });
    group.barrier(); // hours may lie between the fastest and the slowest
    group.allReduce(sums);
    return sums;
  }

  /** The measurement of a whole data set that has such sums. */
  Measurement ofSums(double[] sums);
}
