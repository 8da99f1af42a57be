package org.vgg4j.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;

/**
 * A folder that holds the four IDX files of MNIST and its likes, plain or compressed (.gz). A file
 * {@code classes.txt} beside them, UTF-8, one name per line in the order of the labels, names the
 * classes; without it they are called "0", "1", and so on up to the largest training label.
 */
final class IdxFolder {
  private static final String TRAIN_IMAGES = "train-images-idx3-ubyte";
  private static final String TRAIN_LABELS = "train-labels-idx1-ubyte";
  private static final String TEST_IMAGES = "t10k-images-idx3-ubyte";
  private static final String TEST_LABELS = "t10k-labels-idx1-ubyte";
  private static final String CLASSES = "classes.txt";

  private IdxFolder() {}

  /** Whether the folder holds at least one of the four files. */
  static boolean isOne(Path folder) {
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
  static Source open(Path folder, String name, @Nullable List<String> classNames) {
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
        new IdxDataset(name, "test", testImages, testLabels, names));
  }

  private static @Nullable Path find(Path folder, String file) {
    for (String name : List.of(file, file + ".gz")) {
      if (Files.exists(folder.resolve(name))) {
        return folder.resolve(name);
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
      return readClassNames(file);
    }
    int largest = 0;
    for (byte label : labels.data) {
      largest = Math.max(largest, label & 0xFF);
    }
    return IntStream.rangeClosed(0, largest).mapToObj(Integer::toString).toList();
  }

  private static List<String> readClassNames(Path file) {
    List<String> names;
    try {
      names = Files.readAllLines(file).stream().map(String::strip).toList();
    } catch (IOException e) {
      throw new InputException(
          "cannot read "
              + file
              + " ("
              + AtomicFile.reason(e)
              + "): make it a UTF-8 text, one class name per line",
          e);
    }
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < names.size(); i++) {
      if (names.get(i).isEmpty() || !seen.add(names.get(i))) {
        throw new InputException(
            "line %d of %s is empty or repeats a class name: give one name per line"
                .formatted(i + 1, file));
      }
    }
    return names;
  }
}
