package org.vgg4j.evaluate;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Split;
import org.vgg4j.data.Subset;
import org.vgg4j.data.Unreadable;
import org.vgg4j.data.UnreadableLimit;
import org.vgg4j.data.inspect.Survey;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.UnreadableImageException;
import org.vgg4j.network.HostThreads;
import org.vgg4j.parallel.ProcessGroup;

/**
 * The images of a data set that can be read.
 *
 * @param images these, in its order
 * @param unreadable what the others are called
 */
public record ReadableImages(Dataset images, List<String> unreadable) {
  /** Copies the list. */
  public ReadableImages {
    unreadable = List.copyOf(unreadable);
  }

  /**
   * Decodes all images once; each process of a group decodes its share, and all get what all have
   * found.
   *
   * @param scale the shorter side to which images will be rescaled
   * @param limit how many may be unreadable
   * @param group whose processes all call this
   * @param done receives, now and then, the number of this process's images done
   * @throws org.vgg4j.base.InputException if too many are unreadable
   */
  public static ReadableImages of(
      Dataset dataset,
      int scale,
      HostThreads threads,
      UnreadableLimit limit,
      ProcessGroup group,
      IntConsumer done) {
    if (!dataset.mayBeUnreadable()) {
      return new ReadableImages(dataset, List.of());
    }
    int begin = group.shareBegin(dataset.size());
    Survey survey =
        Objects.requireNonNull(
            Survey.of(
                Split.TEST,
                Subset.range(dataset, begin, group.shareEnd(dataset.size())),
                scale,
                threads::parallel,
                images -> {
                  group.reportProgress();
                  done.accept(images);
                },
                () -> false));
    float[] unreadable = new float[dataset.size()];
    survey.unreadable().forEach(one -> unreadable[begin + one.index()] = 1);
    if (group.size() > 1) {
      group.barrier();
      group.beginAllReduce(unreadable);
      group.awaitAll();
    }
    int[] kept = kept(dataset, unreadable, limit);
    return new ReadableImages(
        kept.length == dataset.size() ? dataset : new Subset(dataset, dataset.name(), kept),
        ids(dataset, unreadable));
  }

  /** What unreadable images are called. */
  static List<String> ids(Dataset dataset, float[] unreadable) {
    return IntStream.range(0, unreadable.length)
        .filter(n -> unreadable[n] > 0)
        .mapToObj(dataset::id)
        .toList();
  }

  /**
   * The indices of the images that can be read.
   *
   * @param unreadable of each image, more than 0 if it cannot
   * @throws org.vgg4j.base.InputException if too many cannot
   */
  static int[] kept(Dataset dataset, float[] unreadable, UnreadableLimit limit) {
    int[] left = IntStream.range(0, unreadable.length).filter(n -> unreadable[n] == 0).toArray();
    if (left.length < unreadable.length) {
      List<Unreadable> all = new ArrayList<>();
      for (int n = 0; n < unreadable.length; n++) {
        if (unreadable[n] > 0) {
          String reason = all.isEmpty() ? reason(dataset, n) : "";
          all.add(new Unreadable(Split.TEST, n, dataset.id(n), reason));
        }
      }
      limit.require(dataset, all, "");
    }
    return left;
  }

  /** What is wrong with an image, perhaps found by another process. */
  private static String reason(Dataset dataset, int index) {
    try {
      RgbImage image = dataset.image(index);
      return "%s has %dx%d pixels, too long for its width to be rescaled"
          .formatted(dataset.id(index), image.width(), image.height());
    } catch (UnreadableImageException e) {
      return String.valueOf(e.getMessage());
    }
  }
}
