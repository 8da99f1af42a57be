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
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.vgg4j.base.InputException;
import org.vgg4j.image.ImageFiles;

/**
 * A folder with one sub-folder per class, in the manner of torchvision's ImageFolder: the classes
 * are the sub-folders in ASCII order, and every image below a sub-folder, however deep, belongs to
 * its class. Hidden files, and files whose names do not end like an image's, are passed over. The
 * files are listed once, when the data set is opened, and decoded at each use. Immutable.
 */
public final class ImageFolderDataset extends FileDataset {
  private static final Logger LOG = LoggerFactory.getLogger(ImageFolderDataset.class);

  /**
   * @param files paths below the root with / between their parts, class by class, sorted within
   *     each
   */
  private record Listing(List<String> classNames, List<String> files, int[] labels) {}

  /**
   * Lists the folder.
   *
   * @param root the folder that holds the class folders
   * @param name what to call the data set
   * @throws InputException if the root is missing, no folder, or cannot be listed; if it holds
   *     fewer than two class folders; if a class folder holds no image
   */
  public ImageFolderDataset(Path root, String name) {
    this(root, name, UnaryOperator.identity());
  }

  /**
   * @param className makes the name of a class from that of its folder
   */
  ImageFolderDataset(Path root, String name, UnaryOperator<String> className) {
    this(root, name, list(root, className));
  }

  private ImageFolderDataset(Path root, String name, Listing listing) {
    super(root, name, listing.classNames(), listing.files(), listing.labels());
  }

  private static Listing list(Path root, UnaryOperator<String> className) {
    List<Path> folders = classFolders(root);
    List<String> files = new ArrayList<>();
    int[] ends = new int[folders.size()];
    int ignored = 0;
    for (int label = 0; label < ends.length; label++) {
      List<String> all = filesBelow(root, folders.get(label));
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
    if (ignored > 0) {
      LOG.warn(
          "passed over {} file(s) of {} that are not {}",
          ignored,
          root,
          ImageFiles.EXTENSIONS_IN_WORDS);
    }
    List<String> classNames =
        folders.stream().map(ImageFolderDataset::fileName).map(className).toList();
    return new Listing(classNames, files, labelsUpTo(ends));
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

  static List<String> filesBelow(Path root, Path folder) {
    try (Stream<Path> below = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
      return below
          .filter(Files::isRegularFile)
          .map(file -> below(root, file))
          .filter(file -> !("/" + file).contains("/."))
          .toList();
    } catch (IOException | UncheckedIOException e) {
      throw unlistable(folder, e);
    }
  }

  private static String below(Path root, Path file) {
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

  static String fileName(Path path) {
    Path last = path.getFileName();
    return last == null ? "" : last.toString();
  }
}
