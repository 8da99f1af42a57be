package org.vgg4j.base;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Files that are there whole or not at all: written beside their place, forced to the disk, and
 * moved there in one step. What was there before stays until then.
 */
public final class AtomicFile {
  /** Writes the content of a file. */
  @FunctionalInterface
  public interface Content {
    /** Writes everything to the channel, from its start. */
    void writeTo(FileChannel channel) throws IOException;
  }

  /** What the name of a file has at its end while it is written. */
  public static final String TEMPORARY = ".tmp";

  private AtomicFile() {}

  /**
   * Writes a file, with its folder if that is missing.
   *
   * @throws InputException if it cannot be written, for example to a full disk; an older file of
   *     that name is then as before
   */
  public static void write(Path file, Content content) {
    Path absolute = file.toAbsolutePath();
    Path folder = absolute.getParent();
    if (folder == null) {
      throw new InputException("cannot write " + file + ": it is no file");
    }
    Path temporary = folder.resolve(absolute.getFileName() + TEMPORARY);
    try {
      Files.createDirectories(folder);
      try (FileChannel channel =
          FileChannel.open(
              temporary,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        content.writeTo(channel);
        channel.force(true);
      }
      Files.move(temporary, absolute, StandardCopyOption.ATOMIC_MOVE);
      forceFolder(folder);
    } catch (IOException e) {
      deleteQuietly(temporary, e);
      throw new InputException(
          "cannot write " + file + ": " + reason(e) + "; an older file of that name is kept", e);
    } catch (RuntimeException e) {
      deleteQuietly(temporary, e);
      throw e;
    }
  }

  /** Like {@link #write(Path, Content)}, for text in UTF-8. */
  public static void write(Path file, String text) {
    write(
        file,
        channel -> {
          ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
          while (bytes.hasRemaining()) {
            channel.write(bytes);
          }
        });
  }

  /** What went wrong, without the name of the file, which file system exceptions repeat. */
  public static String reason(IOException failure) {
    if (failure instanceof NoSuchFileException) {
      return "there is no such file";
    }
    if (failure instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (failure instanceof FileAlreadyExistsException) {
      return failure.getMessage() + " is in the way";
    }
    if (failure instanceof FileSystemException e) {
      return e.getReason() != null
          ? e.getReason()
          : e.getClass().getSimpleName().replace("Exception", "");
    }
    String message = failure.getMessage();
    return message != null ? message : failure.getClass().getSimpleName();
  }

  /** Without this, the new name itself could be lost when the power fails. */
  private static void forceFolder(Path folder) throws IOException {
    if (System.getProperty("os.name", "").startsWith("Windows")) {
      return; // folders cannot be opened there
    }
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static void deleteQuietly(Path file, Exception original) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      original.addSuppressed(e);
    }
  }
}
