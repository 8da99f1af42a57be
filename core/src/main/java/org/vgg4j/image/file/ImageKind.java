package org.vgg4j.image.file;

import org.jspecify.annotations.Nullable;

/** The image formats that are read, recognised by their first bytes. Thread-safe. */
public enum ImageKind {
  JPEG,
  PNG,
  BMP,
  GIF,
  TIFF,
  WEBP,
  PNM;

  /** The accepted formats, for messages. */
  public static final String IN_WORDS = "a JPEG, PNG, BMP, GIF, TIFF, WebP, PPM, PGM or PBM file";

  /** Returns the format that a file's first bytes are of; null if it is none of these. */
  public static @Nullable ImageKind of(byte[] content) {
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
    if (begins(content, 0, "RIFF") && begins(content, 8, "WEBP")) {
      return WEBP;
    }
    if (isTiff(content)) {
      return TIFF;
    }
    return isPnm(content) ? PNM : null;
  }

  /** The second form is BigTIFF, meant for files beyond 4 GiB but also used for smaller ones. */
  private static boolean isTiff(byte[] content) {
    return begins(content, 0, "II*\0")
        || begins(content, 0, "MM\0*")
        || begins(content, 0, "II+\0")
        || begins(content, 0, "MM\0+");
  }

  private static boolean isPnm(byte[] content) {
    return begins(content, 0, "P")
        && content.length > 2
        && content[1] >= '1'
        && content[1] <= '7'
        && (content[2] == '#' || (content[2] >= '\t' && content[2] <= '\r') || content[2] == ' ');
  }

  /** Whether the content has these bytes at that place. */
  public static boolean begins(byte[] content, int at, String magic) {
    if (at < 0 || content.length < at + magic.length()) {
      return false;
    }
    for (int i = 0; i < magic.length(); i++) {
      if ((content[at + i] & 0xFF) != magic.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}
