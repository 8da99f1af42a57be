package org.vgg4j.data.folder;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.vgg4j.image.ImageFiles;

/**
 * What lies directly in a folder, as far as a layout needs to know; hidden files, and what
 * operating systems and archives leave behind, do not count.
 *
 * @param path the folder
 * @param images how many images; counted no further than two hundred
 * @param folders names of the sub-folders seen up to then, sorted
 */
public record FolderLook(Path path, int images, List<String> folders) {
  private static final int ENOUGH = 200;

  /** Files whose names do not say are opened until this many images have been found. */
  private static final int CERTAIN = 50;

  static FolderLook at(Path path) {
    int images = 0;
    Set<String> folders = new TreeSet<>();
    try (DirectoryStream<Path> children = Files.newDirectoryStream(path)) {
      for (Path child : children) {
        String name = Folders.name(child);
        if (ImageFiles.isNothing(name)) {
          continue;
        }
        if (Files.isDirectory(child)) {
          folders.add(name);
        } else if (Files.isRegularFile(child)
            && (ImageFiles.isImageName(name)
                || (images < CERTAIN && ImageFiles.content(child).isImage()))) {
          images++;
        }
        if (images >= ENOUGH) {
          break;
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      throw ImageFiles.unlistable(path, e);
    }
    return new FolderLook(path, images, List.copyOf(folders));
  }

  public String name() {
    return Folders.name(path);
  }

  /** Whether it is a folder of folders, apart from a few images that strayed into it. */
  boolean isNested() {
    return !folders.isEmpty() && images <= folders.size();
  }

  boolean sharesFolderWith(FolderLook other) {
    return folders.stream().anyMatch(other.folders::contains);
  }

  /** Whether there is an image in it or below. */
  public boolean hasImages() {
    return images > 0
        || folders.stream().anyMatch(folder -> FolderLook.at(path.resolve(folder)).hasImages());
  }

  /** Looks at the sub-folders, in the order of their names. */
  public static List<FolderLook> below(Path folder) {
    return Folders.in(folder).stream().map(FolderLook::at).toList();
  }
}
