package org.vgg4j.data.inspect;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.ParallelFor;
import org.vgg4j.data.Split;
import org.vgg4j.data.Subset;
import org.vgg4j.data.Unreadable;
import org.vgg4j.image.RgbImage;

/**
 * What an inspection of one part of a data set found, for users.
 *
 * @param images number of images
 * @param lookedAt how many of them were decoded
 * @param classSizes images of each class; empty if the classes are not known
 * @param shorterSides smallest, median and largest, in pixels
 * @param longerSides smallest, median and largest, in pixels
 * @param survey mean colour, principal components and unreadable images of those decoded
 */
public record Inspection(
    int images,
    int lookedAt,
    int[] classSizes,
    Spread shorterSides,
    Spread longerSides,
    Survey survey) {

  /** The smallest, the middle and the largest of some numbers; zeros if there are none. */
  public record Spread(int smallest, int median, int largest) {
    /** Of numbers in any order. */
    public static Spread of(int[] numbers) {
      int[] sorted = numbers.clone();
      Arrays.sort(sorted);
      int last = sorted.length - 1;
      return last < 0 ? new Spread(0, 0, 0) : new Spread(sorted[0], sorted[last / 2], sorted[last]);
    }
  }

  /** Records the sizes of the images that pass through it. */
  private static final class Measuring implements Dataset {
    private final Dataset whole;
    private final int[] shorter;
    private final int[] longer;

    Measuring(Dataset whole) {
      this.whole = whole;
      this.shorter = new int[whole.size()];
      this.longer = new int[whole.size()];
    }

    @Override
    public String name() {
      return whole.name();
    }

    @Override
    public List<String> classNames() {
      return whole.classNames();
    }

    @Override
    public int size() {
      return whole.size();
    }

    @Override
    public int label(int index) {
      return whole.label(index);
    }

    @Override
    public String id(int index) {
      return whole.id(index);
    }

    @Override
    public RgbImage image(int index) {
      RgbImage image = whole.image(index);
      shorter[index] = Math.min(image.width(), image.height());
      longer[index] = Math.max(image.width(), image.height());
      return image;
    }

    @Override
    public String fingerprint() {
      return whole.fingerprint();
    }

    private static Spread spread(int[] sides) {
      return Spread.of(Arrays.stream(sides).filter(side -> side > 0).toArray());
    }
  }

  /**
   * Looks at a part of a data set.
   *
   * @param split what to call the part in {@link Unreadable}
   * @param dataset the part
   * @param limit decode at most this many images, evenly spread; at least 1
   * @param parallel runs one task per image
   * @param done is told now and then how many were decoded
   * @throws org.vgg4j.base.InputException if a file cannot be read at all
   */
  public static Inspection of(
      Split split, Dataset dataset, int limit, ParallelFor parallel, IntConsumer done) {
    return of(split, dataset, limit, 1, parallel, done);
  }

  /**
   * Looks at a part of a data set as training does.
   *
   * @param largestScale the largest shorter side that the images will be rescaled to; those that
   *     are too long for it count as unreadable
   */
  public static Inspection of(
      Split split,
      Dataset dataset,
      int limit,
      int largestScale,
      ParallelFor parallel,
      IntConsumer done) {
    int size = dataset.size();
    int count = Math.min(size, limit);
    int[] chosen = IntStream.range(0, count).map(i -> (int) ((long) i * size / count)).toArray();
    Measuring measuring = new Measuring(new Subset(dataset, dataset.name(), chosen));
    Survey survey = Survey.of(split, measuring, largestScale, parallel, done, () -> false);
    if (survey == null) {
      throw new IllegalStateException("stopped without being asked to");
    }
    int[] classSizes = new int[dataset.isLabelled() ? dataset.classNames().size() : 0];
    for (int i = 0; i < size && classSizes.length > 0; i++) {
      classSizes[dataset.label(i)]++;
    }
    List<Unreadable> unreadable =
        survey.unreadable().stream()
            .map(one -> new Unreadable(one.split(), chosen[one.index()], one.id(), one.reason()))
            .toList();
    return new Inspection(
        size,
        count,
        classSizes,
        Measuring.spread(measuring.shorter),
        Measuring.spread(measuring.longer),
        new Survey(survey.mean(), survey.colors(), unreadable));
  }
}
