package org.vgg4j.data;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * A SHA-256 over fields, each preceded by its length so that no two sequences of fields look alike.
 * Not thread-safe.
 */
public final class Fingerprint {
  private static final char SEPARATOR = '.';

  private final MessageDigest digest;

  public Fingerprint() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform must have SHA-256", e);
    }
  }

  public Fingerprint add(byte[] field) {
    add(field.length);
    digest.update(field);
    return this;
  }

  public Fingerprint add(String field) {
    return add(field.getBytes(StandardCharsets.UTF_8));
  }

  public Fingerprint add(List<String> fields) {
    add(fields.size());
    fields.forEach(this::add);
    return this;
  }

  public Fingerprint add(long field) {
    digest.update(ByteBuffer.allocate(Long.BYTES).putLong(field).flip());
    return this;
  }

  /**
   * Two sums in one, where labels lie apart from images and may be corrected.
   *
   * @param images sum of the images alone
   * @param all sum of images and labels
   */
  static String ofImagesAndLabels(String images, String all) {
    return images + SEPARATOR + all;
  }

  /**
   * Whether two data sets have the same images, whatever their labels; false if one of the
   * fingerprints does not tell the two apart.
   */
  public static boolean areOfSameImages(String one, String other) {
    int end = one.indexOf(SEPARATOR);
    return end >= 0 && other.startsWith(one.substring(0, end + 1));
  }

  /** Returns the sum in lower-case hexadecimal digits; call it once, at the end. */
  public String hex() {
    return HexFormat.of().formatHex(digest.digest());
  }
}
