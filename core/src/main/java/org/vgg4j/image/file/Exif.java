package org.vgg4j.image.file;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The orientation of an image from its EXIF data (JEITA CP-3451, tag 274): 1 upright, 2 mirrored, 3
 * upside down, … 8. Anything that cannot be understood counts as upright: the image matters more
 * than its metadata.
 */
public final class Exif {
  /** The orientation of an image that need not be turned. */
  public static final int UPRIGHT = 1;

  private static final int TAG = 274;
  private static final int SHORT = 3;
  private static final int LONG = 4;
  private static final long MASK = 0xFFFFFFFFL;
  private static final int ENTRY_BYTES = 12;
  private static final String PREFIX = "Exif\0\0";

  private Exif() {}

  /** Returns the orientation stated by a TIFF structure, 1 to 8. */
  public static int orientation(byte[] content, int from, int to) {
    return Math.max(UPRIGHT, told(content, from, to));
  }

  /**
   * Returns where the TIFF structure begins: some programs put the prefix that JPEG uses before it.
   */
  public static int tiffAt(ByteBuffer exif) {
    int from = exif.position();
    return ImageKind.begins(exif.array(), from, PREFIX) ? from + PREFIX.length() : from;
  }

  /** Looks for the tag in the first directory: 1 to 8, or 0 if nothing can be understood. */
  public static int told(byte[] content, int from, int to) {
    if (to - from < 8) {
      return 0;
    }
    ByteBuffer tiff = ByteBuffer.wrap(content, from, to - from).slice();
    tiff.order(tiff.get(0) == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    long directory = tiff.getInt(4) & MASK;
    if (directory + 2 > tiff.limit()) {
      return 0;
    }
    int entries = tiff.getShort((int) directory) & 0xFFFF;
    for (int i = 0; i < entries; i++) {
      long entry = directory + 2 + (long) ENTRY_BYTES * i;
      if (entry + ENTRY_BYTES > tiff.limit()) {
        return 0;
      }
      int at = (int) entry;
      if ((tiff.getShort(at) & 0xFFFF) == TAG) {
        long value =
            switch (tiff.getShort(at + 2)) {
              case SHORT -> tiff.getShort(at + 8);
              case LONG -> tiff.getInt(at + 8);
              default -> 0;
            };
        return value >= 1 && value <= 8 ? (int) value : 0;
      }
    }
    return 0;
  }
}
