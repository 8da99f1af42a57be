package org.vgg4j.data.folder;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.vgg4j.base.FileNames;
import org.vgg4j.base.InputException;
import org.vgg4j.data.Dataset;
import org.vgg4j.image.ImageFiles;
import org.vgg4j.image.PassedOver;

/**
 * Image files of which no classes are known: those that are named, and those below folders, however
 * deep. Immutable.
 */
public final class LooseImages extends FileDataset {
  private final List<String> notes;

  private LooseImages(String name, List<String> files, List<String> notes) {
    super(Path.of(""), name, List.of(), files, unknown(files.size()));
    this.notes = notes;
  }

  private static int[] unknown(int count) {
    int[] labels = new int[count];
    Arrays.fill(labels, Dataset.UNKNOWN);
    return labels;
  }

  /**
   * Whether a path can only mean loose images: it is an image, or a folder of images without
   * sub-folders.
   */
  public static boolean isPlainly(Path path) {
    if (Files.isRegularFile(path)) {
      return ImageFiles.content(path).isImage();
    }
    if (!Files.isDirectory(path)) {
      return false;
    }
    FolderLook look = FolderLook.at(path);
    return look.images() > 0 && look.folders().isEmpty();
  }

  /**
   * Lists files.
   *
   * @param paths image files and folders, in the order of the images
   * @throws InputException if one is missing, or holds no image
   */
  public static LooseImages of(List<Path> paths) {
    List<String> files = new ArrayList<>();
    List<String> notes = new ArrayList<>();
    for (Path path : paths) {
      if (!Files.exists(path)) {
        throw new InputException("there is no file or folder %s: check the path".formatted(path));
      }
      PassedOver passedOver = new PassedOver(path);
      for (Path file : ImageFiles.at(path, passedOver)) {
        FileNames.requireText(file);
        files.add(file.toString());
      }
      notes.addAll(passedOver.sentences());
    }
    String name =
        paths.size() == 1
            ? Folders.name(paths.get(0).toAbsolutePath().normalize())
            : files.size() + " files";
    return new LooseImages(name, files, List.copyOf(notes));
  }

  @Override
  public List<String> notes() {
    return notes;
  }
}
