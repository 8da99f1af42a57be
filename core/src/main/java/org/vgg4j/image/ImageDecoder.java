package org.vgg4j.image;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;

/**
 * Turns image files into pixels. The kind of file is told by its content, never by its name; the
 * kinds are those that the JVM's ImageIO reads (PNG, JPEG, BMP, GIF's first frame). Thread-safe.
 */
public final class ImageDecoder {
  /** More pixels than this are refused unread; Pillow's limit for "decompression bombs". */
  static final long MAX_PIXELS = 2L * (1024 * 1024 * 1024 / 4 / 3);

  private static final long MAX_FILE_BYTES = 1L << 30;

  private ImageDecoder() {}

  /**
   * Reads an image file.
   *
   * @param file the file
   * @throws UnreadableImageException if the file is empty, no image, damaged, or of too many pixels
   * @throws InputException if the file is missing or cannot be read
   */
  public static RgbImage decode(Path file) {
    byte[] content;
    try {
      if (Files.isDirectory(file)) {
        throw new InputException(file + " is a folder, not an image: give an image file");
      }
      if (Files.size(file) > MAX_FILE_BYTES) {
        throw new UnreadableImageException(file + " has more than 1 GiB: give a smaller image");
      }
      content = Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new InputException("there is no image file " + file + ": check the path", e);
    } catch (IOException e) {
      throw new InputException(
          "cannot read the image file " + file + " (" + e + "): check its permissions", e);
    }
    return decode(content, file.toString());
  }

  /**
   * Decodes an image file's content.
   *
   * @param content the whole file
   * @param name what to call the image in an error
   * @throws UnreadableImageException if the content is empty, no image, damaged, or of too many
   *     pixels
   */
  public static RgbImage decode(byte[] content, String name) {
    if (content.length == 0) {
      throw new UnreadableImageException(name + " is empty (0 bytes): replace it by an image");
    }
    try (ImageInputStream stream =
        new MemoryCacheImageInputStream(new ByteArrayInputStream(content))) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(stream);
      if (!readers.hasNext()) {
        throw new UnreadableImageException(
            name + " is not an image that can be read: give a PNG, JPEG, BMP or GIF file");
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(stream, true, true);
        return RgbImage.of(read(reader, name));
      } finally {
        reader.dispose();
      }
    } catch (InputException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // ImageIO's readers meet damaged files with all kinds of unchecked exceptions.
      throw damaged(name, e.toString(), e);
    }
  }

  private static BufferedImage read(ImageReader reader, String name) throws IOException {
    long width = reader.getWidth(0);
    long height = reader.getHeight(0);
    if (width * height > MAX_PIXELS) {
      throw new UnreadableImageException(
          "%s has %d x %d pixels, more than the %d allowed: scale it down first"
              .formatted(name, width, height, MAX_PIXELS));
    }
    List<String> warnings = new ArrayList<>();
    reader.addIIOReadWarningListener((source, text) -> warnings.add(text));
    BufferedImage image = reader.read(0);
    // The JPEG reader meets the end of a cut file with a warning and grey pixels.
    for (String warning : warnings) {
      if (warning.startsWith("Truncated") || warning.contains("premature")) {
        throw damaged(name, warning, null);
      }
    }
    return image;
  }

  private static UnreadableImageException damaged(
      String name, String detail, @Nullable Throwable cause) {
    String sentence =
        name + " is damaged, cut off or of an unsupported kind (" + detail + "): replace it";
    return cause == null
        ? new UnreadableImageException(sentence)
        : new UnreadableImageException(sentence, cause);
  }
}
