package org.vgg4j.data;

import java.util.concurrent.atomic.LongAdder;
import org.vgg4j.image.RgbImage;
import org.vgg4j.model.Rgb;

/** The mean colour of a data set, which is subtracted from every pixel (the paper, section 2.1). */
public final class MeanRgb {
  private MeanRgb() {}

  /**
   * Returns the mean of each channel over all pixels of all pictures at their own sizes. The sums
   * are integers, so the result does not depend on the order or the number of threads.
   *
   * @param dataset at least one picture; all of them are decoded
   * @param parallel runs one task per picture
   * @return each channel in 0..255
   */
  public static Rgb of(Dataset dataset, ParallelFor parallel) {
    LongAdder[] sums = {new LongAdder(), new LongAdder(), new LongAdder()};
    LongAdder pixels = new LongAdder();
    parallel.run(
        dataset.size(),
        i -> {
          RgbImage image = dataset.image(i);
          for (int channel = 0; channel < 3; channel++) {
            sums[channel].add(sum(image, channel));
          }
          pixels.add((long) image.width() * image.height());
        });
    double count = pixels.sum();
    return new Rgb(
        (float) (sums[0].sum() / count),
        (float) (sums[1].sum() / count),
        (float) (sums[2].sum() / count));
  }

  private static long sum(RgbImage image, int channel) {
    byte[] values = image.pixels();
    long sum = 0;
    for (int i = channel; i < values.length; i += 3) {
      sum += values[i] & 0xFF;
    }
    return sum;
  }
}
