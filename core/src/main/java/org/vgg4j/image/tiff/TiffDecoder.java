package org.vgg4j.image.tiff;

import com.twelvemonkeys.imageio.plugins.tiff.TIFFImageReaderSpi;
import com.twelvemonkeys.imageio.stream.ByteArrayImageInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import javax.imageio.spi.ImageReaderSpi;
import org.jspecify.annotations.Nullable;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.UnreadableImageException;
import org.vgg4j.image.file.Alpha;
import org.vgg4j.image.file.Exif;
import org.vgg4j.image.file.ImageKind;
import org.vgg4j.image.file.Origin;
import org.vgg4j.image.file.Readers;
import org.vgg4j.image.jpeg.JpegDecoder;
import org.vgg4j.image.jpeg.JpegSamples;

/**
 * Decodes the first image of a TIFF or BigTIFF file that is not a smaller copy of another. What its
 * samples mean is decided by its tags alone, as in libtiff and Pillow; colour models and profiles
 * play no part. Fax codes, which have only black and white, are left to TwelveMonkeys' reader.
 */
public final class TiffDecoder {
  private static final ImageReaderSpi FAX_READER = new TIFFImageReaderSpi();

  private static final Map<Integer, String> NAMES =
      Map.ofEntries(
          Map.entry(32_809, "ThunderScan"),
          Map.entry(33_003, "JPEG 2000"),
          Map.entry(33_005, "JPEG 2000"),
          Map.entry(34_661, "JBIG"),
          Map.entry(34_676, "LogLuv"),
          Map.entry(34_677, "LogLuv"),
          Map.entry(34_712, "JPEG 2000"),
          Map.entry(34_887, "LERC"),
          Map.entry(34_925, "LZMA"),
          Map.entry(34_933, "PNG"),
          Map.entry(34_934, "JPEG XR"),
          Map.entry(50_000, "Zstandard"),
          Map.entry(50_001, "WebP"),
          Map.entry(50_002, "JPEG XL"),
          Map.entry(52_546, "JPEG XL"));

  private TiffDecoder() {}

  /**
   * Reads a file's first image, as it is stored: not turned upright.
   *
   * @throws UnreadableImageException if the file is of a kind that cannot be read
   * @throws IOException if it is damaged
   */
  public static RgbImage decode(byte[] content, Origin origin) throws IOException {
    requireNoThumbnail(content, new TiffDirectory(content), origin);
    TiffDirectory tags = TiffDirectory.main(content);
    int width = tags.required(TiffTags.WIDTH, "ImageWidth");
    int height = tags.required(TiffTags.HEIGHT, "ImageLength");
    origin.requireSize(width, height);
    int compression = (int) tags.number(TiffTags.COMPRESSION, TiffCodec.NONE);
    if (compression >= 2 && compression <= 4) {
      return RgbImage.of(
          Readers.read(
              FAX_READER,
              new ByteArrayImageInputStream(content),
              origin,
              reader -> reader.read(tags.index)));
    }
    if (compression == TiffTags.OLD_STYLE_JPEG) {
      return oldJpeg(content, origin, tags, width, height);
    }
    if (compression != TiffTags.JPEG && !TiffCodec.knows(compression)) {
      String method = NAMES.getOrDefault(compression, "method " + compression);
      throw new UnreadableImageException(
          "%s is a TIFF packed by %s, which cannot be read: save it with LZW, Deflate or none"
              .formatted(origin, method));
    }
    TiffForm form = TiffForm.of(tags, origin.name());
    byte[] pixels = new TiffBlocks(content, origin, tags, form).read();
    return new RgbImage(width, height, colours(pixels, form, tags));
  }

  /** The first image of a camera's raw file is a small one; the large one comes later. */
  private static void requireNoThumbnail(byte[] content, TiffDirectory tags, Origin origin)
      throws IOException {
    if (tags.has(TiffTags.DNG_VERSION)
        || (tags.isReduced() && tags.has(TiffTags.SUB_DIRECTORIES))
        || ImageKind.begins(content, 8, "CR\2")) {
      throw new UnreadableImageException(
          origin + " is a camera's raw image, which cannot be read: convert it to JPEG or PNG");
    }
  }

  /** Returns the orientation, 1 to 8. */
  public static int orientation(byte[] content) {
    try {
      long told = TiffDirectory.main(content).number(TiffTags.ORIENTATION, Exif.UPRIGHT);
      return told >= 1 && told <= 8 ? (int) told : Exif.UPRIGHT;
    } catch (IOException e) {
      return Exif.UPRIGHT;
    }
  }

