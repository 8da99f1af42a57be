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
final class Fingerprint {
  private final MessageDigest digest;

  Fingerprint() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform must have SHA-256", e);
    }
  }

  Fingerprint add(byte[] field) {
    add(field.length);
    digest.update(field);
    return this;
  }

  Fingerprint add(String field) {
    return add(field.getBytes(StandardCharsets.UTF_8));
  }

  Fingerprint add(List<String> fields) {
    add(fields.size());
    fields.forEach(this::add);
    return this;
  }

  Fingerprint add(long field) {
    digest.update(ByteBuffer.allocate(Long.BYTES).putLong(field).flip());
    return this;
  }

  /** Returns the sum in lower-case hexadecimal digits; call it once, at the end. */
  String hex() {
    return HexFormat.of().formatHex(digest.digest());
  }
}
