package org.vgg4j.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.vgg4j.base.InputException;
import org.vgg4j.image.ImageDecoder;
import org.vgg4j.image.ImageFiles;
import org.vgg4j.image.RgbImage;

/**
 * A folder with one sub-folder per class, in the manner of torchvision's ImageFolder: the classes
 * are the sub-folders in ASCII order, and every image below a sub-folder, however deep, belongs to
 * its class. Hidden files, and files whose names do not end like an image's, are passed over. The
 * files are listed once, when the data set is opened, and decoded at each use. Immutable.
 */
public final class ImageFolderDataset implements Dataset {
  private static final Logger LOG = LoggerFactory.getLogger(ImageFolderDataset.class);

  private final Path root;
  private final String name;
  private final List<String> classNames;

  /** Paths below the root with / between their parts, class by class, sorted within each. */
  private final List<String> files = new ArrayList<>();

  /** Label of each file. */
  private final int[] labels;

  /**
   * Lists the folder.
   *
   * @param root the folder that holds the class folders
   * @param name what to call the data set
   * @throws InputException if the root is missing, no folder, or cannot be listed; if it holds
   *     fewer than two class folders; if a class folder holds no image
   */
  public ImageFolderDataset(Path root, String name) {
    this.root = root;
    this.name = name;
    List<Path> folders = classFolders(root);
    this.classNames = folders.stream().map(ImageFolderDataset::fileName).toList();
    int[] ends = new int[folders.size()];
    int ignored = 0;
    for (int label = 0; label < ends.length; label++) {
      List<String> all = filesBelow(folders.get(label));
      List<String> images = all.stream().filter(ImageFiles::isImageName).sorted().toList();
      if (images.isEmpty()) {
        throw new InputException(
            "class folder %s holds no image (%s): put some in or remove the folder"
                .formatted(folders.get(label), ImageFiles.EXTENSIONS_IN_WORDS));
      }
      ignored += all.size() - images.size();
      files.addAll(images);
      ends[label] = files.size();
    }
    this.labels = labelsUpTo(ends);
    if (ignored > 0) {
      LOG.warn(
          "passed over {} file(s) of {} that are not {}",
          ignored,
          root,
          ImageFiles.EXTENSIONS_IN_WORDS);
    }
  }

  private static int[] labelsUpTo(int[] ends) {
    int[] labels = new int[ends[ends.length - 1]];
    for (int label = 1; label < ends.length; label++) {
      Arrays.fill(labels, ends[label - 1], ends[label], label);
    }
    return labels;
  }

  /** Returns the visible sub-folders, sorted by name. */
  static List<Path> subFolders(Path folder) {
    return children(folder).stream().filter(Files::isDirectory).toList();
  }

  private static List<Path> classFolders(Path root) {
    if (!Files.exists(root)) {
      throw new InputException("there is no folder " + root + ": check the path");
    }
    if (!Files.isDirectory(root)) {
      throw new InputException(
          root + " is a file: give a folder with one sub-folder of images per class");
    }
    List<Path> folders = subFolders(root);
    if (folders.isEmpty()) {
      boolean images =
          children(root).stream().anyMatch(file -> ImageFiles.isImageName(fileName(file)));
      throw new InputException(
          "%s holds %s class folders: put the images of each class into a sub-folder of its own, such as %s and %s"
              .formatted(
                  root,
                  images ? "images but no" : "neither images nor",
                  root.resolve("cat").resolve("1.jpg"),
                  root.resolve("dog").resolve("1.jpg")));
    }
    if (folders.size() == 1) {
      throw new InputException(
          "%s holds only one class folder (%s): a classifier needs at least two"
              .formatted(root, fileName(folders.get(0))));
    }
    return folders;
  }

  private static List<Path> children(Path folder) {
    try (Stream<Path> children = Files.list(folder)) {
      return children
          .filter(child -> !fileName(child).startsWith("."))
          .sorted(Comparator.comparing(ImageFolderDataset::fileName))
          .toList();
    } catch (IOException | UncheckedIOException e) {
      throw unlistable(folder, e);
    }
  }

  private List<String> filesBelow(Path folder) {
    try (Stream<Path> below = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
      return below
          .filter(Files::isRegularFile)
          .map(this::belowRoot)
          .filter(file -> !file.contains("/."))
          .toList();
    } catch (IOException | UncheckedIOException e) {
      throw unlistable(folder, e);
    }
  }

  private String belowRoot(Path file) {
    List<String> parts = new ArrayList<>();
    root.relativize(file).forEach(part -> parts.add(part.toString()));
    return String.join("/", parts);
  }

  private static InputException unlistable(Path folder, Exception e) {
    return new InputException(
        "cannot list the folder "
            + folder
            + " ("
            + e.getMessage()
            + "): check permissions and links",
        e);
  }

  private static String fileName(Path path) {
    Path last = path.getFileName();
    return last == null ? "" : last.toString();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<String> classNames() {
    return classNames;
  }

  @Override
  public int size() {
    return files.size();
  }

  @Override
  public int label(int index) {
    return labels[index];
  }

  /** Returns the path of the file, beginning with the root as it was given. */
  @Override
  public String id(int index) {
    return file(index).toString();
  }

  @Override
  public RgbImage image(int index) {
    return ImageDecoder.decode(file(index));
  }

  private Path file(int index) {
    return root.resolve(files.get(index));
  }

  /**
   * Made from the class names and every file's path below the root and size, not from the files'
   * content: an image overwritten by another of the same size goes unnoticed.
   */
  @Override
  public String fingerprint() {
    Fingerprint fingerprint = new Fingerprint().add(classNames);
    try {
      for (String file : files) {
        fingerprint.add(file).add(Files.size(root.resolve(file)));
      }
    } catch (IOException e) {
      throw new InputException(
          "cannot read " + e.getMessage() + ", which was there a moment ago: start again", e);
    }
    return fingerprint.hex();
  }
}
