package org.vgg4j.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * How a camera was held, as EXIF (JEITA CP-3451, tag 274) tells it in JPEG, PNG and WebP files, and
 * TIFF files in the same tag: 1 upright, 2 mirrored, 3 upside down, … 8. Anything that cannot be
 * understood counts as upright, since a picture is worth more than what is said about it.
 */
final class Orientation {
  static final int UPRIGHT = 1;
  private static final int TAG = 274;
  private static final int SHORT = 3;
  private static final int LONG = 4;
  private static final long MASK = 0xFFFFFFFFL;
  private static final int ENTRY_BYTES = 12;
  private static final String EXIF = "Exif\0\0";

  private Orientation() {}

  /** Returns 1 to 8. */
  static int of(byte[] content, ImageKind kind) {
    return switch (kind) {
      case JPEG -> ofJpeg(content);
      case WEBP -> ofWebp(content);
      case PNG -> PngFile.orientation(content);
      case TIFF -> TiffDecoder.orientation(content);
      case BMP, GIF, PNM -> UPRIGHT;
    };
  }

  private static int ofJpeg(byte[] content) {
    JpegFile file = new JpegFile(content);
    return file.exif() < 0 ? UPRIGHT : told(content, file.exif(), file.exifEnd());
  }

  private static int ofWebp(byte[] content) {
    int body = WebpDecoder.find(content, "EXIF");
    if (body < 0) {
      return UPRIGHT;
    }
    long length = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).getInt(body - 4) & MASK;
    int end = (int) Math.min(content.length, body + length);
    return told(content, tiffAt(ByteBuffer.wrap(content, body, end - body)), end);
  }

  /** Returns where the TIFF structure begins: some programs put a JPEG's prefix before it. */
  static int tiffAt(ByteBuffer exif) {
    int from = exif.position();
    return JpegFile.hasText(exif.array(), from, EXIF) ? from + EXIF.length() : from;
  }

  private static int told(byte[] content, int from, int to) {
    return Math.max(UPRIGHT, ofTiff(content, from, to));
  }

  /** Looks for the tag in the first directory: 1 to 8, or 0 if nothing can be understood. */
  static int ofTiff(byte[] content, int from, int to) {
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

  /**
   * Turns a picture upright.
   *
   * @param orientation 1 to 8
   */
  static RgbImage upright(RgbImage image, int orientation) {
    if (orientation == UPRIGHT) {
      return image;
    }
    boolean turned = orientation >= 5;
    int width = turned ? image.height() : image.width();
    int height = turned ? image.width() : image.height();
    // in the picture as stored, seen from the upright one
    boolean fromRight =
        orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    boolean fromBottom =
        orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    byte[] in = image.pixels();
    byte[] out = new byte[in.length];
    int to = 0;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int column = turned ? y : x;
        int row = turned ? x : y;
        column = fromRight ? image.width() - 1 - column : column;
        row = fromBottom ? image.height() - 1 - row : row;
        int from = 3 * (row * image.width() + column);
        out[to] = in[from];
        out[to + 1] = in[from + 1];
        out[to + 2] = in[from + 2];
        to += 3;
      }
    }
    return new RgbImage(width, height, out);
  }
}
