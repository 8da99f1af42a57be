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
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.FileNames;
import org.vgg4j.base.InputException;
import org.vgg4j.image.ImageFiles;

/**
 * A folder with one sub-folder per class, in the manner of torchvision's ImageFolder: the classes
 * are the sub-folders in ASCII order, and every image below a sub-folder, however deep, belongs to
 * its class. A file is an image if its name ends like one's, or else if it begins like one. Hidden
 * files are passed over; so is what is no image, which {@link #notes} says. The files are listed
 * once, when the data set is opened, and decoded at each use. Immutable.
 */
public final class ImageFolderDataset extends FileDataset {
  private final List<String> notes;

  /**
   * @param files paths below the root with / between their parts, class by class, sorted within
   *     each
   */
  private record Listing(
      List<String> classNames, List<String> files, int[] labels, List<String> notes) {}

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
    this.notes = listing.notes();
  }

  /** Returns sentences about files that are passed over. */
  @Override
  public List<String> notes() {
    return notes;
  }

  private static Listing list(Path root, UnaryOperator<String> className) {
    List<Path> folders = classFolders(root);
    List<String> files = new ArrayList<>();
    int[] ends = new int[folders.size()];
    PassedOver passedOver = new PassedOver(root);
    for (int label = 0; label < ends.length; label++) {
      List<String> images = imagesBelow(root, folders.get(label), passedOver);
      if (images.isEmpty()) {
        throw noImage(folders.get(label), passedOver);
      }
      files.addAll(images);
      ends[label] = files.size();
    }
    children(root).stream().filter(ImageFolderDataset::isImage).forEach(passedOver::addStray);
    List<String> classNames =
        folders.stream().map(ImageFolderDataset::fileName).map(className).toList();
    return new Listing(classNames, files, labelsUpTo(ends), passedOver.sentences());
  }

  private static InputException noImage(Path folder, PassedOver passedOver) {
    List<String> foreign = passedOver.foreignSentences();
    return new InputException(
        "class folder %s holds no image (%s): put some in or remove the folder%s"
            .formatted(
                folder,
                ImageFiles.EXTENSIONS_IN_WORDS,
                foreign.isEmpty() ? "" : "; " + foreign.get(0)));
  }

  private static boolean isImage(Path file) {
    return Files.isRegularFile(file) && ImageFiles.content(file).isImage();
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
    List<Path> folders = children(folder).stream().filter(Files::isDirectory).toList();
    folders.forEach(FileNames::requireText); // names of classes
    return folders;
  }

  private static List<Path> classFolders(Path root) {
    if (!Files.exists(root)) {
      throw new InputException("there is no folder " + root + ": check the path");
    }
    if (!Files.isDirectory(root)) {
      throw new InputException(root + " is " + FileForFolder.whatItIs(root));
    }
    List<Path> folders = subFolders(root);
    if (folders.isEmpty()) {
      boolean images = children(root).stream().anyMatch(ImageFolderDataset::isImage);
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
          .filter(child -> !FolderLook.isNothing(fileName(child)))
          .sorted(Comparator.comparing(ImageFolderDataset::fileName))
          .toList();
    } catch (IOException | UncheckedIOException e) {
      throw unlistable(folder, e);
    }
  }

  /**
   * The images below a folder, sorted.
   *
   * @param root which the paths begin below
   * @param passedOver is told of the other files
   */
  static List<String> imagesBelow(Path root, Path folder, PassedOver passedOver) {
    List<String> images = new ArrayList<>();
    try (Stream<Path> below = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
      below
          .filter(file -> !isNothing(folder.relativize(file)))
          .forEach(
              file -> {
                if (!Files.isRegularFile(file)) {
                  passedOver.addIfBroken(file);
                } else if (ImageFiles.isImageName(fileName(file))) {
                  images.add(below(root, file)); // the content is looked at later
                } else {
                  ImageFiles.Content content = ImageFiles.content(file);
                  if (content.isImage()) {
                    images.add(below(root, file));
                  } else {
                    passedOver.add(file, content);
                  }
                }
              });
    } catch (IOException | UncheckedIOException e) {
      throw unlistable(folder, e);
    }
    images.sort(Comparator.naturalOrder());
    return images;
  }

  /** The visible files below a folder, as paths below the root. */
  static List<String> filesBelow(Path root, Path folder) {
    try (Stream<Path> below = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
      return below
          .filter(Files::isRegularFile)
          .filter(file -> !isNothing(folder.relativize(file)))
          .map(file -> below(root, file))
          .toList();
    } catch (IOException | UncheckedIOException e) {
      throw unlistable(folder, e);
    }
  }

  private static boolean isNothing(Path below) {
    for (Path part : below) {
      if (FolderLook.isNothing(part.toString())) {
        return true;
      }
    }
    return false;
  }

  private static String below(Path root, Path file) {
    FileNames.requireText(file);
    List<String> parts = new ArrayList<>();
    root.relativize(file).forEach(part -> parts.add(part.toString()));
    return String.join("/", parts);
  }

  static InputException unlistable(Path folder, Exception e) {
    return new InputException(
        "cannot list the folder "
            + folder
            + " ("
            + AtomicFile.reason(e)
            + "): check permissions and links",
        e);
  }

  static String fileName(Path path) {
    Path last = path.getFileName();
    return last == null ? "" : last.toString();
  }
}
