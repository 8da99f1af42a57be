package org.vgg4j.data.inspect;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.data.FolderNames;

/** Writes the images of a data set as PNG files, one folder per class. */
public final class DatasetExport {
  private DatasetExport() {}

  /**
   * Writes the first images of each class to {@code folder/CLASS/INDEX.png}, where INDEX is the
   * image's index in the data set, in five digits or more, and {@link FolderNames} beside them
   * where a class cannot be a folder's name. Files of the same names are replaced.
   *
   * @param dataset the images
   * @param folder made if it is not there
   * @param limitPerClass at most this many images of each class
   * @return the files written, in the order of the data set
   * @throws InputException if a folder or file cannot be written
   */
  public static List<Path> write(Dataset dataset, Path folder, int limitPerClass) {
    List<String> folderNames = folderNames(dataset.classNames());
    makeFolder(folder);
    FolderNames.write(folder, folderNames, dataset.classNames());
    int[] written = new int[folderNames.size()];
    List<Path> files = new ArrayList<>();
    for (int i = 0; i < dataset.size(); i++) {
      int label = dataset.label(i);
      if (written[label] < limitPerClass) {
        Path classFolder = folder.resolve(folderNames.get(label));
        makeFolder(classFolder);
        Path file = classFolder.resolve("%05d.png".formatted(i));
        dataset.image(i).writePng(file);
        files.add(file);
        written[label]++;
      }
    }
    return files;
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
