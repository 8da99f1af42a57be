package org.vgg4j.image;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.vgg4j.base.InputException;

/** Which files of a folder are images, as far as their names tell. */
public final class ImageFiles {
  /** The extensions that are taken for images, for messages. */
  public static final String EXTENSIONS_IN_WORDS = "jpg, jpeg, png, bmp, gif, tif, tiff or webp";

  private static final Set<String> EXTENSIONS =
      Set.of("jpg", "jpeg", "png", "bmp", "gif", "tif", "tiff", "webp");

  private ImageFiles() {}

  /** Whether a name ends like an image's, in any case. */
  public static boolean isImageName(String name) {
    String extension = name.substring(name.lastIndexOf('.') + 1);
    return EXTENSIONS.contains(extension.toLowerCase(Locale.ROOT));
  }

  /**
   * Returns the file itself, or for a folder the images below it, however deep, in the order of
   * their paths; hidden ones are passed over.
   *
   * @throws InputException if the folder cannot be listed or holds no image
   */
  public static List<Path> at(Path path) {
    if (!Files.isDirectory(path)) {
      return List.of(path); // whether it can be read turns out when it is
    }
    try (Stream<Path> below = Files.walk(path, FileVisitOption.FOLLOW_LINKS)) {
      List<Path> images =
          below
              .filter(Files::isRegularFile)
              .filter(file -> isImageName(file.toString()))
              .filter(file -> !("/" + path.relativize(file)).contains("/."))
              .sorted()
              .toList();
      if (images.isEmpty()) {
        throw new InputException(
            "folder " + path + " holds no image (" + EXTENSIONS_IN_WORDS + "): check the path");
      }
      return images;
    } catch (IOException | UncheckedIOException e) {
      throw new InputException(
          "cannot list the folder " + path + " (" + e.getMessage() + "): check permissions", e);
    }
  }
}