  /**
   * The form from before TIFF had proper JPEG compression: read where it holds a whole JPEG file.
   */
  private static RgbImage oldJpeg(
      byte[] content, Origin origin, TiffDirectory tags, int width, int height) throws IOException {
    long from = tags.number(TiffTags.OLD_JPEG, -1);
    if (from > 0
        && from < content.length - 4
        && ImageKind.begins(content, (int) from, "\u00ff\u00d8")) {
      long length = tags.number(TiffTags.OLD_JPEG_BYTES, Long.MAX_VALUE);
      int end = (int) (from + Math.min(length, content.length - from));
      RgbImage image = JpegDecoder.decode(Arrays.copyOfRange(content, (int) from, end), origin);
      if (image.width() == width && image.height() == height) {
        return image;
      }
    }
    throw new UnreadableImageException(
        origin + " is a TIFF with JPEG data of the old kind, which cannot be read: save it anew");
  }

  private static byte[] colours(byte[] pixels, TiffForm form, TiffDirectory tags)
      throws IOException {
    int kept = form.kept();
    Meaning meaning = meaning(form, tags);
    if (meaning == null && kept == 3) {
      return pixels;
    }
    byte[] rgb = new byte[Math.toIntExact(pixels.length / kept * 3L)];
    int to = 0;
    for (int from = 0; from < pixels.length; from += kept) {
      int alpha = form.alpha() < 0 ? 255 : pixels[from + form.colours()] & 0xFF;
      if (form.associated()) {
        divide(pixels, from, form.colours(), alpha);
      }
      if (meaning == null) {
        System.arraycopy(pixels, from, rgb, to, 3);
      } else {
        meaning.write(pixels, from, rgb, to);
      }
      if (alpha != 255) {
        for (int i = to; i < to + 3; i++) {
          rgb[i] = Alpha.overWhite(rgb[i] & 0xFF, alpha);
        }
      }
      to += 3;
    }
    return rgb;
  }

  /** Undoes the multiplication of colours by alpha, as Pillow does. */
  private static void divide(byte[] pixels, int from, int colours, int alpha) {
    for (int i = from; i < from + colours && alpha > 0; i++) {
      pixels[i] = (byte) Math.min(255, (pixels[i] & 0xFF) * 255 / alpha);
    }
  }

  /** Converts a pixel's samples to RGB. */
  @FunctionalInterface
  private interface Meaning {
    void write(byte[] pixels, int from, byte[] rgb, int to);
  }

  /** Returns null where the samples are red, green and blue already. */
  private static @Nullable Meaning meaning(TiffForm form, TiffDirectory tags) throws IOException {
    boolean jpeg = tags.number(TiffTags.COMPRESSION, 1) == TiffTags.JPEG;
    return switch (form.photometric()) {
      case TiffTags.WHITE_IS_ZERO, TiffTags.BLACK_IS_ZERO -> {
        int flip = form.photometric() == TiffTags.WHITE_IS_ZERO ? 0xFF : 0;
        yield (pixels, from, rgb, to) ->
            rgb[to] = rgb[to + 1] = rgb[to + 2] = (byte) (pixels[from] ^ flip);
      }
      case TiffTags.PALETTE -> palette(tags.numbers(TiffTags.COLOUR_MAP), form.bits());
      case TiffTags.INKS -> TiffDecoder::writeInks;
      case TiffTags.LAB -> CieLab::write;
      case TiffTags.YCBCR -> jpeg && !form.planar() ? null : new TiffYcbcr(tags)::write;
      default -> null;
    };
  }

  private static void writeInks(byte[] pixels, int from, byte[] rgb, int to) {
    int black = pixels[from + 3] & 0xFF;
    for (int i = 0; i < 3; i++) {
      rgb[to + i] = JpegSamples.light(pixels[from + i] & 0xFF, black);
    }
  }

  /** Colours have 16 bits; some programs write 8, recognised by all values being small. */
  private static Meaning palette(long[] map, int bits) throws IOException {
    int colours = 1 << bits;
    if (map.length < 3 * colours) {
      throw new IOException("its colour map has " + map.length + " entries");
    }
    int shift = Arrays.stream(map).allMatch(value -> value < 256) ? 0 : 8;
    return (pixels, from, rgb, to) -> {
      int colour = pixels[from] & 0xFF;
      for (int i = 0; i < 3; i++) {
        rgb[to + i] = (byte) (map[i * colours + colour] >> shift);
      }
    };
  }
}
