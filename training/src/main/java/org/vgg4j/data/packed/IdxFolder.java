package org.vgg4j.data.packed;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Source;

/**
 * A folder that holds the four IDX files of MNIST and its likes, plain or compressed (.gz). A file
 * {@code classes.txt} beside them, UTF-8, one name per line in the order of the labels, names the
 * classes; without it they are called "0", "1", and so on up to the largest training label.
 */
public final class IdxFolder {
  private static final String TRAIN_IMAGES = "train-images-idx3-ubyte";
  private static final String TRAIN_LABELS = "train-labels-idx1-ubyte";
  private static final String TEST_IMAGES = "t10k-images-idx3-ubyte";
  private static final String TEST_LABELS = "t10k-labels-idx1-ubyte";
  private static final String CLASSES = "classes.txt";

  private IdxFolder() {}

  /** Whether the folder holds at least one of the four files. */
  public static boolean isOne(Path folder) {
    return List.of(TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS).stream()
        .anyMatch(file -> find(folder, file) != null);
  }

  /**
   * Reads the four files.
   *
   * @param folder where they are
   * @param name what to call the data set
   * @param classNames names of the classes; null for those of classes.txt or numbers
   * @throws InputException if a file is missing or wrong, or the files do not fit together
   */
  public static Source open(Path folder, String name, @Nullable List<String> classNames) {
    IdxFile trainImages = read(folder, TRAIN_IMAGES, 3);
    IdxFile trainLabels = read(folder, TRAIN_LABELS, 1);
    IdxFile testImages = read(folder, TEST_IMAGES, 3);
    IdxFile testLabels = read(folder, TEST_LABELS, 1);
    List<String> names = classNames == null ? classNames(folder, trainLabels) : classNames;
    return new Source(
            "IDX files",
            name,
            new IdxDataset(name, "train", trainImages, trainLabels, names),
            null,
            new IdxDataset(name, "test", testImages, testLabels, names))
        .withNoteOfEmptyClasses();
  }

  /** Others write train-images.idx3-ubyte, or unpack each file into a folder of its name. */
  private static @Nullable Path find(Path folder, String file) {
    String dotted = file.replace("-idx", ".idx");
    for (String name : List.of(file, dotted)) {
      for (String place : List.of(name, name + ".gz", name + "/" + name, name + "/" + dotted)) {
        if (Files.isRegularFile(folder.resolve(place))) {
          return folder.resolve(place);
        }
      }
    }
    return null;
  }

  private static IdxFile read(Path folder, String file, int rank) {
    Path found = find(folder, file);
    if (found == null) {
      throw new InputException(
          "%s lacks %s (or %s.gz): put all four IDX files into it".formatted(folder, file, file));
    }
    return IdxFile.read(found, rank);
  }

  private static List<String> classNames(Path folder, IdxFile labels) {
    Path file = folder.resolve(CLASSES);
    if (Files.exists(file)) {
      return ClassNames.read(file);
    }
    int largest = 0;
    for (byte label : labels.data) {
      largest = Math.max(largest, label & 0xFF);
    }
    return IntStream.rangeClosed(0, largest).mapToObj(Integer::toString).toList();
  }
}
