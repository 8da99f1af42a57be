package org.vgg4j.data.ilsvrc;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.base.TextLines;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.Source;
import org.vgg4j.data.Synsets;
import org.vgg4j.data.folder.FileDataset;
import org.vgg4j.data.folder.ImageFolderDataset;

/**
 * A folder with ILSVRC as Kaggle distributes it: {@code LOC_synset_mapping.txt}, {@code
 * LOC_val_solution.csv} and {@code ILSVRC/Data/CLS-LOC} with {@code train/WNID}, {@code val} and
 * {@code test}.
 */
public final class KaggleFolder {
  private static final String MAPPING = "LOC_synset_mapping.txt";
  private static final String TRAIN_SOLUTION = "LOC_train_solution.csv";
  private static final String VALIDATION_SOLUTION = "LOC_val_solution.csv";
  private static final Path IMAGES = Path.of("ILSVRC", "Data", "CLS-LOC");

  private static final String HEADER = "ImageId,PredictionString";

  private final Path folder;
  private final String name;
  private final Synsets synsets;

  /** Validation images that are on the list but not in the folder. */
  private int lost;

  private KaggleFolder(Path folder, String name) {
    this.folder = folder;
    this.name = name;
    this.synsets = synsets(folder.resolve(MAPPING));
  }

  /** Whether the folder holds the list of classes. */
  public static boolean isOne(Path folder) {
    return Files.exists(folder.resolve(MAPPING));
  }

  /**
   * Opens the folder as a data set.
   *
   * @throws InputException if something is missing or damaged
   */
  public static Source open(Path folder, String name) {
    return new KaggleFolder(folder, name).open();
  }

  private Source open() {
    Path images = folder.resolve(IMAGES);
    if (!Files.isDirectory(images)) {
      throw new InputException(
          "%s is there, but not the images in %s: unpack them into it"
              .formatted(folder.resolve(MAPPING), images));
    }
    Dataset train = null;
    if (Files.isDirectory(images.resolve("train"))) {
      train = new ImageFolderDataset(images.resolve("train"), name + "/train", synsets::className);
      IlsvrcFolder.requireClasses(train, synsets);
      requireSolution(train);
    }
    Dataset validation = validation(images);
    Dataset test = test(images, train);
    if (train == null && validation == null && test == null) {
      throw new InputException(
          "%s holds neither train nor val nor test: unpack the images into it".formatted(images));
    }
    Source source =
        IlsvrcFolder.source("ILSVRC in Kaggle's layout", name, train, validation, test, synsets);
    return lost == 0
        ? source
        : source.withNote(
            "%d images of %s are missing: results are for the others"
                .formatted(lost, folder.resolve(VALIDATION_SOLUTION)));
  }

  /** One line for each class: its WNID and its words, in the order of the WNIDs. */
  private static Synsets synsets(Path file) {
    List<Synsets.Synset> synsets = new ArrayList<>();
    for (String line : TextLines.withoutBlankEnd(lines(file), 0)) {
      String[] parts = line.strip().split(" ", 2);
      synsets.add(new Synsets.Synset(parts[0], parts.length > 1 ? parts[1] : "", 0));
    }
    return new Synsets(synsets, file);
  }

  private static List<String> lines(Path file) {
    try {
      return TextLines.read(file);
    } catch (IOException e) {
      throw new InputException(
          "cannot read %s (%s): copy it again, as UTF-8 text".formatted(file, AtomicFile.reason(e)),
          e);
    }
  }

  /**
   * A training image's folder is its class; where the list says otherwise, one of them is wrong.
   */
  private void requireSolution(Dataset train) {
    Path file = folder.resolve(TRAIN_SOLUTION);
    if (!Files.exists(file)) {
      return;
    }
    Map<String, Integer> labels = labels(file);
    for (int i = 0; i < train.size(); i++) {
      Integer label = labels.get(imageId(train.id(i)));
      // the list has only images with boxes
      if (label != null && label != train.label(i)) {
        throw new InputException(
            "%s lies in the folder of %s, but %s says %s: unpack the images again"
                .formatted(
                    train.id(i),
                    train.classNames().get(train.label(i)),
                    file,
                    train.classNames().get(label)));
      }
    }
  }

  private @Nullable Dataset validation(Path images) {
    Path file = folder.resolve(VALIDATION_SOLUTION);
    if (!Files.isDirectory(images.resolve("val"))) {
      return null;
    }
    if (!Files.exists(file)) {
      throw new InputException(
          "%s lacks the labels of its images: put %s there".formatted(images.resolve("val"), file));
    }
    Map<String, Integer> labels = labels(file);
    Dataset validation = part(images, "val", labels);
    lost = validation == null ? 0 : labels.size() - validation.size();
    return validation;
  }

  private @Nullable Dataset test(Path images, @Nullable Dataset train) {
    Path path = images.resolve("test");
    return IlsvrcFolder.hasClassesOf(train, path, synsets::className)
        ? new ImageFolderDataset(path, name + "/test", synsets::className)
        : part(images, "test", null);
  }

  private @Nullable Dataset part(
      Path images, String part, @Nullable Map<String, Integer> labelOfImage) {
    Path path = images.resolve(part);
    if (!Files.isDirectory(path)) {
      return null;
    }
    List<String> files = IlsvrcFolder.images(path);
    int[] labels = new int[files.size()];
    for (int i = 0; i < labels.length; i++) {
      Integer label = Dataset.UNKNOWN;
      if (labelOfImage != null) {
        label = labelOfImage.get(imageId(files.get(i)));
      }
      if (label == null) {
        throw new InputException(
            "%s has no line in %s: copy both again"
                .formatted(path.resolve(files.get(i)), folder.resolve(VALIDATION_SOLUTION)));
      }
      labels[i] = label;
    }
    return new FileDataset(path, name + "/" + part, synsets.classNames(), files, labels);
  }

  /**
   * The label of each image in a solution file, whose lines are {@code ImageId,WNID x1 y1 x2 y2
   * WNID ...}.
   */
  private Map<String, Integer> labels(Path file) {
    Map<String, Integer> labels = new HashMap<>();
    List<String> lines = lines(file);
    requireHeader(file, lines);
    for (int i = 1; i < lines.size(); i++) {
      if (lines.get(i).isBlank()) {
        continue;
      }
      String[] parts = lines.get(i).replace("\"", "").split(",", 2);
      String wnid = parts.length < 2 ? "" : parts[1].strip().split(" ", 2)[0];
      Integer label = synsets.labelOfWnid(wnid);
      if (label == null) {
        throw new InputException(
            "line %d of %s names no class of %s: copy it again".formatted(i + 1, file, MAPPING));
      }
      Integer other = labels.put(parts[0].strip(), label);
      if (other != null && !other.equals(label)) {
        throw new InputException(
            "line %d of %s says %s of %s, but an earlier line another class: copy it again"
                .formatted(i + 1, file, wnid, parts[0]));
      }
    }
    return labels;
  }

  /** The first line is skipped, so it must not be an image's. */
  private static void requireHeader(Path file, List<String> lines) {
    if (lines.isEmpty() || !lines.get(0).replaceAll("[\"\\s]", "").equals(HEADER)) {
      throw new InputException(
          "%s does not begin with the line %s: copy it again".formatted(file, HEADER));
    }
  }

  /** The file's name without its ending. */
  private static String imageId(String path) {
    String file = path.substring(path.lastIndexOf('/') + 1);
    int dot = file.lastIndexOf('.');
    return dot < 0 ? file : file.substring(0, dot);
  }
}
