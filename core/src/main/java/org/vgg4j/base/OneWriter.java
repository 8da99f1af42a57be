package org.vgg4j.base;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files in which unfinished work grows have one writer at a time. The lock is the operating
 * system's, on a byte far beyond the content, so that readers are not kept out; it ends with the
 * channel, or with the process, however that ends.
 */
public final class OneWriter {
  private static final Logger LOG = LoggerFactory.getLogger(OneWriter.class);
  private static final long LOCKED = Long.MAX_VALUE - 1;

  private OneWriter() {}

  /**
   * Takes the lock of a file. Where the disk has no locks, nothing is checked.
   *
   * @param channel of the unfinished file, open for writing
   * @param file that is made of it, for the message
   * @throws InputException if another process, or another part of this one, has the lock
   */
  public static void require(FileChannel channel, Path file) {
    boolean free;
    try {
      free = channel.tryLock(LOCKED, 1, false) != null;
    } catch (OverlappingFileLockException e) {
      free = false;
    } catch (IOException e) {
      LOG.debug("the disk of {} has no locks: {}", file, AtomicFile.reason(e));
      return;
    }
    if (!free) {
      throw new InputException(
          "another process is writing %s: wait until it ends, stop it, or give another file"
              .formatted(file));
    }
  }
}
