package org.vgg4j.base;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The digest of a file's content. */
public final class FileDigest {
  private FileDigest() {}

  /**
   * Returns 64 hexadecimal digits.
   *
   * @throws InputException if the file cannot be read
   */
  public static String sha256(Path file) {
    return of(file, "SHA-256");
  }

  /**
   * Returns the digest in hexadecimal digits.
   *
   * @param algorithm SHA-256 or MD5, which every Java has
   * @throws InputException if the file cannot be read
   */
  public static String of(Path file, String algorithm) {
    try (DigestInputStream content =
        new DigestInputStream(Files.newInputStream(file), MessageDigest.getInstance(algorithm))) {
      content.transferTo(OutputStream.nullOutputStream());
      return HexFormat.of().formatHex(content.getMessageDigest().digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has " + algorithm, e);
    } catch (IOException e) {
      throw new InputException("cannot read " + file + ": " + AtomicFile.reason(e), e);
    }
  }
}
