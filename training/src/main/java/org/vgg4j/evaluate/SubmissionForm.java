package org.vgg4j.evaluate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.base.TextLines;
import org.vgg4j.data.Synsets;

/**
 * What submissions of labels and of boxes have in common: a line for each image, in the order of
 * the images' names. A file NAME.csv is in Kaggle's form, {@code ImageId,PredictionString} with
 * WNIDs; any other is in the development kit's form, with its numbers of the classes and without
 * the images' names.
 */
final class SubmissionForm {
  private static final String HEADER = "ImageId,PredictionString";

  private final Synsets synsets;
  private final int[] order;
  private final List<String> names = new ArrayList<>();
  private final Map<String, Integer> imageOfName = new LinkedHashMap<>();
  private final List<Synsets.Synset> synsetOfColumn;
  private final Map<String, Integer> columnOfWnid = new HashMap<>();

  /**
   * A line of a file.
   *
   * @param text the prediction
   * @param place what to call the line in sentences
   */
  record Line(String text, String place) {
    /** The words of the prediction; none if it is empty. */
    List<String> words() {
      return text.isBlank() ? List.of() : List.of(text.strip().split("\\s+"));
    }
  }

  /**
   * @param ids of all images of the test set
   * @param classNames what labels refer to
   * @param synsets classes with WNIDs, and with the development kit's numbers where those are
   *     wanted
   * @throws InputException if a class is not among them, or two images have the same name
   */
  SubmissionForm(List<String> ids, List<String> classNames, Synsets synsets) {
    this.synsets = synsets;
    for (int image = 0; image < ids.size(); image++) {
      String name = name(ids.get(image));
      names.add(name);
      Integer other = imageOfName.put(name, image);
      if (other != null) {
        throw new InputException(
            "%s and %s have the same name, but a submission tells images apart by their names: rename one"
                .formatted(ids.get(other), ids.get(image)));
      }
    }
    this.order =
        IntStream.range(0, ids.size())
            .boxed()
            .sorted(Comparator.comparing(names::get))
            .mapToInt(Integer::intValue)
            .toArray();
    this.synsetOfColumn = synsetsOf(classNames, synsets);
    for (int column = 0; column < synsetOfColumn.size(); column++) {
      columnOfWnid.put(synsetOfColumn.get(column).wnid(), column);
    }
  }

  private static String name(String id) {
    String file = id.substring(Math.max(id.lastIndexOf('/'), id.lastIndexOf('\\')) + 1);
    int dot = file.lastIndexOf('.');
    return dot < 0 ? file : file.substring(0, dot);
  }

  private static List<Synsets.Synset> synsetsOf(List<String> classNames, Synsets synsets) {
    List<Synsets.Synset> found = new ArrayList<>();
    for (String name : classNames) {
      Integer label = synsets.labelOfWnid(Synsets.key(name));
      if (label == null) {
        throw new InputException(
            "the network's class %s is not one of the data's: a submission needs a network whose classes have the data's WNIDs"
                .formatted(name));
      }
      found.add(synsets.sorted().get(label));
    }
    return found;
  }

  /**
   * Checks in advance that a file can be written.
   *
   * @throws InputException if a class is not among the data's, the development kit's numbers are
   *     needed but not known, or the file cannot be written
   */
  static void requirePossible(Path file, List<String> classNames, Synsets synsets) {
    List<Synsets.Synset> unused = synsetsOf(classNames, synsets);
    requireNumbers(file, synsets);
    Path folder = file.toAbsolutePath().getParent();
    if (Files.isDirectory(file)
        || (folder != null && Files.exists(folder) && !Files.isWritable(folder))) {
      throw new InputException(
          "%s cannot be written: name a file in a folder that can be written".formatted(file));
    }
  }

  private static void requireNumbers(Path file, Synsets synsets) {
    if (!isKaggle(file) && !synsets.hasIds()) {
      throw new InputException(
          "%s needs the numbers of the development kit, which is not beside the data: put it there, or name the file .csv for Kaggle's form"
              .formatted(file));
    }
  }

  /** Whether a file of that name is in Kaggle's form. */
  static boolean isKaggle(Path file) {
    return file.toString().toLowerCase(Locale.ROOT).endsWith(".csv");
  }

  /** Number of images. */
  int images() {
    return order.length;
  }

  /** What a class is called in a file. */
  String word(int column, boolean kaggle) {
    Synsets.Synset synset = synsetOfColumn.get(column);
    return kaggle ? synset.wnid() : Integer.toString(synset.id());
  }

  /** The class that a word of a file names; -1 if there is none. */
  int column(String word, boolean kaggle) {
    if (kaggle) {
      return columnOfWnid.getOrDefault(word, -1);
    }
    Integer label = word.matches("\\d{1,9}") ? synsets.labelOfId(Integer.parseInt(word)) : null;
    return label == null ? -1 : columnOfWnid.getOrDefault(synsets.sorted().get(label).wnid(), -1);
  }

  /**
   * Writes a file.
   *
   * @param predictions the text for each image
   * @throws InputException if it cannot be written, or the development kit's numbers are not known
   */
  void write(Path file, IntFunction<String> predictions) {
    requireNumbers(file, synsets);
    boolean kaggle = isKaggle(file);
    StringBuilder text = new StringBuilder(kaggle ? HEADER + "\n" : "");
    for (int image : order) {
      text.append(kaggle ? names.get(image) + "," : "")
          .append(predictions.apply(image))
          .append('\n');
    }
    AtomicFile.write(file, text.toString());
  }

  /**
   * Reads a file.
   *
   * @return a line for each image, in the order of the ids
   * @throws InputException if it cannot be read, or does not have one line for each image
   */
  List<Line> read(Path file) {
    requireNumbers(file, synsets);
    boolean kaggle = isKaggle(file);
    int first = kaggle ? 1 : 0;
    // of the images' own lines the last may be empty
    List<String> lines = TextLines.withoutBlankEnd(lines(file), order.length + first);
    if (kaggle && (lines.isEmpty() || !lines.get(0).strip().equals(HEADER))) {
      throw new InputException(
          "%s does not begin with '%s', as Kaggle's submissions do: add it, or choose another file"
              .formatted(file, HEADER));
    }
    if (lines.size() != order.length + first) {
      throw new InputException(
          "%s has %d lines, but there are %d images: write it again"
              .formatted(file, lines.size() - first, order.length));
    }
    Line[] read = new Line[order.length];
    for (int i = 0; i < order.length; i++) {
      String line = lines.get(i + first).strip();
      String place = "line %d of %s".formatted(i + first + 1, file);
      int comma = kaggle ? line.indexOf(',') : -1;
      int image = kaggle ? image(line.substring(0, Math.max(0, comma)), place) : order[i];
      if (read[image] != null) {
        throw new InputException(
            "%s is about image %s, as %s is: write it again"
                .formatted(place, names.get(image), read[image].place()));
      }
      read[image] = new Line(line.substring(comma + 1), place);
    }
    return List.of(read);
  }

  private int image(String name, String place) {
    Integer image = imageOfName.get(name);
    if (image == null) {
      throw new InputException(
          "%s is about image '%s', which is not one of the data's: write it again"
              .formatted(place, name));
    }
    return image;
  }

  private static List<String> lines(Path file) {
    try {
      return TextLines.read(file);
    } catch (IOException e) {
      throw new InputException(
          "cannot read %s (%s): check the path".formatted(file, AtomicFile.reason(e)), e);
    }
  }
}
