package org.vgg4j.data.caltech;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.vgg4j.base.InputException;
import org.vgg4j.base.Purpose;
import org.vgg4j.base.RandomStream;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.folder.Folders;
import org.vgg4j.data.folder.ImageFolderDataset;

/**
 * Caltech-101 (101_ObjectCategories: 101 classes and the background, BACKGROUND_Google, which the
 * paper counts as the 102nd) or Caltech-256 (256_ObjectCategories: 256 classes and 257.clutter,
 * counted as the 257th): a folder of images for each class. Immutable.
 *
 * @param edition which of the two
 * @param images all images, labelled
 */
public record CaltechFolder(Edition edition, Dataset images) {
  /** Which data set, with the number of images of each class that the paper takes. */
  public enum Edition {
    /** 30 images of each class to learn from, and at most 50 of the others to test on. */
    CALTECH_101("101_ObjectCategories", "BACKGROUND_Google", 102, 30, 50),
    /** 60 images of each class to learn from, and all others to test on. */
    CALTECH_256("256_ObjectCategories", "257.clutter", 257, 60, Integer.MAX_VALUE);

    private final String folder;
    private final String background;
    private final int classes;
    private final int train;
    private final int mostTest;

    Edition(String folder, String background, int classes, int train, int mostTest) {
      this.folder = folder;
      this.background = background;
      this.classes = classes;
      this.train = train;
      this.mostTest = mostTest;
    }

    /** Number of classes, the background included. */
    public int classes() {
      return classes;
    }

    /** Images of each class to learn from. */
    public int train() {
      return train;
    }

    /** Images of each class to test on, at most. */
    public int mostTest() {
      return mostTest;
    }
  }

  /** The number of splits that the paper's figures are the mean of. */
  public static final int SPLITS = 3;

  /**
   * Which images are for what.
   *
   * @param train indices of the images to learn from, ascending; not copied
   * @param test indices of those to test on, ascending; not copied
   */
  public record Split(int[] train, int[] test) {}

  /**
   * Finds the data: by the name of the folder, or by that of its background class.
   *
   * @param folder the one with the classes, or the one around it
   * @throws InputException if it is neither data set, or a class or the background is missing
   */
  public static CaltechFolder open(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new InputException("there is no folder " + folder + ": check the path");
    }
    for (Edition edition : Edition.values()) {
      for (Path place : List.of(folder.resolve(edition.folder), folder)) {
        if (Files.isDirectory(place.resolve(edition.background))
            || Files.isDirectory(place) && Folders.name(place).equals(edition.folder)) {
          return open(edition, place);
        }
      }
    }
    throw new InputException(
        "%s is neither Caltech-101 nor Caltech-256 as they unpack: give the folder 101_ObjectCategories, with BACKGROUND_Google in it, or 256_ObjectCategories, with 257.clutter"
            .formatted(folder));
  }

  private static CaltechFolder open(Edition edition, Path place) {
    if (!Files.isDirectory(place.resolve(edition.background))) {
      throw new InputException(
          "%s has no folder %s, which the protocol counts as a class: unpack the archive again"
              .formatted(place, edition.background));
    }
    Dataset images = new ImageFolderDataset(place, Folders.name(place));
    int found = images.classNames().size();
    if (found != edition.classes) {
      throw new InputException(
          "%s has %d classes, but should have %d: unpack the archive again, and leave no other folder in it"
              .formatted(place, found, edition.classes));
    }
    return new CaltechFolder(edition, images);
  }

  /**
   * Returns one of the random splits, with the paper's numbers of images.
   *
   * @param split which, from 0; the paper has {@value #SPLITS}
   * @param seed decides all of them
   * @throws InputException if a class has too few images
   */
  public Split split(int split, long seed) {
    return split(images, split, seed, edition.train, edition.mostTest);
  }

  /**
   * Returns a random split of any labelled data set. Which images of a class are taken depends on
   * the seed, the split, the class and the number of its images alone.
   *
   * @param train images of each class to learn from
   * @param mostTest of the others of each class, at most so many are for testing
   * @throws InputException if a class has no image left to test on
   */
  public static Split split(Dataset images, int split, long seed, int train, int mostTest) {
    byte[] use = new byte[images.size()];
    for (int label = 0; label < images.classNames().size(); label++) {
      int own = label;
      int[] members =
          IntStream.range(0, images.size()).filter(i -> images.label(i) == own).toArray();
      if (members.length <= train) {
        throw new InputException(
            "class %s of %s has %d images, too few to learn from %d and test on others: take fewer to learn from"
                .formatted(images.classNames().get(label), images.name(), members.length, train));
      }
      int[] order =
          new RandomStream(seed, split, label, Purpose.BENCHMARK_SPLIT).permutation(members.length);
      long end = Math.min(members.length, (long) train + mostTest);
      for (int i = 0; i < end; i++) {
        use[members[order[i]]] = (byte) (i < train ? 1 : 2);
      }
    }
    return new Split(
        IntStream.range(0, use.length).filter(i -> use[i] == 1).toArray(),
        IntStream.range(0, use.length).filter(i -> use[i] == 2).toArray());
  }

  /** Returns the class of each image. */
  public int[] labels() {
    int[] labels = new int[images.size()];
    Arrays.setAll(labels, images::label);
    return labels;
  }
}
