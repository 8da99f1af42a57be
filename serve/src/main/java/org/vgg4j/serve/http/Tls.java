package org.vgg4j.serve.http;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;

/**
 * A certificate and its private key.
 *
 * @param keys has both
 * @param password of the key in there; it never leaves this process
 */
public record Tls(KeyStore keys, String password) {
  private static final Pattern KEY =
      Pattern.compile(
          "-----BEGIN ([A-Z ]*)PRIVATE KEY-----([^-]+)-----END [A-Z ]*PRIVATE KEY-----");
  private static final List<String> KINDS = List.of("RSA", "EC", "EdDSA");
  private static final Map<String, String> SIGNATURES =
      Map.of("RSA", "SHA256withRSA", "EC", "SHA256withECDSA", "EdDSA", "EdDSA");

  /**
   * Reads the files that certificate authorities' clients leave (RFC 7468).
   *
   * @param chain the certificate, and after it those that vouch for it, as PEM
   * @param key its private key, as PEM in the form PKCS #8, not encrypted
   * @throws InputException if one of them is missing, or is something else
   */
  public static Tls pem(Path chain, Path key) {
    Certificate[] certificates = certificates(chain);
    PrivateKey secret = key(key);
    if (!belong(secret, certificates[0])) {
      throw new InputException(
          "the key in %s is not that of the certificate in %s: give those that were made together"
              .formatted(key, chain));
    }
    try {
      KeyStore keys = KeyStore.getInstance("PKCS12");
      keys.load(null, null);
      keys.setKeyEntry("key", secret, "-".toCharArray(), certificates);
      return new Tls(keys, "-");
    } catch (GeneralSecurityException | IOException e) {
      throw new InputException(
          "%s and %s cannot be used (%s): make them again".formatted(chain, key, e.getMessage()),
          e);
    }
  }

  /** Whether what the key signs is verified with the certificate. */
  private static boolean belong(PrivateKey key, Certificate certificate) {
    try {
      Signature signature = Signature.getInstance(SIGNATURES.get(key.getAlgorithm()));
      byte[] text = {1, 2, 3};
      signature.initSign(key);
      signature.update(text);
      byte[] signed = signature.sign();
      signature.initVerify(certificate.getPublicKey());
      signature.update(text);
      return signature.verify(signed);
    } catch (GeneralSecurityException e) {
      return false; // a key of another kind
    }
  }

  private static Certificate[] certificates(Path file) {
    try {
      Collection<? extends Certificate> all =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(read(file)));
      if (!all.isEmpty()) {
        return all.toArray(new Certificate[0]);
      }
    } catch (GeneralSecurityException e) {
      // told below, like a file without any
    }
    throw new InputException(
        file + " has no certificate: give a PEM file with '-----BEGIN CERTIFICATE-----'");
  }

  private static PrivateKey key(Path file) {
    Matcher found = KEY.matcher(new String(read(file), StandardCharsets.US_ASCII));
    if (!found.find()) {
      throw new InputException(
          file + " has no private key: give a PEM file with '-----BEGIN PRIVATE KEY-----'");
    }
    if (!found.group(1).isEmpty()) {
      throw new InputException(
          "%s has the key as '%sPRIVATE KEY': make it PKCS #8, not encrypted, with 'openssl pkcs8 -topk8 -nodes'"
              .formatted(file, found.group(1)));
    }
    byte[] bytes;
    try {
      bytes = Base64.getMimeDecoder().decode(found.group(2));
    } catch (IllegalArgumentException e) {
      throw new InputException(file + " has a damaged private key: make it again", e);
    }
    for (String kind : KINDS) {
      try {
        return KeyFactory.getInstance(kind).generatePrivate(new PKCS8EncodedKeySpec(bytes));
      } catch (GeneralSecurityException e) {
        // another kind, perhaps
      }
    }
    throw new InputException(
        "%s has a private key that is none of %s: make another one"
            .formatted(file, String.join(", ", KINDS)));
  }

  private static byte[] read(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new InputException(
          "cannot read %s (%s): check the path and its permissions"
              .formatted(file, AtomicFile.reason(e)),
          e);
    }
  }
}
