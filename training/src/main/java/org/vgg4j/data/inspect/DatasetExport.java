package org.vgg4j.data.inspect;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.FolderNames;
import org.vgg4j.image.ImageFiles;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.UnreadableImageException;

/** Writes the images of a data set as PNG files, one folder per class. */
public final class DatasetExport {
  private DatasetExport() {}

  /**
   * What was written.
   *
   * @param files in the order of the data set
   * @param unreadable the images that were passed over since they cannot be read; others of their
   *     classes take their places
   */
  public record Result(List<Path> files, List<String> unreadable) {
    /** Copies the lists. */
    public Result {
      files = List.copyOf(files);
      unreadable = List.copyOf(unreadable);
    }
  }

  /**
   * Writes the first images of each class to {@code folder/CLASS/INDEX.png}, where INDEX is the
   * image's index in the data set, in five digits or more, and {@link FolderNames} beside them
   * where a class cannot be a folder's name. Folders of classes that hold images already are
   * refused: the indices of another part or data set begin at 0, too.
   *
   * @param dataset the images
   * @param folder made if it is not there
   * @param limitPerClass at most this many images of each class
   * @throws InputException if a folder or file cannot be written, a class's folder holds images, or
   *     no image can be read
   */
  public static Result write(Dataset dataset, Path folder, int limitPerClass) {
    List<String> folderNames = folderNames(dataset.classNames());
    requireNoImages(dataset, folder, folderNames);
    makeFolder(folder);
    FolderNames.write(folder, folderNames, dataset.classNames());
    int[] written = new int[folderNames.size()];
    List<Path> files = new ArrayList<>();
    List<String> unreadable = new ArrayList<>();
    for (int i = 0; i < dataset.size(); i++) {
      int label = dataset.label(i);
      if (written[label] >= limitPerClass) {
        continue;
      }
      RgbImage image;
      try {
        image = dataset.image(i);
      } catch (UnreadableImageException e) {
        unreadable.add(dataset.id(i));
        continue;
      }
      Path classFolder = folder.resolve(folderNames.get(label));
      makeFolder(classFolder);
      Path file = classFolder.resolve("%05d.png".formatted(i));
      image.writePng(file);
      files.add(file);
      written[label]++;
    }
    if (files.isEmpty()) {
      throw new InputException(
          "none of the %d images of %s can be read: vgg data inspect says what is wrong with them"
              .formatted(dataset.size(), dataset.name()));
    }
    return new Result(files, unreadable);
  }

  /** Called before anything is written. */
  private static void requireNoImages(Dataset dataset, Path folder, List<String> folderNames) {
    BitSet labels = new BitSet();
    for (int i = 0; i < dataset.size(); i++) {
      labels.set(dataset.label(i));
    }
    for (int label = labels.nextSetBit(0); label >= 0; label = labels.nextSetBit(label + 1)) {
      Path classFolder = folder.resolve(folderNames.get(label));
      if (Files.isDirectory(classFolder) && holdsImages(classFolder)) {
        throw new InputException(
            "%s already holds images, which would be replaced by these or mixed with them: choose another place, or remove the folder"
                .formatted(classFolder));
      }
    }
  }

  private static boolean holdsImages(Path folder) {
    try (Stream<Path> children = Files.list(folder)) {
      return children
          .map(child -> String.valueOf(child.getFileName()))
          .anyMatch(name -> !ImageFiles.isNothing(name) && ImageFiles.isImageName(name));
    } catch (IOException | UncheckedIOException e) {
      throw ImageFiles.unlistable(folder, e);
    }
  }

  private static void makeFolder(Path folder) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new InputException(
          "cannot make the folder "
              + folder
              + " ("
              + AtomicFile.reason(e)
              + "): choose another place",
          e);
    }
  }

  /**
   * Returns names for class folders that every file system takes: everything but letters, digits,
   * blanks and {@code _ - .} becomes an underscore, as does a dot at either end; of names that then
   * differ only in case, the later ones get the number of their class.
   *
   * @param classNames the names of the classes
   * @return as many names, all different
   */
  public static List<String> folderNames(List<String> classNames) {
    List<String> names = new ArrayList<>();
    Set<String> taken = new HashSet<>();
    for (int label = 0; label < classNames.size(); label++) {
      String safe =
          classNames
              .get(label)
              .strip()
              .replaceAll("[^\\p{L}\\p{M}\\p{Nd} _.-]", "_")
              .replaceAll("^\\.|\\.$", "_");
      String name = safe;
      while (name.isEmpty() || !taken.add(name.toLowerCase(Locale.ROOT))) {
        name = name + "_" + label;
      }
      names.add(name);
    }
    return names;
  }
}
