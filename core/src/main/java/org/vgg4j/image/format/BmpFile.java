package org.vgg4j.image.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The header of a BMP file, with its redundant fields corrected: the length of the file, where the
 * pixels begin, how many bytes they have, whether the bits of alpha are used. Many programs write
 * zeros or nonsense there, and most readers, unlike the JDK's, ignore these fields.
 */
public final class BmpFile {
  private static final int FILE_HEADER = 14;
  private static final int OS2_HEADER = 12;
  private static final int HEADER = 40;

  /** OS/2's second version: begins like the usual one, and ends with fields for printing. */
  private static final int LONG_OS2_HEADER = 64;

  /** The first version of the usual header that has a mask of alpha. */
  private static final int ALPHA_HEADER = 56;

  private static final int OFFSET_AT = 10;
  private static final int WIDTH_AT = 18;
  private static final int HEIGHT_AT = 22;
  private static final int BITS_AT = 28;
  private static final int COMPRESSION_AT = 30;
  private static final int BYTES_AT = 34;
  private static final int COLOURS_AT = 46;
  private static final int ALPHA_AT = 66;
  private static final int RUNS_OF_4 = 2;
  private static final int MASKS = 3;

  private BmpFile() {}

  /** Returns the file in the form that the reader needs. */
  public static byte[] tidy(byte[] content) throws IOException {
    ByteBuffer file = ByteBuffer.wrap(content.clone()).order(ByteOrder.LITTLE_ENDIAN);
    if (content.length < FILE_HEADER + HEADER || file.getInt(FILE_HEADER) == OS2_HEADER) {
      return setLength(file);
    }
    if (file.getInt(FILE_HEADER) == LONG_OS2_HEADER) {
      file = withUsualHeader(file);
    }
    int compression = file.getInt(COMPRESSION_AT);
    int tables = FILE_HEADER + file.getInt(FILE_HEADER);
    if (file.getInt(OFFSET_AT) < tables) {
      file.putInt(OFFSET_AT, tables + tableBytes(file));
    }
    long rest = file.limit() - (file.getInt(OFFSET_AT) & 0xFFFFFFFFL);
    boolean runs = compression > 0 && compression <= RUNS_OF_4;
    long said = file.getInt(BYTES_AT) & 0xFFFFFFFFL;
    if (runs && rest > 0 && (said == 0 || said > rest)) {
      file.putInt(BYTES_AT, (int) rest);
    }
    if (file.getInt(FILE_HEADER) >= ALPHA_HEADER
        && file.limit() >= ALPHA_AT + Integer.BYTES
        && (compression == 0 || !hasAlpha(file))) {
      file.putInt(ALPHA_AT, 0);
    }
    return setLength(file);
  }

  /**
   * Whether alpha is above 0 in any pixel: elsewhere its bits are unused, as they always are
   * without compression. Nobody means an image of which nothing is seen.
   */
  private static boolean hasAlpha(ByteBuffer file) {
    int mask = file.getInt(ALPHA_AT);
    if (file.getShort(BITS_AT) != Integer.SIZE || mask == 0) {
      return true; // the reader does not look at the mask then
    }
    long width = file.getInt(WIDTH_AT);
    long height = Math.abs((long) file.getInt(HEIGHT_AT));
    long stride = width * Integer.BYTES;
    long row = file.getInt(OFFSET_AT) & 0xFFFFFFFFL;
    for (long y = 0; y < height && row + stride <= file.limit(); y++) {
      for (int x = 0; x < width; x++) {
        if ((file.getInt((int) row + x * Integer.BYTES) & mask) != 0) {
          return true;
        }
      }
      row += stride;
    }
    return false;
  }

  private static byte[] setLength(ByteBuffer file) {
    if (file.limit() >= 6) {
      file.putInt(2, file.limit());
    }
    return file.array();
  }

  private static int tableBytes(ByteBuffer file) {
    int bits = file.getShort(BITS_AT);
    if (bits > 8 || bits < 1) {
      boolean masks = file.getInt(COMPRESSION_AT) == MASKS && file.getInt(FILE_HEADER) == HEADER;
      return masks ? 3 * Integer.BYTES : 0;
    }
    int colours = file.getInt(COLOURS_AT);
    return Integer.BYTES * (colours > 0 && colours <= 1 << bits ? colours : 1 << bits);
  }

  private static ByteBuffer withUsualHeader(ByteBuffer file) throws IOException {
    int compression = file.getInt(COMPRESSION_AT);
    if (compression < 0 || compression > RUNS_OF_4) {
      throw new IOException("OS/2's compression " + compression + " is not known");
    }
    int extra = LONG_OS2_HEADER - HEADER;
    int kept = FILE_HEADER + HEADER;
    if (file.limit() < kept + extra) {
      throw new IOException("it ends within its header");
    }
    ByteBuffer usual = ByteBuffer.allocate(file.limit() - extra).order(ByteOrder.LITTLE_ENDIAN);
    usual.put(0, file, 0, kept).put(kept, file, kept + extra, file.limit() - kept - extra);
    usual.putInt(FILE_HEADER, HEADER);
    usual.putInt(OFFSET_AT, file.getInt(OFFSET_AT) - extra);
    return usual;
  }
}
