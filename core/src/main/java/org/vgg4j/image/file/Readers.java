package org.vgg4j.image.file;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageReader;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;
import javax.imageio.stream.ImageInputStream;
import org.vgg4j.image.UnreadableImageException;

/** Access to ImageIO's readers: always particular ones, whatever else is on the class path. */
public final class Readers {
  /** What to do with a reader. */
  @FunctionalInterface
  public interface Use<T> {
    T of(ImageReader reader) throws IOException;
  }

  private Readers() {}

  /**
   * Returns the JDK's own reader.
   *
   * @param format the format, as in the name of the reader's package
   */
  public static ImageReaderSpi jdk(String format) {
    Iterator<ImageReaderSpi> providers =
        IIORegistry.getDefaultInstance().getServiceProviders(ImageReaderSpi.class, true);
    while (providers.hasNext()) {
      ImageReaderSpi provider = providers.next();
      if (provider.getClass().getName().equals(spiName(format))) {
        return provider;
      }
    }
    throw new IllegalStateException("this Java has no reader of " + format + " images");
  }

  private static String spiName(String format) {
    return "com.sun.imageio.plugins."
        + format
        + "."
        + format.toUpperCase(Locale.ROOT)
        + "ImageReaderSpi";
  }

  /**
   * Reads a file's first image.
   *
   * @param use what to do with the reader, once the size is known to be allowed
   * @throws UnreadableImageException if there are too many pixels
   * @throws IOException if the image is damaged or cut off
   */
  public static <T> T read(
      ImageReaderSpi provider, ImageInputStream stream, Origin origin, Use<T> use)
      throws IOException {
    ImageReader reader = provider.createReaderInstance();
    try (stream) {
      reader.setInput(stream, true, true);
      origin.requireSize(reader.getWidth(0), reader.getHeight(0));
      List<String> warnings = new ArrayList<>();
      reader.addIIOReadWarningListener((source, text) -> warnings.add(text));
      T result = use.of(reader);
      requireWhole(warnings);
      return result;
    } finally {
      reader.dispose();
    }
  }

  /** At the end of a truncated file the JPEG reader only warns, in English, and fills in grey. */
  private static void requireWhole(List<String> warnings) throws IOException {
    for (String warning : warnings) {
      if (warning.startsWith("Truncated") || warning.contains("premature")) {
        throw new IOException(warning);
      }
    }
  }
}
