package org.vgg4j.train;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;

/**
 * Ensures that one process at a time writes into a folder. The file {@link #NAME} says which; the
 * lock on it is the operating system's, and so is released when that process ends, however it ends.
 * On file systems without locks the file alone counts, until its process is known to be gone;
 * there, a process that is killed while it looks who has the folder leaves a second file, {@code
 * run.lock.taking}, which others ask to be deleted. Readers need no lock. Thread-safe.
 */
public final class RunLock implements AutoCloseable {
  /** The name of the file. */
  static final String NAME = "run.lock";

  /** Beside it while a process looks who has the folder, on file systems without locks. */
  private static final String TAKING = NAME + ".taking";

  private static final Logger LOG = LoggerFactory.getLogger(RunLock.class);

  /** What the file says, to recognise a process that has ended. */
  private static final Pattern HOLDER =
      Pattern.compile("process (\\d+) on (\\S+), since (\\S+)(?:\\s+begun (\\S+))?\\s*");

  /**
   * The locked byte lies beyond the text, so that others can read it even where locks forbid that.
   */
  private static final long LOCKED = Long.MAX_VALUE - 1;

  private static final int ATTEMPTS = 100;

  private static final long PAUSE_NANOS = 10_000_000;

  /**
   * Files that this process holds. A second channel to one of them must never be opened: with POSIX
   * locks, closing it would release the lock of the first.
   */
  private static final Set<Path> HELD = new HashSet<>();

  private final Path file;
  private final @Nullable FileChannel channel;

  private RunLock(Path file, @Nullable FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /**
   * Takes the lock of a folder.
   *
   * @param folder must exist
   * @throws InputException if another process, which the message names, has it; or if the folder
   *     cannot be written to
   */
  public static RunLock take(Path folder) {
    return take(folder, RunLock::tryLock);
  }

  /**
   * Requires that no process has the lock of a folder at this moment; the folder need not exist.
   *
   * @throws InputException as {@link #take}
   */
  public static void requireFree(Path folder) {
    if (Files.exists(folder.resolve(NAME))) {
      take(folder).close();
    }
  }

  /** How a file is locked. */
  interface Locking {
    /** Returns null if another process has the lock; throws where there are no locks. */
    @Nullable FileLock tryLock(FileChannel channel) throws IOException;
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    return channel.tryLock(LOCKED, 1, false);
  }

  static RunLock take(Path folder, Locking locking) {
    synchronized (HELD) {
      try {
        Path file = folder.toRealPath().resolve(NAME);
        if (HELD.contains(file)) {
          throw taken(folder, "this process");
        }
        RunLock lock = take(folder, file, locking);
        HELD.add(file);
        return lock;
      } catch (IOException e) {
        throw new InputException("cannot write into " + folder + ": " + AtomicFile.reason(e), e);
      }
    }
  }

  private static RunLock take(Path folder, Path file, Locking locking) throws IOException {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      Object key = keyOf(file);
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      boolean kept = false;
      try {
        FileLock lock;
        try {
          lock = locking.tryLock(channel);
        } catch (OverlappingFileLockException e) {
          throw taken(folder, "this process"); // by another class loader's copy of this class
        } catch (IOException e) {
          LOG.debug("the disk of {} has no locks: {}", folder, AtomicFile.reason(e));
          return withoutLocks(folder, file);
        }
        if (lock == null) {
          throw taken(folder, holder(file));
        }
        if (Objects.equals(key, keyOf(file))) {
          write(channel);
          kept = true;
          return new RunLock(file, channel);
        }
        // its last holder has deleted it meanwhile: the locked file is no longer the one in the
        // folder
      } finally {
        if (!kept) {
          channel.close();
        }
      }
    }
    throw taken(folder, holder(file));
  }

  /** Identifies the file, whatever its name; creates it if missing. */
  private static @Nullable Object keyOf(Path file) throws IOException {
    while (true) {
      try {
        return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
      } catch (NoSuchFileException e) {
        try {
          Files.createFile(file);
        } catch (FileAlreadyExistsException other) {
          // by another process
        }
      }
    }
  }

