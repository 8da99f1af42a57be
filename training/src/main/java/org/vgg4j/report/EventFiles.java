package org.vgg4j.report;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;

/**
 * TensorBoard's event files in a run folder. As with TensorFlow, each training process writes a
 * file of its own; TensorBoard reads them in the order of their names, which begin with the time.
 */
public final class EventFiles {
  private static final Logger LOG = LoggerFactory.getLogger(EventFiles.class);
  private static final String PREFIX = "events.out.tfevents.";

  private EventFiles() {}

  /**
   * Removes all events after a step from a folder's files, so that a run that continues from there
   * does not show them twice. Each file is replaced atomically, or left as it is if it has no such
   * events; one that would be left with none is deleted. Whatever follows a broken record, which a
   * killed process may leave at the end of a file, is removed too. Doing this again changes
   * nothing.
   *
   * @param folder the run folder
   * @param step the last step that is kept
   * @throws InputException if a file cannot be read or written
   */
  public static void cut(Path folder, long step) {
    for (Path file : in(folder)) {
      try {
        cutFile(file, step);
      } catch (IOException e) {
        throw new InputException(
            "cannot cut back " + file + ": " + AtomicFile.reason(e) + "; remove it and try again",
            e);
      }
    }
  }

  private static void cutFile(Path file, long step) throws IOException {
    RecordFraming.Content content = RecordFraming.read(Files.readAllBytes(file));
    if (!content.whole()) {
      LOG.warn("{} is cut off or damaged: only its events up to there are kept", file);
    }
    List<byte[]> kept = new ArrayList<>();
    for (byte[] record : content.records()) {
      if (Event.stepOf(record) <= step) {
        kept.add(record);
      }
    }
    if (kept.size() <= 1) { // the first record holds only the version
      Files.delete(file);
    } else if (kept.size() < content.records().size() || !content.whole()) {
      AtomicFile.write(
          file,
          channel -> {
            for (byte[] record : kept) {
              ByteBuffer frame = ByteBuffer.wrap(RecordFraming.frame(record));
              while (frame.hasRemaining()) {
                channel.write(frame);
              }
            }
          });
    }
  }

  /** The event files of a folder, in the order in which TensorBoard reads them. */
  static List<Path> in(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith(PREFIX))
          .filter(file -> !file.toString().endsWith(".tmp"))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new InputException("cannot list " + folder + ": " + AtomicFile.reason(e), e);
    }
  }

  /**
   * Creates a file that holds the version.
   *
   * @param wallTime now, in seconds since 1970
   */
  static Path create(Path folder, double wallTime) {
    byte[] head = RecordFraming.frame(Event.fileVersion(wallTime));
    for (int number = 0; ; number++) {
      Path file = folder.resolve(PREFIX + (long) wallTime + "." + number + ".vgg4j");
      try {
        return Files.write(file, head, StandardOpenOption.CREATE_NEW);
      } catch (FileAlreadyExistsException e) {
        LOG.debug("{} belongs to another process that began in the same second", file);
      } catch (IOException e) {
        throw cannotWrite(file, e);
      }
    }
  }

  /** Appends an event. The file is not kept open, so that readers see the event at once. */
  static void append(Path file, byte[] event) {
    try {
      Files.write(file, RecordFraming.frame(event), StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw cannotWrite(file, e);
    }
  }

  private static InputException cannotWrite(Path file, IOException e) {
    return new InputException("cannot write " + file + ": " + AtomicFile.reason(e), e);
  }
}
