package org.vgg4j.evaluate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.base.TextLines;
import org.vgg4j.data.Synsets;
import org.vgg4j.views.Ranking;

/**
 * A submission to ILSVRC: five labels for each image of a test set, the most probable first, in the
 * order of the images' names. A file NAME.csv is in Kaggle's form ({@code ImageId,PredictionString}
 * with WNIDs, each followed by a box; {@link #BOX} stands in for it, since nothing was located);
 * any other is in the development kit's form: a line for each image with five of its numbers.
 */
public final class Submission {
  /** The box of an object that was not located. */
  public static final String BOX = "0 0 1 1";

  private static final String HEADER = "ImageId,PredictionString";

  private final Posteriors posteriors;
  private final Synsets synsets;
  private final int[] order;
  private final List<Synsets.Synset> synsetOfColumn;
  private final Map<String, Integer> columnOfWnid = new HashMap<>();

  /**
   * @param posteriors of all images of the test set
   * @param synsets classes with WNIDs, and with the development kit's numbers where those are
   *     wanted
   * @throws InputException if the network has a class that is not among them
   */
  public Submission(Posteriors posteriors, Synsets synsets) {
    this.posteriors = posteriors;
    this.synsets = synsets;
    this.order =
        IntStream.range(0, posteriors.images())
            .boxed()
            .sorted(Comparator.comparing(this::imageId))
            .mapToInt(Integer::intValue)
            .toArray();
    this.synsetOfColumn = synsetsOf(posteriors.classNames(), synsets);
    for (int column = 0; column < synsetOfColumn.size(); column++) {
      columnOfWnid.put(synsetOfColumn.get(column).wnid(), column);
    }
  }

  /**
   * Checks in advance, before hours of work, that a file can be written.
   *
   * @param classNames of the network
   * @throws InputException if a class is not among the data's, the development kit's numbers are
   *     needed but not known, or the file cannot be written
   */
  public static void requirePossible(Path file, List<String> classNames, Synsets synsets) {
    List<Synsets.Synset> unused = synsetsOf(classNames, synsets);
    if (!isKaggle(file) && !synsets.hasIds()) {
      throw new InputException(
          "%s needs the numbers of the development kit, which is not beside the data: put it there, or name the file .csv for Kaggle's form"
              .formatted(file));
    }
    Path folder = file.toAbsolutePath().getParent();
    if (Files.isDirectory(file)
        || (folder != null && Files.exists(folder) && !Files.isWritable(folder))) {
      throw new InputException(
          "%s cannot be written: name a file in a folder that can be written".formatted(file));
    }
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

  private String imageId(int image) {
    String id = posteriors.ids().get(image);
    String file = id.substring(Math.max(id.lastIndexOf('/'), id.lastIndexOf('\\')) + 1);
    int dot = file.lastIndexOf('.');
    return dot < 0 ? file : file.substring(0, dot);
  }

  /** Labels for each image: five, or all if there are fewer classes. */
  private int predictions() {
    return Math.min(Evaluation.PREDICTIONS, posteriors.classNames().size());
  }

  private static boolean isKaggle(Path file) {
    return file.toString().endsWith(".csv");
  }

  /**
   * Writes the file, and reads it back.
   *
   * @return for each of the posteriors' images the classes that the file names, as columns of the
   *     posteriors
   * @throws InputException if it cannot be written, or the development kit's numbers are not known
   */
  public int[][] write(Path file) {
    requirePossible(file, posteriors.classNames(), synsets);
    StringBuilder text = new StringBuilder();
    if (isKaggle(file)) {
      text.append(HEADER).append('\n');
    }
    for (int image : order) {
      text.append(line(image, isKaggle(file))).append('\n');
    }
    AtomicFile.write(file, text.toString());
    int[][] read = read(file);
    for (int image : order) {
      if (!Arrays.equals(read[image], best(image))) {
        throw new IllegalStateException("image " + imageId(image) + " reads otherwise in " + file);
      }
    }
    return read;
  }

  private int[] best(int image) {
    int classes = posteriors.classNames().size();
    return Ranking.top(posteriors.values(), image * classes, classes, predictions());
  }

  private String line(int image, boolean kaggle) {
    List<String> words = new ArrayList<>();
    for (int column : best(image)) {
      Synsets.Synset synset = synsetOfColumn.get(column);
      words.add(kaggle ? synset.wnid() + " " + BOX : Integer.toString(synset.id()));
    }
    String text = String.join(" ", words);
    return kaggle ? imageId(image) + "," + text : text;
  }

  /**
   * Reads a submission for the same images, and checks it.
   *
   * @return for each of the posteriors' images the classes that the file names, as columns of the
   *     posteriors
   * @throws InputException if it cannot be read, or is no submission for these images
   */
  public int[][] read(Path file) {
    List<String> lines = lines(file);
    int first = isKaggle(file) ? 1 : 0;
    if (lines.size() != order.length + first) {
      throw new InputException(
          "%s has %d lines, but there are %d images: write it again"
              .formatted(file, lines.size() - first, order.length));
    }
    int[][] columns = new int[order.length][];
    for (int i = 0; i < order.length; i++) {
      int image = order[i];
      String line = lines.get(i + first).strip();
      String place = "line %d of %s".formatted(i + first + 1, file);
      if (isKaggle(file)) {
        String prefix = imageId(image) + ",";
        if (!line.startsWith(prefix)) {
          throw new InputException(
              "%s is not about image %s: write it again".formatted(place, imageId(image)));
        }
        line = line.substring(prefix.length()).replace(" " + BOX, "");
      }
      columns[image] = columns(line.split(" "), isKaggle(file), place);
    }
    return columns;
  }

  private static List<String> lines(Path file) {
    try {
      return TextLines.read(file);
    } catch (IOException e) {
      throw new InputException(
          "cannot read %s (%s): check the path".formatted(file, AtomicFile.reason(e)), e);
    }
  }

  private int[] columns(String[] words, boolean kaggle, String place) {
    int[] columns =
        Arrays.stream(words)
            .mapToInt(word -> columnOfWnid.getOrDefault(wnid(word, kaggle), -1))
            .toArray();
    boolean known = Arrays.stream(columns).allMatch(column -> column >= 0);
    if (!known
        || columns.length != predictions()
        || Arrays.stream(columns).distinct().count() < columns.length) {
      throw new InputException(
          "%s must hold %d different classes, not '%s': write it again"
              .formatted(place, predictions(), String.join(" ", words)));
    }
    return columns;
  }

  private String wnid(String word, boolean kaggle) {
    if (kaggle) {
      return word;
    }
    Integer label = word.matches("\\d{1,9}") ? synsets.labelOfId(Integer.parseInt(word)) : null;
    return label == null ? "" : synsets.sorted().get(label).wnid();
  }
}
