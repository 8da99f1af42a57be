package org.vgg4j.data.loading;

import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.UnreadableImageException;
import org.vgg4j.image.transform.Geometry;
import org.vgg4j.image.transform.Preprocessor;
import org.vgg4j.model.Preprocessing;

/**
 * Decodes images of a data set, makes samples of them and writes these into batches. Thread-safe.
 */
final class SampleWriter {
  private final Dataset dataset;
  private final Preprocessor preprocessor;
  private final int sampleLength;

  /** Makes a sample of crop x crop pixels from the image of that index; thread-safe. */
  interface Cut {
    Augmentation.Sample apply(RgbImage image, int index);
  }

  SampleWriter(Dataset dataset, Preprocessing preprocessing) {
    this.dataset = dataset;
    this.preprocessor = new Preprocessor(preprocessing);
    this.sampleLength = 3 * preprocessing.crop() * preprocessing.crop();
  }

  /**
   * Checks that a batch has room.
   *
   * @param count number of samples
   * @param images [samples][3][crop][crop]
   * @throws IllegalArgumentException if it does not
   */
  void requireRoom(int count, float[] images) {
    if (images.length < (long) count * sampleLength) {
      throw new IllegalArgumentException(
          "%d samples of %d values do not fit %d values"
              .formatted(count, sampleLength, images.length));
    }
  }

  /**
   * Writes one sample.
   *
   * @param index of the image in the data set
   * @param cut makes the sample from the image
   * @param images [samples][3][crop][crop]
   * @param n which sample of the batch
   * @return where in the image it lies
   */
  Geometry write(int index, Cut cut, float[] images, int n) {
    RgbImage image = dataset.image(index);
    try {
      Augmentation.Sample sample = cut.apply(image, index);
      preprocessor.write(sample.image(), sample.shift(), images, n);
      return sample.geometry();
    } catch (UnreadableImageException e) {
      throw new InputException(dataset.id(index) + ": " + e.getMessage(), e);
    }
  }
}
