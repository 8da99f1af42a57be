package org.vgg4j.image;

import com.twelvemonkeys.imageio.stream.ByteArrayImageInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;

/**
 * Turns image files into pixels. The kind of file is told by its content, never by its name; the
 * kinds are JPEG, PNG, BMP, GIF (its first frame), TIFF (its first picture) and WebP. Pictures are
 * turned upright where the EXIF data of a JPEG, WebP or TIFF say so; colour profiles are not
 * applied. Thread-safe.
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
   * Reads an image file from a stream, to its end. The stream is left open.
   *
   * @param stream the whole file; at most 1 GiB, of which no more than that is read
   * @param name what to call the image in an error
   * @throws UnreadableImageException if the content is empty, no image, damaged, or of too many
   *     bytes or pixels
   * @throws InputException if the stream cannot be read
   */
  public static RgbImage decode(InputStream stream, String name) {
    byte[] content;
    try {
      content = stream.readNBytes((int) MAX_FILE_BYTES + 1);
    } catch (IOException e) {
      throw new InputException("cannot read " + name + " (" + e + "): try it again", e);
    } catch (OutOfMemoryError e) {
      throw new UnreadableImageException(
          name + " needs more memory than there is (" + e + "): give a smaller image", e);
    }
    if (content.length > MAX_FILE_BYTES) {
      throw new UnreadableImageException(name + " has more than 1 GiB: give a smaller image");
    }
    return decode(content, name);
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
    ImageKind kind = ImageKind.of(content);
    if (kind == null) {
      throw new UnreadableImageException(
          name + " is not an image that can be read: give " + ImageKind.IN_WORDS);
    }
    if (kind.isCut(content)) {
      throw damaged(name, "it is shorter than its header says", null);
    }
    try {
      return Orientation.upright(read(content, kind, name), Orientation.of(content, kind));
    } catch (UnreadableImageException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // ImageIO's readers meet damaged files with all kinds of unchecked exceptions.
      throw damaged(name, e.toString(), e);
    } catch (OutOfMemoryError | StackOverflowError e) {
      // One file that claims too much must not end a run that can do without it.
      throw damaged(name, "it needs more memory than there is: " + e, e);
    }
  }

  private static RgbImage read(byte[] content, ImageKind kind, String name) throws IOException {
    ImageReader reader = kind.reader();
    try (ImageInputStream stream = stream(content, kind)) {
      reader.setInput(stream, true, true);
      requireSize(reader, name);
      List<String> warnings = new ArrayList<>();
      reader.addIIOReadWarningListener((source, text) -> warnings.add(text));
      boolean cmyk = kind == ImageKind.JPEG && CmykJpeg.isOne(content);
      RgbImage image =
          cmyk
              ? CmykJpeg.convert(reader.readRaster(0, null), content)
              : RgbImage.of(reader.read(0));
      requireWhole(warnings, name);
      return image;
    } finally {
      reader.dispose();
    }
  }

  private static ImageInputStream stream(byte[] content, ImageKind kind) {
    return kind == ImageKind.WEBP
        ? new WebpStream(content)
        : new ByteArrayImageInputStream(content);
  }

  /** Before anything of that size is allocated. */
  private static void requireSize(ImageReader reader, String name) throws IOException {
    long width = reader.getWidth(0);
    long height = reader.getHeight(0);
    if (width * height > MAX_PIXELS) {
      throw new UnreadableImageException(
          "%s has %d x %d pixels, more than the %d allowed: scale it down first"
              .formatted(name, width, height, MAX_PIXELS));
    }
  }

  /** The JPEG reader meets the end of a cut file with a warning, in English, and grey pixels. */
  private static void requireWhole(List<String> warnings, String name) {
    for (String warning : warnings) {
      if (warning.startsWith("Truncated") || warning.contains("premature")) {
        throw damaged(name, warning, null);
      }
    }
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
