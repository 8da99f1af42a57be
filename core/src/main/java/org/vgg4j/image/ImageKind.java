package org.vgg4j.image;

import com.twelvemonkeys.imageio.plugins.tiff.TIFFImageReaderSpi;
import com.twelvemonkeys.imageio.plugins.webp.WebPImageReaderSpi;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Iterator;
import java.util.Locale;
import javax.imageio.ImageReader;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;
import org.jspecify.annotations.Nullable;

/**
 * The kinds of image files, told by their first bytes, and for each the reader that is used,
 * however many others are on the class path. Thread-safe.
 */
enum ImageKind {
  JPEG(jdk("jpeg")),
  PNG(jdk("png")),
  BMP(jdk("bmp")),
  GIF(jdk("gif")),
  TIFF(new TIFFImageReaderSpi()),
  WEBP(new WebPImageReaderSpi());

  /** What to give, for messages. */
  static final String IN_WORDS = "a JPEG, PNG, BMP, GIF, TIFF or WebP file";

  private static final int RIFF_HEADER = 8;

  private final ImageReaderSpi provider;

  ImageKind(ImageReaderSpi provider) {
    this.provider = provider;
  }

  /** The JDK's own reader. */
  private static ImageReaderSpi jdk(String format) {
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

  /** Returns the kind that a file begins like; null if there is none. */
  static @Nullable ImageKind of(byte[] content) {
    if (begins(content, 0, "\u00ff\u00d8\u00ff")) {
      return JPEG;
    }
    if (begins(content, 0, "\u0089PNG\r\n\u001a\n")) {
      return PNG;
    }
    if (begins(content, 0, "BM")) {
      return BMP;
    }
    if (begins(content, 0, "GIF87a") || begins(content, 0, "GIF89a")) {
      return GIF;
    }
    if (begins(content, 0, "II*\0") || begins(content, 0, "MM\0*")) {
      return TIFF;
    }
    return begins(content, 0, "RIFF") && begins(content, 8, "WEBP") ? WEBP : null;
  }

  private static boolean begins(byte[] content, int at, String magic) {
    if (content.length < at + magic.length()) {
      return false;
    }
    for (int i = 0; i < magic.length(); i++) {
      if ((content[at + i] & 0xFF) != magic.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** Whether a file is shorter than it says; its reader would not notice. */
  boolean isCut(byte[] content) {
    if (this != WEBP) {
      return false;
    }
    long length = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).getInt(4) & 0xFFFFFFFFL;
    return content.length < length + RIFF_HEADER;
  }

  /** Returns a new reader. */
  ImageReader reader() throws IOException {
    return provider.createReaderInstance();
  }
}
