package org.vgg4j.data.loading;

import org.vgg4j.base.Purpose;
import org.vgg4j.base.RandomStream;

/**
 * The order in which an epoch visits the samples: all of them once, shuffled anew in every epoch.
 *
 * @param size number of samples
 * @param seed the run's seed
 */
public record Sampler(int size, long seed) {
  /**
   * Returns the indices of all samples in the order of an epoch.
   *
   * @param epoch from 0
   */
  public int[] order(int epoch) {
    return new RandomStream(seed, epoch, 0, Purpose.SHUFFLE).permutation(size);
  }
}
