package org.vgg4j.evaluate;

import java.util.List;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Function;
import org.vgg4j.data.Dataset;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.UnreadableImageException;
import org.vgg4j.network.HostThreads;

/**
 * Consecutive images of a data set, rescaled to all test scales.
 *
 * @param readable by their indices in the data set, each at all scales
 * @param unreadable what is wrong with the others, by their indices
 */
public record RescaledImages(
    SortedMap<Integer, List<RgbImage>> readable, SortedMap<Integer, String> unreadable) {
  /** Bytes of rescaled images held at a time. */
  private static final long BYTES = 128L << 20;

  private static final int MOST_IMAGES = 64;

  /** How many images to read at a time; it depends on the scales alone. */
  public static int atATime(List<Integer> scales) {
    long bytes = 0;
    for (int scale : scales) {
      bytes += 3L * scale * scale * 3 / 2; // images are most often 3 to 2
    }
    return (int) Math.max(1, Math.min(MOST_IMAGES, BYTES / bytes));
  }

  /**
   * Reads and rescales images.
   *
   * @param threads do so
   * @param first index of the first
   * @param rescale gives an image at all scales; thread-safe
   */
  public static RescaledImages read(
      HostThreads threads,
      Dataset dataset,
      int first,
      int count,
      Function<RgbImage, List<RgbImage>> rescale) {
    SortedMap<Integer, List<RgbImage>> readable = new ConcurrentSkipListMap<>();
    SortedMap<Integer, String> unreadable = new ConcurrentSkipListMap<>();
    threads.parallel(
        count,
        n -> {
          int index = first + n;
          try {
            readable.put(index, rescale.apply(dataset.image(index)));
          } catch (UnreadableImageException e) {
            unreadable.put(index, String.valueOf(e.getMessage()));
          }
        });
    return new RescaledImages(readable, unreadable);
  }
}
