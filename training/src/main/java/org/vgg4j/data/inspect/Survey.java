package org.vgg4j.data.inspect;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.ParallelFor;
import org.vgg4j.data.Split;
import org.vgg4j.data.Unreadable;
import org.vgg4j.data.loading.ColorPca;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.UnreadableImageException;
import org.vgg4j.image.transform.Rescale;
import org.vgg4j.model.Rgb;

/**
 * What a pass over every image of a data set finds: the mean colour, which is subtracted from every
 * pixel (the paper, section 2.1), the principal components of the colours, and the images that
 * cannot be used. Over all pixels of all images at their own sizes; the sums are integers, so they
 * depend neither on the order nor on the number of threads.
 *
 * @param mean each channel in 0..255; NaN if no image could be read
 * @param colors of pixels in [0, 1]
 * @param unreadable in the order of the data set
 */
public record Survey(Rgb mean, ColorPca colors, List<Unreadable> unreadable) {
  /** Images between two checks for a request to stop. */
  private static final int CHUNK = 256;

  private static final int CHANNELS = 3;

  /**
   * Offsets in the sums: those of the channels come first, then those of products of two, then the
   * number of pixels.
   */
  private static final int PRODUCTS = CHANNELS;

  private static final int PIXELS = CHANNELS + CHANNELS * CHANNELS;

  /**
   * Looks at all images; each is decoded once.
   *
   * @param split which part of the data set this is
   * @param dataset the images
   * @param largestScale the largest shorter side that the images will be rescaled to
   * @param parallel runs one task per image
   * @param done is told now and then how many were looked at
   * @param stop asked now and then
   * @return null if it was asked to stop
   * @throws org.vgg4j.base.InputException if a file cannot be read at all
   */
  public static @Nullable Survey of(
      Split split,
      Dataset dataset,
      int largestScale,
      ParallelFor parallel,
      IntConsumer done,
      BooleanSupplier stop) {
    AtomicLongArray sums = new AtomicLongArray(PIXELS + 1);
    ConcurrentSkipListMap<Integer, Unreadable> unreadable = new ConcurrentSkipListMap<>();
    for (int begin = 0; begin < dataset.size(); begin += CHUNK) {
      int first = begin;
      parallel.run(
          Math.min(CHUNK, dataset.size() - first),
          i -> {
            int index = first + i;
            try {
              RgbImage image = dataset.image(index);
              Rescale.requireFits(image, largestScale);
              add(image, sums);
            } catch (UnreadableImageException e) {
              unreadable.put(
                  index,
                  new Unreadable(split, index, dataset.id(index), String.valueOf(e.getMessage())));
            }
          });
      if (stop.getAsBoolean()) {
        return null;
      }
      done.accept(Math.min(dataset.size(), first + CHUNK));
    }
    return new Survey(
        mean(sums), ColorPca.of(covariance(sums)), new ArrayList<>(unreadable.values()));
  }

  /** Copies the list. */
  public Survey {
    unreadable = List.copyOf(unreadable);
  }

  private static void add(RgbImage image, AtomicLongArray sums) {
    byte[] values = image.pixels();
    long[] own = new long[PIXELS];
    for (int i = 0; i < values.length; i += CHANNELS) {
      long red = values[i] & 0xFF;
      long green = values[i + 1] & 0xFF;
      long blue = values[i + 2] & 0xFF;
      own[0] += red;
      own[1] += green;
      own[2] += blue;
      own[PRODUCTS] += red * red;
      own[PRODUCTS + 1] += red * green;
      own[PRODUCTS + 2] += red * blue;
      own[PRODUCTS + 4] += green * green;
      own[PRODUCTS + 5] += green * blue;
      own[PRODUCTS + 8] += blue * blue;
    }
    for (int i = 0; i < PIXELS; i++) {
      sums.addAndGet(i, own[i]);
    }
    sums.addAndGet(PIXELS, values.length / CHANNELS);
  }

  private static Rgb mean(AtomicLongArray sums) {
    double pixels = sums.get(PIXELS);
    return new Rgb(
        (float) (sums.get(0) / pixels),
        (float) (sums.get(1) / pixels),
        (float) (sums.get(2) / pixels));
  }

  private static double[][] covariance(AtomicLongArray sums) {
    double pixels = sums.get(PIXELS);
    double[][] covariance = new double[CHANNELS][CHANNELS];
    for (int a = 0; a < CHANNELS; a++) {
      for (int b = a; b < CHANNELS; b++) {
        double product = sums.get(PRODUCTS + CHANNELS * a + b) / pixels;
        covariance[a][b] =
            (product - sums.get(a) / pixels * (sums.get(b) / pixels)) / (255.0 * 255.0);
        covariance[b][a] = covariance[a][b];
      }
    }
    return covariance;
  }
}
