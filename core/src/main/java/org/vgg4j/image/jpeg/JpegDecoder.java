package org.vgg4j.image.jpeg;

import com.twelvemonkeys.imageio.stream.ByteArrayImageInputStream;
import java.awt.image.Raster;
import java.io.IOException;
import java.util.Base64;
import java.util.List;
import javax.imageio.ImageReader;
import javax.imageio.spi.ImageReaderSpi;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.UnreadableImageException;
import org.vgg4j.image.file.Exif;
import org.vgg4j.image.file.Origin;
import org.vgg4j.image.file.Readers;
import org.vgg4j.image.jpeg.JpegFile.Colours;

/**
 * JPEG files, the same on every JDK. The JDK's reader only decodes: what the samples mean is
 * decided here, since it has rules of its own for that, and it is not shown anything else in the
 * file.
 */
public final class JpegDecoder {
  private static final ImageReaderSpi READER = Readers.jdk("jpeg");
  private static final List<Integer> HUFFMAN_PROCESSES = List.of(0xC0, 0xC1, 0xC2);

  private JpegDecoder() {}

  /**
   * Reads a file's image, as it is stored: not turned upright.
   *
   * @throws UnreadableImageException if the file is of a kind that cannot be read
   * @throws IOException if it is damaged
   */
  public static RgbImage decode(byte[] content, Origin origin) throws IOException {
    JpegFile file = new JpegFile(content);
    requireReadable(file, origin);
    Colours colours = file.colours();
    boolean repeats = repeatsRows(file);
    if (colours == Colours.CMYK || colours == Colours.YCCK || repeats) {
      JpegSamples samples = samples(file, origin);
      return switch (colours) {
        case CMYK, YCCK -> samples.fromInks(colours == Colours.YCCK);
        case YCBCR -> samples.fromYcbcr();
        default -> samples.rgb();
      };
    }
    return RgbImage.of(Readers.read(READER, stream(file.bare()), origin, reader -> reader.read(0)));
  }

  /** Returns the orientation from the EXIF data, 1 to 8. */
  public static int orientation(byte[] content) {
    JpegFile file = new JpegFile(content);
    return file.exif() < 0 ? Exif.UPRIGHT : Exif.orientation(content, file.exif(), file.exifEnd());
  }

  /** Reads the samples as they are stored, without any conversion of colours. */
  public static JpegSamples samples(JpegFile file, Origin origin) throws IOException {
    JpegSamples samples =
        new JpegSamples(Readers.read(READER, stream(file.bare()), origin, JpegDecoder::raster));
    if (repeatsRows(file)) {
      samples.interpolateRepeatedRows(file.components());
    }
    return samples;
  }

  private static boolean repeatsRows(JpegFile file) {
    return JpegSamples.hasHalvedRows(file.components()) && Probe.REPEATS_ROWS;
  }

  private static Raster raster(ImageReader reader) throws IOException {
    return reader.readRaster(0, null);
  }

  private static ByteArrayImageInputStream stream(byte[] content) {
    return new ByteArrayImageInputStream(content);
  }

  /** Some JDKs could read more than others: what not all of them can read is always refused. */
  public static void requireReadable(JpegFile file, Origin origin) throws IOException {
    int process = file.process();
    if (file.components().isEmpty()) {
      throw new IOException("it has no frame");
    }
    if (process >= 0xC9 && process <= 0xCB) {
      throw new UnreadableImageException(
          origin
              + " is a JPEG with arithmetic coding, which cannot be read: save it as an ordinary"
              + " JPEG, for instance with jpegtran -copy all -outfile NEW.jpg OLD.jpg");
    }
    String form = form(file);
    if (!form.isEmpty()) {
      throw new UnreadableImageException(
          "%s is a JPEG %s, which cannot be read: save it as an ordinary JPEG or a PNG"
              .formatted(origin, form));
    }
    origin.requireSize(file.width(), file.height());
    if (file.hasManyScans() && file.lacksScans()) {
      throw new IOException("scans are missing at its end");
    }
  }

  /** Returns which unsupported feature a file has; empty if none. */
  private static String form(JpegFile file) {
    if (file.process() == 0xC3) {
      return "with lossless coding";
    }
    if (!HUFFMAN_PROCESSES.contains(file.process())) {
      return "with hierarchical coding";
    }
    if (file.precision() != 8) {
      return "of " + file.precision() + " bits a sample";
    }
    if (file.colours() == Colours.UNKNOWN) {
      return "of " + file.components().size() + " components";
    }
    return file.height() == 0 ? "that states its height only at its end" : "";
  }

  /** Finds out how this JDK's decoder behaves. */
  private static final class Probe {
    /**
     * 8 x 16 pixels, from red at the top to blue at the bottom, with chrominance of half the
     * height.
     */
    private static final String HALVED_ROWS =
        "/9j/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5a"
            + "YVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09P"
            + "T09PT09PT09PT09PT09PT09PT0//wAARCAAQAAgDARIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAA"
            + "BAb/xAAWEAEBAQAAAAAAAAAAAAAAAAAAE2H/xAAUAQEAAAAAAAAAAAAAAAAAAAAF/8QAFhEAAwAAAAAA"
            + "AAAAAAAAAAAAABVh/9oADAMBAAIRAxEAPwCJlh0jbyjieH//2Q==";

    /**
     * Whether it repeats rows of chrominance, as libjpeg 6b does, instead of interpolating them.
     */
    static final boolean REPEATS_ROWS = repeatsRows();

    private static boolean repeatsRows() {
      byte[] file = new JpegFile(Base64.getDecoder().decode(HALVED_ROWS)).bare();
      try {
        Raster raster =
            Readers.read(
                READER,
                stream(file),
                new Origin("probe", RgbImage.MAX_PIXELS),
                JpegDecoder::raster);
        for (int y = 0; y < raster.getHeight(); y += 2) {
          if (raster.getSample(0, y, 1) != raster.getSample(0, y + 1, 1)) {
            return false;
          }
        }
        return true;
      } catch (IOException e) {
        throw new IllegalStateException("this Java cannot decode a small JPEG", e);
      }
    }
  }
}
