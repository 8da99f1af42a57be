package org.vgg4j.data.packed;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Source;
import org.vgg4j.image.ImageFiles;

/**
 * A folder that holds the four IDX files of MNIST and its likes, plain or compressed (.gz), with
 * the same prefix before each name, if any: {@code emnist-letters-train-images-idx3-ubyte}. A file
 * {@code classes.txt} beside them, UTF-8, one name per line in the order of the labels, names the
 * classes; without it they are called "0", "1", and so on up to the largest training label.
 *
 * <p>EMNIST's files hold columns where others hold rows, and come with a list of the characters
 * that labels stand for ({@link EmnistMapping}); both are handled.
 */
public final class IdxFolder {
  private static final String TRAIN = "train";
  private static final List<String> TEST = List.of("t10k", "test");
  private static final String IMAGES = "-images-idx3-ubyte";
  private static final String LABELS = "-labels-idx1-ubyte";
  private static final String CLASSES = "classes.txt";
  private static final Pattern NAME =
      Pattern.compile("(.*?)(?:train|t10k|test)-(?:images[-.]idx3|labels[-.]idx1)-ubyte(?:\\.gz)?");

  private final Path folder;

  /** What each name begins with; often nothing. */
  private final String prefix;

  private IdxFolder(Path folder, String prefix) {
    this.folder = folder;
    this.prefix = prefix;
  }

  /** Whether the folder holds at least one of the four files. */
  public static boolean isOne(Path folder) {
    return !prefixes(folder).isEmpty();
  }

  private static List<String> prefixes(Path folder) {
    try (Stream<Path> children = Files.list(folder)) {
      TreeSet<String> prefixes = new TreeSet<>();
      for (Path child : (Iterable<Path>) children::iterator) {
        String file = String.valueOf(child.getFileName());
        Matcher name = NAME.matcher(file);
        if (!ImageFiles.isNothing(file) && name.matches()) {
          prefixes.add(Objects.requireNonNull(name.group(1)));
        }
      }
      return List.copyOf(prefixes);
    } catch (IOException e) {
      throw ImageFiles.unlistable(folder, e);
    }
  }

  /**
   * Reads the four files.
   *
   * @param folder where they are
   * @param name what to call the data set
   * @param classNames names of the classes; null for those of classes.txt or numbers
   * @throws InputException if a file is missing or wrong, the files do not fit together, or there
   *     are those of several data sets
   */
  public static Source open(Path folder, String name, @Nullable List<String> classNames) {
    List<String> prefixes = prefixes(folder);
    if (prefixes.size() > 1) {
      throw new InputException(
          "%s holds the IDX files of %d data sets (%s...): put the four of one into a folder of their own"
              .formatted(folder, prefixes.size(), String.join("..., ", prefixes)));
    }
    return new IdxFolder(folder, prefixes.isEmpty() ? "" : prefixes.get(0)).open(name, classNames);
  }

  private Source open(String name, @Nullable List<String> classNames) {
    String test =
        TEST.stream()
            .filter(part -> find(prefix + part + IMAGES) != null)
            .findFirst()
            .orElse("t10k");
    IdxFile trainImages = images(TRAIN);
    IdxFile trainLabels = read(TRAIN + LABELS, 1);
    IdxFile testImages = images(test);
    IdxFile testLabels = read(test + LABELS, 1);
    List<String> names = classNames;
    Path mapping = folder.resolve(prefix + "mapping.txt");
    if (names == null && Files.exists(folder.resolve(CLASSES))) {
      names = ClassNames.read(folder.resolve(CLASSES));
    } else if (names == null && Files.exists(mapping)) {
      EmnistMapping characters = EmnistMapping.read(mapping);
      trainLabels = characters.classes(trainLabels);
      testLabels = characters.classes(testLabels);
      names = characters.classNames();
    } else if (names == null) {
      names = numbers(trainLabels);
    }
    return new Source(
            "IDX files",
            name,
            new IdxDataset(name, "train", trainImages, trainLabels, names),
            null,
            new IdxDataset(name, "test", testImages, testLabels, names))
        .withNoteOfEmptyClasses();
  }

  private IdxFile images(String part) {
    IdxFile images = read(part + IMAGES, 3);
    return prefix.startsWith("emnist-") ? images.transposed() : images;
  }

  /** Some copies are called train-images.idx3-ubyte, or each lie in a folder of their own name. */
  private @Nullable Path find(String file) {
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

  private IdxFile read(String file, int rank) {
    Path found = find(prefix + file);
    if (found == null) {
      throw new InputException(
          "%s lacks %s (or %s.gz): put all four IDX files into it"
              .formatted(folder, prefix + file, prefix + file));
    }
    return IdxFile.read(found, rank);
  }

  private static List<String> numbers(IdxFile labels) {
    int largest = 0;
    for (byte label : labels.data) {
      largest = Math.max(largest, label & 0xFF);
    }
    return IntStream.rangeClosed(0, largest).mapToObj(Integer::toString).toList();
  }
}
