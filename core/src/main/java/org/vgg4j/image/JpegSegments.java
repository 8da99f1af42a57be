package org.vgg4j.image;

import java.nio.charset.StandardCharsets;

/** The segments of a JPEG file that stand before its first scan. */
final class JpegSegments {
  /** Which segment is looked for. */
  @FunctionalInterface
  interface Wanted {
    /**
     * @param marker second byte of the marker
     * @param body where what follows the length begins
     */
    boolean is(int marker, int body);
  }

  private static final int START_OF_SCAN = 0xDA;
  private static final int LENGTH_BYTES = 2;

  private JpegSegments() {}

  /** Returns where the body of the first such segment begins; -1 if there is none. */
  static int find(byte[] content, Wanted wanted) {
    int at = 2;
    while (at + 4 <= content.length && (content[at] & 0xFF) == 0xFF) {
      int marker = content[at + 1] & 0xFF;
      if (marker == 0xFF) {
        at++; // markers may be filled up
        continue;
      }
      int body = at + 2 + LENGTH_BYTES;
      if (wanted.is(marker, body)) {
        return body;
      }
      int length = length(content, body);
      if (marker == START_OF_SCAN || length < LENGTH_BYTES) {
        return -1;
      }
      at += 2 + length;
    }
    return -1;
  }

  /** Returns where a segment's body ends, or the file if that is shorter. */
  static int end(byte[] content, int body) {
    return Math.min(content.length, body - LENGTH_BYTES + length(content, body));
  }

  /** As the segment says, its own two bytes counted. */
  private static int length(byte[] content, int body) {
    return (content[body - 2] & 0xFF) << 8 | content[body - 1] & 0xFF;
  }

  /** Whether a text in ASCII stands there. */
  static boolean hasText(byte[] content, int from, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    for (int i = 0; i < bytes.length; i++) {
      if (from + i >= content.length || content[from + i] != bytes[i]) {
        return false;
      }
    }
    return true;
  }
}
