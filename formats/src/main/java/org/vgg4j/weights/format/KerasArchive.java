package org.vgg4j.weights.format;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;

/** A whole model of Keras 3 (.keras): an archive of its description and its weights. */
final class KerasArchive {
  private static final String WEIGHTS = "model.weights.h5";
  private static final String CONFIG = "config.json";
  private static final int LARGEST_CONFIG = 16 << 20;

  private KerasArchive() {}

  /** Whether an archive is Keras's; false if it cannot be read as an archive. */
  static boolean isOne(Path file) throws IOException {
    try (ZipFile archive = ZipFile.builder().setPath(file).get()) {
      return archive.getEntry(WEIGHTS) != null;
    } catch (IOException | RuntimeException e) {
      return false; // the other reader of archives will say what is wrong
    }
  }

  /**
   * Reads the network, and where its weights are.
   *
   * @throws InputException if it is not a valid model; the message does not name the file
   */
  static TensorFile read(Path file) throws IOException {
    try (ZipFile archive = ZipFile.builder().setPath(file).get()) {
      ZipArchiveEntry weights = archive.getEntry(WEIGHTS);
      if (weights.getMethod() != ZipEntry.STORED) {
        throw new InputException(
            "its weights are compressed within the archive, as Keras never does: unpack it and zip"
                + " it again without compression (zip -0)");
      }
      long end = Math.addExact(weights.getDataOffset(), weights.getSize());
      if (weights.getDataOffset() < 0 || end > Files.size(file)) {
        throw new InputException("its archive is damaged or was cut short: get it again");
      }
      String config = text(archive, archive.getEntry(CONFIG));
      return KerasFile.read(file, weights.getDataOffset(), weights.getSize(), config);
    } catch (
        RuntimeException e) { // the library throws several exceptions at damaged tables of contents
      if (e instanceof InputException input) {
        throw input;
      }
      throw new InputException("its archive is damaged or was cut short: get it again", e);
    }
  }

  private static String text(ZipFile archive, @Nullable ZipArchiveEntry entry) throws IOException {
    if (entry == null) {
      return "";
    }
    try (InputStream stream = archive.getInputStream(entry)) {
      byte[] content = stream.readNBytes(LARGEST_CONFIG + 1);
      if (content.length > LARGEST_CONFIG) {
        throw new InputException("its config.json is larger than that of any VGG network");
      }
      return new String(content, StandardCharsets.UTF_8);
    }
  }
}
