package org.vgg4j.image.format;

import com.twelvemonkeys.imageio.stream.ByteArrayImageInputStream;
import java.awt.image.Raster;
import java.io.IOException;
import java.util.Arrays;
import javax.imageio.spi.ImageReaderSpi;
import org.vgg4j.image.RgbImage;
import org.vgg4j.image.file.Origin;
import org.vgg4j.image.file.Readers;

/**
 * The first frame of a GIF file, on the whole canvas. The JDK's reader unpacks the palette indices;
 * where they belong and which colours they stand for is decided here, by Pillow's rules: what a
 * frame does not cover is transparent if it has a transparent colour, otherwise it has colour 0; an
 * index beyond the palette is a grey. Not thread-safe.
 */
public final class GifDecoder {
  private static final ImageReaderSpi READER = Readers.jdk("gif");
  private static final int SCREEN = 6;
  private static final int TABLES = 13;
  private static final int EXTENSION = 0x21;
  private static final int FRAME = 0x2C;
  private static final int TRAILER = 0x3B;
  private static final int GRAPHIC_CONTROL = 0xF9;

  private final byte[] content;
  private final byte[] colours = new byte[3 * 256];
  private int transparent = -1;
  private int at;

  private GifDecoder(byte[] content) {
    this.content = content;
    for (int i = 0; i < colours.length; i++) {
      colours[i] = (byte) (i / 3);
    }
  }

  public static RgbImage decode(byte[] content, Origin origin) throws IOException {
    return new GifDecoder(content).firstFrame(origin);
  }

  private RgbImage firstFrame(Origin origin) throws IOException {
    at = TABLES;
    takeColours(unsigned(SCREEN + 4));
    findFrame();
    int left = word(at);
    int top = word(at + 2);
    int width = Math.max(word(SCREEN), left + word(at + 4));
    int height = Math.max(word(SCREEN + 2), top + word(at + 6));
    int flags = unsigned(at + 8);
    at += 9;
    takeColours(flags);
    origin.requireSize(width, height);
    Raster frame =
        Readers.read(
            READER,
            new ByteArrayImageInputStream(content),
            origin,
            reader -> reader.read(0).getRaster());
    return paint(frame, left, top, width, height);
  }

  private RgbImage paint(Raster frame, int left, int top, int width, int height) {
    byte[] rgb = new byte[Math.multiplyExact(3, width * height)];
    if (transparent >= 0) {
      Arrays.fill(colours, 3 * transparent, 3 * transparent + 3, (byte) 255);
    }
    int background = 3 * Math.max(0, transparent);
    boolean covered = frame.getWidth() == width && frame.getHeight() == height;
    for (int i = 0; !covered && i < rgb.length; i += 3) {
      System.arraycopy(colours, background, rgb, i, 3);
    }
    int[] row = new int[frame.getWidth()];
    for (int y = 0; y < frame.getHeight(); y++) {
      frame.getPixels(frame.getMinX(), frame.getMinY() + y, row.length, 1, row);
      int to = 3 * ((top + y) * width + left);
      for (int number : row) {
        System.arraycopy(colours, 3 * number, rgb, to, 3);
        to += 3;
      }
    }
    return new RgbImage(width, height, rgb);
  }

  /** Reads a table of colours, if the flags announce one. */
  private void takeColours(int flags) throws IOException {
    if ((flags & 0x80) != 0) {
      int bytes = 3 << ((flags & 7) + 1);
      unsigned(at + bytes - 1);
      System.arraycopy(content, at, colours, 0, bytes);
      at += bytes;
    }
  }

  /** Skips what comes before the first frame; notes which colour is transparent. */
  private void findFrame() throws IOException {
    int block;
    while ((block = unsigned(at++)) != FRAME) {
      if (block == TRAILER) {
        throw new IOException("it has no frame");
      }
      if (block == EXTENSION) {
        boolean control = unsigned(at++) == GRAPHIC_CONTROL;
        if (control && unsigned(at) >= 4 && (unsigned(at + 1) & 1) != 0) {
          transparent = unsigned(at + 4);
        }
        int length;
        while ((length = unsigned(at++)) != 0) {
          at += length;
        }
      }
    }
  }

  private int word(int from) throws IOException {
    return unsigned(from) | unsigned(from + 1) << 8;
  }

  private int unsigned(int from) throws IOException {
    if (from >= content.length) {
      throw new IOException("it ends before its first frame");
    }
    return content[from] & 0xFF;
  }
}
