package org.vgg4j.data.loading;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.Purpose;
import org.vgg4j.base.RandomStream;
import org.vgg4j.data.Dataset;

/**
 * Which samples an epoch visits, and in which order, drawn anew in every epoch. An epoch has as
 * many samples as there are images. Depends on (seed, epoch) only. Thread-safe.
 */
public final class Sampler {
  private final int size;
  private final long seed;
  private final int @Nullable [][] imagesOfClass;

  /**
   * Visits each image once.
   *
   * @param size number of images
   * @param seed the run's seed
   */
  public Sampler(int size, long seed) {
    this(size, seed, null);
  }

  private Sampler(int size, long seed, int @Nullable [][] imagesOfClass) {
    this.size = size;
    this.seed = seed;
    this.imagesOfClass = imagesOfClass;
  }

  /**
   * Visits all classes equally often. Of n images in K classes (those that have images), each class
   * has n/K samples of an epoch, rounded down; those that are left go to different classes drawn at
   * random. A class's samples go through its images in random order, and through all of them again,
   * in another order, as often as it takes: so of a small class each image comes equally often, or
   * once more; of a large class a random part comes once.
   *
   * @param dataset labelled images
   * @param seed the run's seed
   */
  public static Sampler balanced(Dataset dataset, long seed) {
    List<List<Integer>> classes = new ArrayList<>();
    dataset.classNames().forEach(name -> classes.add(new ArrayList<>()));
    for (int i = 0; i < dataset.size(); i++) {
      classes.get(dataset.label(i)).add(i);
    }
    int[][] images =
        classes.stream()
            .filter(indices -> !indices.isEmpty())
            .map(indices -> indices.stream().mapToInt(Integer::intValue).toArray())
            .toArray(int[][]::new);
    return new Sampler(dataset.size(), seed, images);
  }

  /** Number of samples of an epoch, which is that of the images. */
  public int size() {
    return size;
  }

  /**
   * Returns the indices of the images in the order of an epoch.
   *
   * @param epoch from 0
   */
  public int[] order(int epoch) {
    int[] shuffled = new RandomStream(seed, epoch, 0, Purpose.SHUFFLE).permutation(size);
    return imagesOfClass == null ? shuffled : balanced(imagesOfClass, epoch, shuffled);
  }

  /**
   * Returns by which numbers the random draws for samples are keyed, beside the epoch: the image's
   * index where an epoch visits each image once. Where it may come again, it is the sample's
   * position, so that each time it is augmented differently.
   *
   * @param order of the epoch
   * @param first position of the first sample
   * @param count number of samples
   */
  public int[] keys(int[] order, int first, int count) {
    int[] keys = new int[count];
    for (int i = 0; i < count; i++) {
      keys[i] = imagesOfClass == null ? order[first + i] : first + i;
    }
    return keys;
  }

  /**
   * @param places the positions in random order, of which each class takes its part
   */
  private int[] balanced(int[][] classes, int epoch, int[] places) {
    int[] order = new int[size];
    int[] lucky =
        new RandomStream(seed, epoch, classes.length, Purpose.BALANCED_SAMPLING)
            .permutation(classes.length);
    int place = 0;
    for (int i = 0; i < classes.length; i++) {
      int[] images = classes[lucky[i]];
      int samples = size / classes.length + (i < size % classes.length ? 1 : 0);
      RandomStream random = new RandomStream(seed, epoch, lucky[i], Purpose.BALANCED_SAMPLING);
      int[] pass = {};
      for (int sample = 0; sample < samples; sample++) {
        if (sample % images.length == 0) {
          pass = random.permutation(images.length);
        }
        order[places[place++]] = images[pass[sample % images.length]];
      }
    }
    return order;
  }

  @Override
  public String toString() {
    return "%d samples%s".formatted(size, imagesOfClass == null ? "" : ", classes equally often");
  }
}
