package org.vgg4j.data;

import java.util.Objects;
import org.vgg4j.model.Preprocessing;

/**
 * Makes training batches: pictures in the sampler's order, augmented and preprocessed. What a batch
 * holds depends on its epoch and position only. Not thread-safe; the samples of a batch are made in
 * parallel.
 */
public final class BatchLoader {
  private final Sampler sampler;
  private final Augmentation augmentation;
  private final BatchWriter writer;
  private int epochOfOrder = -1;
  private int[] order = {};

  /**
   * @param dataset the training images
   * @param sampler their order, of the same size
   * @param augmentation what is made of them, of the same crop as the preprocessing
   * @param preprocessing how pixels become input values
   * @param parallel runs one task per sample
   * @throws IllegalArgumentException if sizes or crops differ
   */
  public BatchLoader(
      Dataset dataset,
      Sampler sampler,
      Augmentation augmentation,
      Preprocessing preprocessing,
      ParallelFor parallel) {
    if (sampler.size() != dataset.size() || augmentation.crop() != preprocessing.crop()) {
      throw new IllegalArgumentException(
          "%s and %s do not fit %d images and %s"
              .formatted(sampler, augmentation, dataset.size(), preprocessing));
    }
    this.sampler = sampler;
    this.augmentation = augmentation;
    this.writer = new BatchWriter(dataset, preprocessing, parallel);
  }

  /**
   * Makes the samples at positions first to first + count - 1 of an epoch. Batch b of B samples
   * begins at position b * B; the last one of an epoch may be smaller.
   *
   * @param epoch from 0
   * @param first position in the epoch's order of the first sample, from 0
   * @param count number of samples
   * @param images receives [count][3][crop][crop]; may be longer
   * @param labels receives [count]; may be longer
   * @throws IndexOutOfBoundsException if the positions leave the epoch
   * @throws org.vgg4j.base.InputException if an image cannot be used
   */
  public void load(int epoch, int first, int count, float[] images, int[] labels) {
    Objects.checkFromIndexSize(first, count, sampler.size());
    if (epoch != epochOfOrder) {
      order = sampler.order(epoch);
      epochOfOrder = epoch;
    }
    writer.write(
        count,
        i -> order[first + i],
        (image, index) -> augmentation.apply(image, epoch, index),
        images,
        labels);
  }
}
