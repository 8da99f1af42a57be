package org.vgg4j.data.folder;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.vgg4j.base.InputException;
import org.vgg4j.data.FolderNames;
import org.vgg4j.image.ImageFiles;
import org.vgg4j.image.PassedOver;

/**
 * A folder with one sub-folder per class, in the manner of torchvision's ImageFolder: the classes
 * are the sub-folders in ASCII order, and every image below a sub-folder, however deep, belongs to
 * its class, which {@link FolderNames} may call otherwise. A file is an image if its name ends like
 * an image's, or else if its content begins like one. Hidden files are passed over; so are files
 * that are not images, which {@link #notes} mentions. The files are listed once, when the data set
 * is opened, and decoded at each use. Immutable.
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
   * @param className makes a class's name from its folder's
   */
  public ImageFolderDataset(Path root, String name, UnaryOperator<String> className) {
    this(root, name, list(root, className));
  }

  private ImageFolderDataset(Path root, String name, Listing listing) {
    super(root, name, listing.classNames(), listing.files(), listing.labels());
    this.notes = listing.notes();
  }

  /** Returns sentences for users about files that are passed over. */
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
      List<String> images = Folders.imagesBelow(root, folders.get(label), passedOver);
      if (images.isEmpty()) {
        throw noImage(folders.get(label), passedOver);
      }
      files.addAll(images);
      ends[label] = files.size();
    }
    Folders.children(root).stream()
        .filter(ImageFolderDataset::isImage)
        .forEach(passedOver::addStray);
    List<String> classNames =
        FolderNames.classNames(root, folders.stream().map(Folders::name).toList()).stream()
            .map(className)
            .toList();
    return new Listing(classNames, files, labelsUpTo(ends), passedOver.sentences());
  }

  private static InputException noImage(Path folder, PassedOver passedOver) {
    return new InputException(
        "class folder %s holds no image (%s): put some in or remove the folder%s"
            .formatted(folder, ImageFiles.EXTENSIONS_IN_WORDS, passedOver.foreignRemark()));
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

  private static List<Path> classFolders(Path root) {
    if (!Files.exists(root)) {
      throw new InputException("there is no folder " + root + ": check the path");
    }
    if (!Files.isDirectory(root)) {
      throw new InputException(root + " is " + FileForFolder.whatItIs(root));
    }
    List<Path> folders =
        Folders.in(root).stream().filter(folder -> !Folders.isForBoxes(folder)).toList();
    if (folders.isEmpty()) {
      boolean images = Folders.children(root).stream().anyMatch(ImageFolderDataset::isImage);
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
              .formatted(root, Folders.name(folders.get(0))));
    }
    return folders;
  }
}
