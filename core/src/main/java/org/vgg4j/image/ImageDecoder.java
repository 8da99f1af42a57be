package org.vgg4j.image;

import com.twelvemonkeys.imageio.stream.ByteArrayImageInputStream;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import javax.imageio.spi.ImageReaderSpi;
import org.vgg4j.base.AbortedException;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.image.file.DeepSamples;
import org.vgg4j.image.file.ForeignKind;
import org.vgg4j.image.file.ImageKind;
import org.vgg4j.image.file.Origin;
import org.vgg4j.image.file.Readers;
import org.vgg4j.image.format.BmpFile;
import org.vgg4j.image.format.GifDecoder;
import org.vgg4j.image.format.PngFile;
import org.vgg4j.image.format.PnmDecoder;
import org.vgg4j.image.format.WebpDecoder;
import org.vgg4j.image.jpeg.JpegDecoder;
import org.vgg4j.image.tiff.TiffDecoder;

/**
 * Turns image files into pixels. The format is determined by the content, never by the name; the
 * formats are JPEG, PNG, BMP, GIF and WebP (of an animation the first frame), TIFF (its first
 * image) and Netpbm's (PBM, PGM, PPM, PAM). Images are turned upright where the EXIF data of a
 * JPEG, PNG, WebP or TIFF say so; colour profiles are not applied. The same on every JDK.
 * Thread-safe. A thread that is interrupted while it reads a file gets an {@link AbortedException}.
 */
public final class ImageDecoder {
  private static final long MAX_FILE_BYTES = 1L << 30;
  private static final ImageReaderSpi PNG = Readers.jdk("png");
  private static final ImageReaderSpi BMP = Readers.jdk("bmp");

  private ImageDecoder() {}

  /**
   * Reads an image file.
   *
   * @param file the file
   * @throws UnreadableImageException if the file is empty, not an image, damaged, or has too many
   *     pixels
   * @throws InputException if the file is missing or cannot be read
   */
  public static RgbImage decode(Path file) {
    byte[] content;
    try {
      if (Files.isDirectory(file)) {
        throw new InputException(file + " is a folder, not an image: give an image file");
      }
      if (Files.size(file) > MAX_FILE_BYTES) {
        throw new UnreadableImageException(file + " is larger than 1 GiB: give a smaller image");
      }
      content = Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new InputException("there is no image file " + file + ": check the path", e);
    } catch (IOException e) {
      AbortedException.requireUninterrupted(e, file);
      throw new InputException(
          "cannot read the image file "
              + file
              + " ("
              + AtomicFile.reason(e)
              + "): check its permissions",
          e);
    } catch (OutOfMemoryError e) {
      throw tooLarge(file.toString(), e);
    }
    return decode(content, file.toString());
  }

  /**
   * Reads an image file from a stream, to its end. The stream is left open.
   *
   * @param stream the whole file; at most 1 GiB; no more than that is read
   * @param name what to call the image in an error
   * @throws UnreadableImageException if the content is empty, not an image, damaged, or has too
   *     many bytes or pixels
   * @throws InputException if the stream cannot be read
   */
  public static RgbImage decode(InputStream stream, String name) {
    byte[] content;
    try {
      content = stream.readNBytes((int) MAX_FILE_BYTES + 1);
    } catch (IOException e) {
      AbortedException.requireUninterrupted(e, name);
      throw new InputException(
          "cannot read " + name + " (" + AtomicFile.reason(e) + "): try it again", e);
    } catch (OutOfMemoryError e) {
      throw tooLarge(name, e);
    }
    if (content.length > MAX_FILE_BYTES) {
      throw new UnreadableImageException(name + " is larger than 1 GiB: give a smaller image");
    }
    return decode(content, name);
  }

  /**
   * Decodes an image file's content.
   *
   * @param content the whole file
   * @param name what to call the image in an error
   * @throws UnreadableImageException if the content is empty, not an image, damaged, or has too
   *     many pixels
   */
  public static RgbImage decode(byte[] content, String name) {
    return decode(content, name, RgbImage.MAX_PIXELS);
  }

  /**
   * Decodes an image file's content, if it has no more than so many pixels; nothing of their size
   * is allocated before that is known.
   *
   * @param content the whole file
   * @param name what to call the image in an error
   * @param maxPixels the most pixels, at most {@link RgbImage#MAX_PIXELS}
   * @throws OversizedImageException if it has more
   * @throws UnreadableImageException if the content is empty, not an image, or damaged
   */
  public static RgbImage decode(byte[] content, String name, long maxPixels) {
    if (content.length == 0) {
      throw new UnreadableImageException(name + " is empty (0 bytes): replace it by an image");
    }
    ImageKind kind = ImageKind.of(content);
    if (kind == null) {
      String other = ForeignKind.of(content);
      throw new UnreadableImageException(
          name
              + " "
              + (other == null
                  ? "is not an image that can be read: give " + ImageKind.IN_WORDS
                  : other));
    }
    try {
      Origin origin = new Origin(name, Math.min(maxPixels, RgbImage.MAX_PIXELS));
      return Orientation.upright(read(content, kind, origin), Orientation.of(content, kind));
    } catch (UnreadableImageException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // ImageIO's readers throw all kinds of unchecked exceptions at damaged files.
      throw damaged(name, detail(e), e);
    } catch (OutOfMemoryError | StackOverflowError e) {
      // One file that claims an absurd size must not end a run that can do without it.
      throw damaged(name, "it needs more memory than is available", e);
    }
  }

  private static RgbImage read(byte[] content, ImageKind kind, Origin origin) throws IOException {
    return switch (kind) {
      case JPEG -> JpegDecoder.decode(content, origin);
      case PNG -> png(content, origin);
      case BMP -> RgbImage.of(read(BMP, BmpFile.tidy(content), origin));
      case GIF -> GifDecoder.decode(content, origin);
      case TIFF -> TiffDecoder.decode(content, origin);
      case WEBP -> WebpDecoder.decode(content, origin);
      case PNM -> PnmDecoder.decode(content, origin);
    };
  }

  private static RgbImage png(byte[] content, Origin origin) throws IOException {
    BufferedImage image = read(PNG, PngFile.bare(content, origin.name()), origin);
    DeepSamples.requireUpperBits(image, origin.name(), "PNG");
    return RgbImage.of(image);
  }

  private static BufferedImage read(ImageReaderSpi provider, byte[] content, Origin origin)
      throws IOException {
    ByteArrayImageInputStream stream = new ByteArrayImageInputStream(content);
    return Readers.read(provider, stream, origin, reader -> reader.read(0));
  }

  private static String detail(Exception e) {
    return AtomicFile.reason(e);
  }

  private static UnreadableImageException tooLarge(String name, Throwable cause) {
    return new UnreadableImageException(
        name + " needs more memory than is available: give a smaller image", cause);
  }

  private static UnreadableImageException damaged(String name, String detail, Throwable cause) {
    return new UnreadableImageException(
        name + " is damaged, cut off or of an unsupported kind (" + detail + "): replace it",
        cause);
  }
}
