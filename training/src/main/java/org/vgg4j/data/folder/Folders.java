package org.vgg4j.data.folder;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.vgg4j.base.FileNames;
import org.vgg4j.image.ImageFiles;
import org.vgg4j.image.PassedOver;

/** Lists what folders hold, as paths and names. */
public final class Folders {
  private Folders() {}

  /** The last name of a path; empty if it has none. */
  public static String name(Path path) {
    Path last = path.getFileName();
    return last == null ? "" : last.toString();
  }

  /** What lies in a folder, sorted by name, without hidden files and the like. */
  public static List<Path> children(Path folder) {
    try (Stream<Path> children = Files.list(folder)) {
      return children
          .filter(child -> !ImageFiles.isNothing(name(child)))
          .sorted(Comparator.comparing(Folders::name))
          .toList();
    } catch (IOException | UncheckedIOException e) {
      throw ImageFiles.unlistable(folder, e);
    }
  }

  /**
   * The folders in a folder, sorted by name.
   *
   * @throws org.vgg4j.base.InputException if the name of one is no text
   */
  public static List<Path> in(Path folder) {
    List<Path> folders = children(folder).stream().filter(Files::isDirectory).toList();
    folders.forEach(FileNames::requireText); // names of classes
    return folders;
  }

  /**
   * Whether a folder is no class, but holds PASCAL-VOC's boxes: called Annotations, without images.
   */
  public static boolean isForBoxes(Path folder) {
    return name(folder).equalsIgnoreCase("Annotations")
        && Files.isDirectory(folder)
        && holdsXml(folder);
  }

  private static boolean holdsXml(Path folder) {
    List<Path> children = children(folder);
    return children.stream().noneMatch(child -> ImageFiles.isImageName(name(child)))
        && children.stream()
            .anyMatch(
                child ->
                    name(child).toLowerCase(Locale.ROOT).endsWith(".xml")
                        || (Files.isDirectory(child) && holdsXml(child)));
  }

  /**
   * The images below a folder, sorted.
   *
   * @param root the folder that the paths are relative to
   * @param passedOver receives the other files
   * @return paths with / between their parts
   */
  public static List<String> imagesBelow(Path root, Path folder, PassedOver passedOver) {
    return ImageFiles.below(folder, passedOver).stream()
        .map(file -> below(root, file))
        .sorted() // as texts, on every system
        .toList();
  }

  /**
   * The path of a file below a folder, with / between its parts.
   *
   * @throws org.vgg4j.base.InputException if the name is no text
   */
  public static String below(Path root, Path file) {
    FileNames.requireText(file);
    List<String> parts = new ArrayList<>();
    root.relativize(file).forEach(part -> parts.add(part.toString()));
    return String.join("/", parts);
  }
}
