package org.vgg4j.base;

import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Map;
import javax.net.ssl.SSLException;

/**
 * Atomic file writes: each file is written beside its target, forced to disk, and renamed over it.
 * The old file stays until then.
 */
public final class AtomicFile {
  /** Writes the content of a file. */
  @FunctionalInterface
  public interface Content {
    /** Writes everything to the channel, from its start. */
    void writeTo(FileChannel channel) throws IOException;
  }

  /** Suffix of a file's name while it is being written. */
  public static final String TEMPORARY = ".tmp";

  /** The meaning of exceptions that convey it by their class alone. */
  private static final Map<Class<? extends IOException>, String> WORDS =
      Map.ofEntries(
          Map.entry(NoSuchFileException.class, "there is no such file"),
          Map.entry(FileNotFoundException.class, "there is no such file"),
          Map.entry(AccessDeniedException.class, "permission denied"),
          Map.entry(NotDirectoryException.class, "it is not a folder"),
          Map.entry(DirectoryNotEmptyException.class, "the folder is not empty"),
          Map.entry(FileSystemLoopException.class, "symbolic links form a loop"),
          Map.entry(CharacterCodingException.class, "it is not UTF-8 text"),
          Map.entry(EOFException.class, "it ends too early"),
          Map.entry(ClosedChannelException.class, "it was closed in the meantime"),
          Map.entry(UnknownHostException.class, "the host is unknown"),
          Map.entry(SocketTimeoutException.class, "there was no answer in time"),
          Map.entry(SSLException.class, "no secure connection can be made"));

  private AtomicFile() {}

  /**
   * Writes a file, with its folder if that is missing.
   *
   * @throws InputException if it cannot be written, for example to a full disk; an older file of
   *     that name then stays as it was
   */
  public static void write(Path file, Content content) {
    write(file, content, true);
  }

  /**
   * Writes one of many small files, without waiting until it is on the disk: it may be missing or
   * empty after a power failure, but not otherwise.
   *
   * @throws InputException as {@link #write(Path, Content)} does
   */
  public static void writeOneOfMany(Path file, byte[] content) {
    write(file, channel -> writeAll(channel, content), false);
  }

  private static void write(Path file, Content content, boolean force) {
    Path absolute = file.toAbsolutePath();
    Path folder = absolute.getParent();
    if (folder == null || Files.exists(absolute) && !Files.isRegularFile(absolute)) {
      throw new InputException("cannot write " + file + ": it is not a regular file");
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
        if (force) {
          channel.force(true);
        }
      }
      Files.move(temporary, absolute, StandardCopyOption.ATOMIC_MOVE);
      if (force) {
        forceFolder(folder);
      }
    } catch (IOException e) {
      boolean kept = Files.exists(absolute);
      deleteQuietly(temporary, e);
      throw new InputException(
          "cannot write "
              + file
              + ": "
              + reason(e)
              + (kept ? "; an older file of that name is kept" : ""),
          e);
    } catch (RuntimeException e) {
      deleteQuietly(temporary, e);
      throw e;
    }
  }

  /** Like {@link #write(Path, Content)}, for text in UTF-8. */
  public static void write(Path file, String text) {
    write(file, channel -> writeAll(channel, text.getBytes(StandardCharsets.UTF_8)));
  }

  private static void writeAll(FileChannel channel, byte[] content) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(content);
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** What went wrong, in words, without the file's name, which file system exceptions repeat. */
  public static String reason(Throwable failure) {
    Throwable cause = failure.getCause();
    if (failure instanceof UncheckedIOException && cause != null) {
      return reason(cause);
    }
    for (Map.Entry<Class<? extends IOException>, String> known : WORDS.entrySet()) {
      if (known.getKey().isInstance(failure)) {
        return known.getValue();
      }
    }
    if (failure instanceof FileAlreadyExistsException) {
      return failure.getMessage() + " is in the way";
    }
    String message =
        failure instanceof FileSystemException e ? e.getReason() : failure.getMessage();
    if (message == null || message.isBlank()) {
      return inWords(failure.getClass());
    }
    // Some messages are another exception's class and message: "java.io.EOFException: it ends".
    return message.replaceAll("\\b(?:[a-z]\\w*\\.)+(\\w+)(?:Exception|Error)\\b(: )?", "");
  }

  /** NotLinkException becomes "not link". */
  private static String inWords(Class<?> failure) {
    String name = failure.getSimpleName().replaceAll("Exception$|Error$", "");
    String words = name.replaceAll("(?<=[a-z])(?=[A-Z])", " ").toLowerCase(Locale.ROOT);
    return words.isBlank() ? "the reason is unknown" : words;
  }

  /** Without this, the new name itself could be lost in a power failure. */
  private static void forceFolder(Path folder) throws IOException {
    if (System.getProperty("os.name", "").startsWith("Windows")) {
      return; // on some systems folders cannot be opened
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
