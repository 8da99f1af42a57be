package org.vgg4j.image;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.image.file.ForeignFormat;
import org.vgg4j.image.file.ImageKind;

/** Which files of a folder are images: by their names, and where those say nothing, by content. */
public final class ImageFiles {
  /** The extensions of image files, for messages. */
  public static final String EXTENSIONS_IN_WORDS =
      "jpg, jpeg, png, bmp, gif, tif, tiff, webp, ppm, pgm, pbm or pnm";

  private static final Set<String> EXTENSIONS =
      Set.of(
          "jpg", "jpeg", "png", "bmp", "gif", "tif", "tiff", "webp", "ppm", "pgm", "pbm", "pnm",
          "pam");

  private static final Set<String> LEFT_BEHIND =
      Set.of(
          "__MACOSX",
          "@eaDir",
          "#recycle",
          "$RECYCLE.BIN",
          "System Volume Information",
          "lost+found",
          "Thumbs.db",
          "ehthumbs.db",
          "desktop.ini",
          "Desktop.ini");

  /** Number of leading bytes that are read to tell what a file is. */
  private static final int HEAD = 32;

  private static final int BMP_HEADER_AT = 14;
  private static final Set<Integer> BMP_HEADERS = Set.of(12, 16, 40, 52, 56, 64, 108, 124);

  private ImageFiles() {}

  /**
   * What a file holds, as far as can be told without decoding it.
   *
   * @param isImage whether it is worth decoding
   * @param foreign what to call it if it is an image of a format that cannot be read, for example
   *     HEIC; otherwise null
   */
  public record Content(boolean isImage, @Nullable String foreign) {}

  /**
   * Says what a file holds: by its name if that ends like an image's, otherwise by its first bytes.
   *
   * @throws InputException if it has to be read but cannot be
   */
  public static Content content(Path file) {
    String name = String.valueOf(file.getFileName());
    if (isImageName(name)) {
      return new Content(true, null);
    }
    byte[] head;
    try (InputStream stream = Files.newInputStream(file)) {
      head = stream.readNBytes(HEAD);
    } catch (IOException e) {
      throw new InputException(
          "cannot read "
              + file
              + " ("
              + AtomicFile.reason(e)
              + "): check its permissions, or remove it",
          e);
    }
    if (!ForeignFormat.isRawName(name) && isImage(head)) {
      return new Content(true, null);
    }
    return new Content(false, ForeignFormat.of(head, name));
  }

  /** Stricter than a decoder, so that a text that begins with BM does not count as an image. */
  private static boolean isImage(byte[] head) {
    ImageKind kind = ImageKind.of(head);
    return kind != null
        && (kind != ImageKind.BMP
            || (head.length > BMP_HEADER_AT
                && BMP_HEADERS.contains(Byte.toUnsignedInt(head[BMP_HEADER_AT]))));
  }

  /** Whether a name ends like an image's, in any case. */
  public static boolean isImageName(String name) {
    return EXTENSIONS.contains(ForeignFormat.extension(name));
  }

  /** Whether a file or folder of that name is not data: hidden, or left behind by some program. */
  public static boolean isNothing(String name) {
    return name.startsWith(".") || LEFT_BEHIND.contains(name);
  }

  /**
   * Returns the file itself, or for a folder the images {@link #below} it.
   *
   * @param passedOver is told of the folder's other files
   * @throws InputException if the folder cannot be listed or holds no image
   */
  public static List<Path> at(Path path, PassedOver passedOver) {
    if (!Files.isDirectory(path)) {
      return List.of(path); // decoding shows whether it can be read
    }
    List<Path> images = below(path, passedOver);
    if (images.isEmpty()) {
      throw new InputException(
          "folder %s holds no image (%s): check the path%s"
              .formatted(path, EXTENSIONS_IN_WORDS, passedOver.foreignRemark()));
    }
    return images;
  }

  /**
   * Returns the images below a folder, however deep, in the order of their paths. A file is an
   * image if its name ends like one, or failing that if its content begins like one.
   *
   * @param passedOver is told of the other files, except those that {@linkplain #isNothing are not
   *     data}
   * @throws InputException if the folder cannot be listed
   */
  public static List<Path> below(Path folder, PassedOver passedOver) {
    List<Path> images = new ArrayList<>();
    for (Path file : filesBelow(folder)) {
      if (!Files.isRegularFile(file)) {
        passedOver.addIfBroken(file);
        continue;
      }
      Content content = content(file);
      if (content.isImage()) {
        images.add(file);
      } else {
        passedOver.add(file, content);
      }
    }
    return images;
  }

  /**
   * Returns all files below a folder, except those that {@linkplain #isNothing are not data}, in
   * the order of their paths.
   *
   * @throws InputException if the folder cannot be listed
   */
  public static List<Path> filesBelow(Path folder) {
    try (Stream<Path> below =
        Files.find(
            folder,
            Integer.MAX_VALUE,
            (file, attributes) -> !attributes.isDirectory(),
            FileVisitOption.FOLLOW_LINKS)) {
      return below.filter(file -> !isNothing(folder.relativize(file))).sorted().toList();
    } catch (IOException | UncheckedIOException e) {
      throw unlistable(folder, e);
    }
  }

  private static boolean isNothing(Path below) {
    for (Path part : below) {
      if (isNothing(part.toString())) {
        return true;
      }
    }
    return false;
  }

  /** The message about a folder that cannot be listed. */
  public static InputException unlistable(Path folder, Exception e) {
    return new InputException(
        "cannot list the folder "
            + folder
            + " ("
            + AtomicFile.reason(e)
            + "): check permissions and links",
        e);
  }
}