  /** Of several processes only the one that makes the second file may look at the first. */
  private static RunLock withoutLocks(Path folder, Path file) throws IOException {
    Path taking = file.resolveSibling(TAKING);
    makeFirst(folder, taking);
    try {
      requireGone(folder, file);
      try (FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
        write(channel);
      }
      return new RunLock(file, null);
    } finally {
      Files.deleteIfExists(taking);
    }
  }

  /** Makes a file that is not there, after others that look for a moment. */
  private static void makeFirst(Path folder, Path taking) throws IOException {
    for (int attempt = 1; ; attempt++) {
      try (FileChannel channel =
          FileChannel.open(taking, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        write(channel);
        return;
      } catch (FileAlreadyExistsException e) {
        if (attempt == ATTEMPTS || Thread.currentThread().isInterrupted()) {
          throw ended(folder, holder(taking), taking);
        }
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
  }

  /** Requires that the process named by the file has ended. */
  private static void requireGone(Path folder, Path file) throws IOException {
    Matcher holder = HOLDER.matcher(Files.exists(file) ? Files.readString(file) : "");
    if (holder.matches()) {
      boolean here = holder.group(2).equals(host());
      long process = Long.parseLong(holder.group(1));
      if (!here || isAlive(process, Instant.parse(holder.group(3)), holder.group(4))) {
        throw ended(folder, holder(file), file);
      }
    }
  }

  /**
   * Its number may have been reused since.
   *
   * @param begun what {@link #beginning} gave; null in files of earlier versions
   */
  private static boolean isAlive(long process, Instant since, @Nullable String begun) {
    return ProcessHandle.of(process)
        .filter(ProcessHandle::isAlive)
        .filter(
            found ->
                begun != null
                    ? begun.equals(beginning(found))
                    : !found.info().startInstant().orElse(since).isAfter(since.plusSeconds(1)))
        .isPresent();
  }

  /**
   * Tells a process from a later one with its number. Not by the clock where that can be avoided:
   * it may be set while the process runs. Linux counts ticks since the machine started.
   */
  private static String beginning(ProcessHandle process) {
    try {
      String stat = Files.readString(Path.of("/proc", String.valueOf(process.pid()), "stat"));
      return stat.substring(stat.lastIndexOf(')')).split(" ")[20]; // the 22nd field of all
    } catch (IOException e) {
      return process.info().startInstant().map(Instant::toString).orElse("unknown");
    }
  }

  private static InputException taken(Path folder, String holder) {
    return new InputException(
        "another run is writing into %s (%s): wait until it ends, stop it, or give another folder"
            .formatted(folder, holder));
  }

  private static InputException ended(Path folder, String holder, Path file) {
    return new InputException(
        "%s; if it has ended, delete %s (the disk has no locks that would tell)"
            .formatted(taken(folder, holder).getMessage(), file));
  }

  private static String holder(Path file) {
    try {
      String text = Files.readString(file);
      return HOLDER.matcher(text).matches()
          ? text.lines().findFirst().orElseThrow()
          : "a process that has just begun";
    } catch (IOException e) {
      return "a process of which nothing is known";
    }
  }

  private static void write(FileChannel channel) throws IOException {
    String text =
        "process %d on %s, since %s%nbegun %s%n"
            .formatted(
                ProcessHandle.current().pid(),
                host(),
                Instant.now().truncatedTo(ChronoUnit.SECONDS),
                beginning(ProcessHandle.current()));
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    channel.truncate(0);
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "this-machine";
    }
  }

  /** Releases the folder. */
  @Override
  public void close() {
    synchronized (HELD) {
      try {
        Files.deleteIfExists(file); // before the lock is released: afterwards it may be another's
        if (channel != null) {
          channel.close();
        }
      } catch (IOException e) {
        LOG.debug("the lock {} stays: {}", file, AtomicFile.reason(e));
      } finally {
        HELD.remove(file);
      }
    }
  }
}
