package org.vgg4j.search;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.base.OneWriter;

/**
 * The work of an index that is not finished, INDEX.part: descriptors in blocks, each with its
 * checksum, so that an interrupted run goes on after the last whole block. Not thread-safe.
 */
final class Journal implements AutoCloseable {
  private static final String SUFFIX = ".part";
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int LARGEST = 1 << 30;
  private static final int FRAME = 2 * Integer.BYTES; // before a block: length, checksum

  /**
   * What became of a file.
   *
   * @param image the file
   * @param descriptor as the network made it; null if it is unreadable, or the old index has a row
   *     for the same content
   * @param problem why it is unreadable; null if it is not
   */
  record Work(IndexedFile image, float @Nullable [] descriptor, @Nullable String problem) {}

  /** The same, with the place of the descriptor in the file; -1: none. */
  record Done(IndexedFile image, long at, @Nullable String problem) {}

  private final Path file;
  private final FileChannel channel;
  private final int described;
  private final Map<String, Done> done = new HashMap<>();
  private long end;

  private Journal(Path file, FileChannel channel, int described) {
    this.file = file;
    this.channel = channel;
    this.described = described;
  }

  /**
   * Opens the journal beside an index.
   *
   * @param identity what the work depends on, by names for users; JSON can express it
   * @param described length of a descriptor
   * @throws InputException if it has work of another identity, cannot be read or written, or
   *     another process works on the index
   */
  static Journal open(Path index, Map<String, String> identity, int described) {
    Path file = index.resolveSibling(index.getFileName() + SUFFIX);
    try {
      Path folder = file.toAbsolutePath().getParent();
      if (folder != null) {
        Files.createDirectories(folder);
      }
      FileChannel channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      try {
        OneWriter.require(channel, index);
        Journal journal = new Journal(file, channel, described);
        journal.load(identity);
        return journal;
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    } catch (IOException e) {
      throw unusable(file, e);
    }
  }

  private static InputException unusable(Path file, IOException e) {
    return new InputException(
        "cannot use %s (%s), where unfinished work is kept: check the folder's space and permissions"
            .formatted(file, AtomicFile.reason(e)),
        e);
  }

  private void load(Map<String, String> identity) throws IOException {
    byte[] first = block(0);
    if (first == null || block(FRAME + (long) first.length) == null) {
      channel.truncate(0); // nothing that took time is there
      append(JSON.writeValueAsBytes(identity));
      return;
    }
    requireSame(identity, first);
    end = FRAME + (long) first.length;
    for (byte[] block = block(end); block != null; block = block(end)) {
      note(block, end + FRAME);
      end += FRAME + block.length;
    }
    channel.truncate(end);
  }

  private void requireSame(Map<String, String> identity, byte[] first) {
    Map<String, String> left;
    try {
      left = JSON.readValue(first, new TypeReference<LinkedHashMap<String, String>>() {});
    } catch (IOException e) {
      throw new InputException(
          "%s has the work of an interrupted run of another version: delete it to begin anew"
              .formatted(file),
          e);
    }
    for (Map.Entry<String, String> entry : identity.entrySet()) {
      if (!Objects.equals(left.get(entry.getKey()), entry.getValue())) {
        throw new InputException(
            "%s has the work of an interrupted run with another %s (%s, now %s): give the same, or delete that file to begin anew"
                .formatted(file, entry.getKey(), left.get(entry.getKey()), entry.getValue()));
      }
    }
  }

  /** The block at a position; null if it is not whole. */
  private byte @Nullable [] block(long position) throws IOException {
    ByteBuffer frame = read(position, FRAME);
    if (frame == null) {
      return null;
    }
    int length = frame.getInt();
    int sum = frame.getInt();
    if (length < 0 || length > LARGEST || position + FRAME + length > channel.size()) {
      return null;
    }
    ByteBuffer block = read(position + FRAME, length);
    if (block == null || sum(block.array()) != sum) {
      return null;
    }
    return block.array();
  }

  private @Nullable ByteBuffer read(long position, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, position + bytes.position()) < 0) {
        return null;
      }
    }
    return bytes.flip();
  }

  private static int sum(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }

  private void append(byte[] block) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(FRAME + block.length);
    bytes.putInt(block.length).putInt(sum(block)).put(block).flip();
    while (bytes.hasRemaining()) {
      channel.write(bytes, end + bytes.position());
    }
    end += FRAME + block.length;
  }

  private void note(byte[] block, long position) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(block));
    while (in.available() > 0) {
      IndexedFile image = new IndexedFile(text(in), in.readLong(), in.readLong(), text(in));
      String problem = text(in);
      long at = -1;
      if (in.readBoolean()) {
        at = position + block.length - in.available();
        in.skipNBytes((long) described * Float.BYTES);
      }
      done.put(image.path(), new Done(image, at, problem.isEmpty() ? null : problem));
    }
  }

  private static String text(DataInputStream in) throws IOException {
    return new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
  }

  private static void text(DataOutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  /**
   * Appends a block.
   *
   * @throws InputException if it cannot be written
   */
  void add(List<Work> works) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      for (Work work : works) {
        text(out, work.image().path());
        out.writeLong(work.image().size());
        out.writeLong(work.image().time());
        text(out, work.image().digest());
        text(out, work.problem() == null ? "" : work.problem());
        out.writeBoolean(work.descriptor() != null);
        if (work.descriptor() != null) {
          ByteBuffer row = ByteBuffer.allocate(described * Float.BYTES);
          row.asFloatBuffer().put(work.descriptor());
          out.write(row.array());
        }
      }
      long position = end + FRAME;
      append(bytes.toByteArray());
      note(bytes.toByteArray(), position);
    } catch (IOException e) {
      throw unusable(file, e);
    }
  }

  /** What became of a file, if it is here and looks the same. */
  @Nullable Done find(String path, long size, long time) {
    Done found = done.get(path);
    return found != null && found.image().looksLike(size, time) ? found : null;
  }

  /** All that is here. */
  List<Done> all() {
    return new ArrayList<>(done.values());
  }

  /**
   * Reads a descriptor.
   *
   * @param at see {@link Done}
   */
  float[] descriptor(long at) {
    try {
      ByteBuffer row = read(at, described * Float.BYTES);
      if (row == null) {
        throw new InputException(
            file + " was cut short meanwhile: delete it, and run the command again");
      }
      float[] values = new float[described];
      row.asFloatBuffer().get(values);
      return values;
    } catch (IOException e) {
      throw unusable(file, e);
    }
  }

  /** Deletes the file: the index is finished. */
  void delete() {
    close();
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw unusable(file, e);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw unusable(file, e);
    }
  }
}
