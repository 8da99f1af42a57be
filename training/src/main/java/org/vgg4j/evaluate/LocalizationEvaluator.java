package org.vgg4j.evaluate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.data.BoxedObject;
import org.vgg4j.data.Dataset;
import org.vgg4j.evaluate.boxes.ImageTruth;
import org.vgg4j.evaluate.boxes.OfficialError;
import org.vgg4j.evaluate.boxes.ScoredBox;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.UnreadableImageException;
import org.vgg4j.image.transform.Rescale;
import org.vgg4j.network.HostThreads;
import org.vgg4j.views.Ranking;

/**
 * The paper's full protocol of localisation (appendix A) on the images of a data set: the five most
 * probable classes of each, and the boxes of all localisation networks at all windows and scales,
 * which are then to be merged. Not thread-safe.
 */
public final class LocalizationEvaluator {
  /** Bytes of decoded images held at a time. */
  private static final long IMAGE_BYTES = 64L << 20;

  private static final int MOST_IMAGES = 32;

  /** Receives what was found in each image. */
  public interface Visitor {
    /**
     * @param image which of the posteriors' images
     * @param truth what is in it, with labels that are columns of the posteriors; null if its class
     *     is not known
     * @param found for each of its most probable classes, best first, its boxes
     */
    void visit(int image, @Nullable ImageTruth truth, List<List<ScoredBox>> found);
  }

  private final HostThreads threads;
  private final BoxSearch finder;

  /**
   * @param threads decode images
   * @param finder finds boxes; its class names are those of the posteriors
   */
  public LocalizationEvaluator(HostThreads threads, BoxSearch finder) {
    this.threads = threads;
    this.finder = finder;
  }

  /**
   * Looks at all images.
   *
   * @param dataset the images, with boxes if their classes are known
   * @param posteriors of these images, and perhaps of others
   * @param blacklist images of the data set whose boxes are not to be trusted
   * @param done receives the number of images done now and then
   * @throws InputException if the posteriors lack an image or a class, an image cannot be read, or
   *     the memory does not suffice
   */
  public void run(
      Dataset dataset, Posteriors posteriors, BitSet blacklist, IntConsumer done, Visitor visitor) {
    int[] columnOfLabel = new ClassMatch(posteriors.classNames()).of(dataset);
    int[] rows = posteriors.rows(dataset);
    int first = 0;
    while (first < rows.length) {
      List<RgbImage> images = decode(dataset, first);
      List<BoxSearch.Question> questions = new ArrayList<>();
      for (int n = 0; n < images.size(); n++) {
        questions.add(question(images.get(n), posteriors, rows[first + n]));
      }
      List<List<List<ScoredBox>>> found = finder.find(questions);
      for (int n = 0; n < images.size(); n++) {
        Rescale.Size size = Rescale.Size.of(images.get(n));
        int index = first + n;
        ImageTruth truth =
            dataset.isLabelled()
                ? truth(dataset, index, size, columnOfLabel, blacklist.get(index))
                : null;
        visitor.visit(rows[index], truth, found.get(n));
      }
      first += images.size();
      done.accept(first);
    }
  }

  /** As many images as may be held at a time, at least one. */
  private List<RgbImage> decode(Dataset dataset, int first) {
    int most = Math.min(MOST_IMAGES, dataset.size() - first);
    RgbImage[] images = new RgbImage[most];
    images[0] = image(dataset, first);
    int count = (int) Math.max(1, Math.min(most, IMAGE_BYTES / images[0].pixels().length));
    threads.parallel(count - 1, n -> images[n + 1] = image(dataset, first + n + 1));
    return List.of(Arrays.copyOf(images, count));
  }

  private static RgbImage image(Dataset dataset, int index) {
    try {
      return dataset.image(index);
    } catch (UnreadableImageException e) {
      throw new InputException(
          "%s cannot be read (%s): remove it, so that no result depends on it"
              .formatted(dataset.id(index), e.getMessage()),
          e);
    }
  }

  private static BoxSearch.Question question(RgbImage image, Posteriors posteriors, int row) {
    int classes = posteriors.classNames().size();
    int guesses = Math.min(OfficialError.GUESSES, classes);
    int[] labels = Ranking.top(posteriors.values(), row * classes, classes, guesses);
    double[] theirs = new double[guesses];
    for (int k = 0; k < guesses; k++) {
      theirs[k] = posteriors.values()[row * classes + labels[k]];
    }
    return new BoxSearch.Question(image, labels, theirs);
  }

  private static ImageTruth truth(
      Dataset dataset, int index, Rescale.Size size, int[] columnOfLabel, boolean blacklisted) {
    List<BoxedObject> objects =
        dataset.objects(index, size).stream()
            .map(
                object ->
                    new BoxedObject(
                        columnOfLabel[object.label()], object.box(), object.difficult()))
            .toList();
    return new ImageTruth(columnOfLabel[dataset.label(index)], objects, blacklisted);
  }
}
