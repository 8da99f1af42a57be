package org.vgg4j.weights.foreign;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLConnection;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.LongConsumer;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.FileDigest;
import org.vgg4j.base.InputException;

/** Downloads a release into a folder, which keeps it for the next time. */
public final class Download {
  private static final int LONGEST_SILENCE = 60_000; // ms
  private static final int CHUNK = 1 << 16;

  private Download() {}

  /**
   * Returns the file of a release, downloading it if the folder does not have it yet. A downloaded
   * file with a wrong checksum is not kept.
   *
   * @param folder made if it is missing
   * @param source where to get it, usually the release's own source
   * @param progress is told the number of bytes so far
   * @throws InputException if it cannot be downloaded, with what to do instead, or has another
   *     checksum
   */
  public static Path get(Release release, Path folder, URI source, LongConsumer progress) {
    Path file = folder.resolve(release.fileName());
    if (Files.exists(file)) {
      requireChecksum(release, file, file);
      return file;
    }
    Path arriving = folder.resolve(release.fileName() + ".part");
    try {
      AtomicFile.write(arriving, channel -> fetch(release, source, channel, progress));
      requireChecksum(release, arriving, file);
      Files.move(arriving, file);
    } catch (IOException e) {
      throw new InputException("cannot write " + file + ": " + AtomicFile.reason(e), e);
    } catch (InputException e) {
      throw e.getCause() instanceof IOException failure ? offline(release, file, failure) : e;
    }
    return file;
  }

  private static InputException offline(Release release, Path file, IOException failure) {
    return new InputException(
        "cannot download %s (%s): download %s yourself, save it as %s and try again"
            .formatted(release.name(), AtomicFile.reason(failure), release.source(), file),
        failure);
  }

  private static void requireChecksum(Release release, Path there, Path file) {
    Release.Checksum checksum = release.checksum();
    if (!checksum.isPublished() && !release.hasSizeOf(there)) {
      if (!there.equals(file)) {
        delete(there);
      }
      throw new InputException(
          "%s does not have the size of the release, %.0f MiB: it is damaged or a different file%s"
              .formatted(
                  file,
                  release.mebibytes(),
                  there.equals(file) ? ", delete it and get it again" : ", and was not kept"));
    }
    if (checksum.isPublished() && !checksum.matches(there)) {
      String found = FileDigest.of(there, checksum.algorithm());
      if (!there.equals(file)) {
        delete(there);
      }
      throw new InputException(
          "%s has %s %s, but the release has %s: it is damaged or a different file%s"
              .formatted(
                  file,
                  checksum.algorithm(),
                  found,
                  checksum,
                  there.equals(file) ? ", delete it and get it again" : ", and was not kept"));
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new InputException("cannot delete " + file + ": " + AtomicFile.reason(e), e);
    }
  }

  private static void fetch(Release release, URI source, FileChannel channel, LongConsumer progress)
      throws IOException {
    URLConnection connection = source.toURL().openConnection();
    connection.setConnectTimeout(LONGEST_SILENCE);
    connection.setReadTimeout(LONGEST_SILENCE);
    if (connection instanceof HttpURLConnection http && http.getResponseCode() != 200) {
      throw new IOException("the server answers " + http.getResponseCode());
    }
    long expected = connection.getContentLengthLong();
    try (InputStream body = connection.getInputStream()) {
      long received = copy(release, body, channel, progress);
      if (expected >= 0 && received != expected) {
        throw new IOException(
            String.format(
                Locale.ROOT, "the connection broke after %d of %d bytes", received, expected));
      }
    }
  }

  private static long copy(
      Release release, InputStream body, FileChannel channel, LongConsumer progress)
      throws IOException {
    byte[] chunk = new byte[CHUNK];
    long received = 0;
    for (int count = body.read(chunk); count >= 0; count = body.read(chunk)) {
      ByteBuffer bytes = ByteBuffer.wrap(chunk, 0, count);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      received += count;
      if (received > (release.mebibytes() + 1) * 0x1p20) {
        throw new IOException("it is larger than the release");
      }
      progress.accept(received);
    }
    return received;
  }
}
