package org.vgg4j.data.inspect;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.vgg4j.data.BoxedObject;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.boxes.AnnotatedDataset;
import org.vgg4j.data.boxes.Oddity;
import org.vgg4j.image.transform.Rescale;

/**
 * What is known of the boxes in images that were decoded.
 *
 * @param objects number of boxes that can be used
 * @param perImage how many of them an image has: fewest, median, most
 * @param shares of the image that a box covers: smallest, median, largest, from 0 to 1
 * @param withoutOwn images without a box of their own class
 * @param odd what is odd about boxes; nothing that does not occur
 */
public record BoxCounts(
    int objects, Inspection.Spread perImage, Shares shares, int withoutOwn, List<Odd> odd) {
  /** Parts of a whole, each from 0 to 1; zeros if there are none. */
  public record Shares(double smallest, double median, double largest) {
    static Shares of(List<Double> numbers) {
      double[] sorted = numbers.stream().mapToDouble(Double::doubleValue).sorted().toArray();
      int last = sorted.length - 1;
      return last < 0 ? new Shares(0, 0, 0) : new Shares(sorted[0], sorted[last / 2], sorted[last]);
    }
  }

  /**
   * Something odd.
   *
   * @param oddity what
   * @param count of boxes, or of images where it concerns all boxes of an image
   * @param example the first image
   */
  public record Odd(Oddity oddity, int count, String example) {}

  /**
   * @param dataset a part as it was found
   * @param chosen the images that were decoded
   * @param sizes of these, by their position among the chosen; null for unreadable ones
   */
  static BoxCounts of(Dataset dataset, int[] chosen, IntFunction<Rescale.@Nullable Size> sizes) {
    List<Integer> counts = new ArrayList<>();
    List<Double> shares = new ArrayList<>();
    Map<Oddity, Odd> odd = new EnumMap<>(Oddity.class);
    int withoutOwn = 0;
    for (int i = 0; i < chosen.length; i++) {
      Rescale.Size size = sizes.apply(i);
      if (size == null) {
        continue;
      }
      int index = chosen[i];
      int label = dataset.label(index);
      List<BoxedObject> objects = dataset.objects(index, size);
      counts.add(objects.size());
      withoutOwn += objects.stream().anyMatch(object -> object.label() == label) ? 0 : 1;
      for (BoxedObject object : objects) {
        double area = object.box().width() * object.box().height();
        shares.add(area / ((double) size.width() * size.height()));
      }
      if (dataset instanceof AnnotatedDataset annotated) {
        for (Oddity one : annotated.oddities(index, size)) {
          odd.merge(
              one,
              new Odd(one, 1, dataset.id(index)),
              (old, more) -> new Odd(one, old.count() + 1, old.example()));
        }
      }
    }
    int[] perImage = counts.stream().mapToInt(Integer::intValue).toArray();
    return new BoxCounts(
        Arrays.stream(perImage).sum(),
        Inspection.Spread.of(perImage),
        Shares.of(shares),
        withoutOwn,
        List.copyOf(odd.values()));
  }
}
