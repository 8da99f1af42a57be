package org.vgg4j.data.inspect;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntBinaryOperator;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.ForwardingDataset;
import org.vgg4j.data.ParallelFor;
import org.vgg4j.data.Split;
import org.vgg4j.data.Subset;
import org.vgg4j.data.Unreadable;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.transform.Rescale;

/**
 * What an inspection of one part of a data set found, for users.
 *
 * @param images number of images
 * @param lookedAt how many of them were decoded
 * @param classSizes images of each class; empty if the classes are not known
 * @param shorterSides smallest, median and largest, in pixels
 * @param longerSides smallest, median and largest, in pixels
 * @param survey mean colour, principal components and unreadable images of those decoded
 * @param boxes what is known of the objects in those decoded; null if the part has no boxes
 */
public record Inspection(
    int images,
    int lookedAt,
    int[] classSizes,
    Spread shorterSides,
    Spread longerSides,
    Survey survey,
    @Nullable BoxCounts boxes) {

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
  private static final class Measuring extends ForwardingDataset {
    private final int[] widths;
    private final int[] heights;

    Measuring(Dataset whole) {
      super(whole);
      this.widths = new int[whole.size()];
      this.heights = new int[whole.size()];
    }

    @Override
    public RgbImage image(int index) {
      RgbImage image = whole().image(index);
      widths[index] = image.width();
      heights[index] = image.height();
      return image;
    }

    /** The size of an image; null if it could not be decoded. */
    Rescale.@Nullable Size size(int index) {
      return widths[index] == 0 ? null : new Rescale.Size(widths[index], heights[index]);
    }

    /** Of the images that could be decoded, one side each. */
    Spread spread(IntBinaryOperator side) {
      return Spread.of(
          IntStream.range(0, widths.length)
              .filter(i -> widths[i] > 0)
              .map(i -> side.applyAsInt(widths[i], heights[i]))
              .toArray());
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
        measuring.spread(Math::min),
        measuring.spread(Math::max),
        new Survey(survey.mean(), survey.colors(), unreadable),
        dataset.hasBoxes() ? BoxCounts.of(dataset, chosen, measuring::size) : null);
  }
}
