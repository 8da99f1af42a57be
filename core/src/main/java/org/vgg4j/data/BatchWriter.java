package org.vgg4j.data;

import java.util.function.IntUnaryOperator;
import org.vgg4j.base.InputException;
import org.vgg4j.image.Preprocessor;
import org.vgg4j.image.RgbImage;
import org.vgg4j.model.Preprocessing;

/** Fills batches with pictures of a data set, one task per sample. */
final class BatchWriter {
  private final Dataset dataset;
  private final Preprocessor preprocessor;
  private final int sampleLength;
  private final ParallelFor parallel;

  /** Makes crop x crop pixels of the picture of that index; thread-safe. */
  interface Cut {
    RgbImage apply(RgbImage image, int index);
  }

  BatchWriter(Dataset dataset, Preprocessing preprocessing, ParallelFor parallel) {
    this.dataset = dataset;
    this.preprocessor = new Preprocessor(preprocessing);
    this.sampleLength = 3 * preprocessing.crop() * preprocessing.crop();
    this.parallel = parallel;
  }

  /**
   * Writes samples 0 to count - 1.
   *
   * @param count number of samples
   * @param indexOf which picture of the data set a sample is
   * @param cut makes the sample of the picture
   * @param images [samples][3][crop][crop], room for at least count samples
   * @param labels [samples], room for at least count
   */
  void write(int count, IntUnaryOperator indexOf, Cut cut, float[] images, int[] labels) {
    if (images.length < (long) count * sampleLength || labels.length < count) {
      throw new IllegalArgumentException(
          "%d samples of %d values do not fit %d values and %d labels"
              .formatted(count, sampleLength, images.length, labels.length));
    }
    parallel.run(
        count,
        i -> {
          int index = indexOf.applyAsInt(i);
          labels[i] = dataset.label(index);
          preprocessor.write(cutNaming(index, cut), images, i);
        });
  }

  private RgbImage cutNaming(int index, Cut cut) {
    RgbImage image = dataset.image(index);
    try {
      return cut.apply(image, index);
    } catch (InputException e) {
      throw new InputException(dataset.id(index) + ": " + e.getMessage(), e);
    }
  }
}
