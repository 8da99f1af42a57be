package org.vgg4j.embed;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;
import org.vgg4j.base.OneWriter;
import org.vgg4j.evaluate.NpyHeader;

/**
 * Rows on their way into a file. Until all are there, they are in NAME.npy.part; NAME.npy.log says
 * what they are, and for each block how many images and rows it has, and its checksum. A block is
 * forced to the disk before its line is written, so that a block with a line is whole; a line or
 * block that an interruption damaged is cut off, with all behind it. Not thread-safe.
 */
final class PartialRows implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PartialRows.class);

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .build();

  /** A line of the log: consecutive images, and their rows. */
  private record Block(int images, int rows, long crc32c, SortedMap<Integer, String> unreadable) {}

  private final Path file;
  private final Path part;
  private final Path log;
  private final int width;
  private final FileChannel rows;
  private final FileChannel lines;
  private final SortedMap<Integer, String> unreadable = new TreeMap<>();
  private int images;
  private int count;
  private boolean begun;

  private PartialRows(Path file, int width) throws IOException {
    this.file = file;
    this.part = file.resolveSibling(file.getFileName() + ".part");
    this.log = file.resolveSibling(file.getFileName() + ".log");
    this.width = width;
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    this.rows = open(part);
    try {
      OneWriter.require(rows, file);
      this.lines = open(log);
    } catch (IOException | RuntimeException e) {
      rows.close();
      throw e;
    }
  }

  private static FileChannel open(Path file) throws IOException {
    return FileChannel.open(
        file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  /**
   * Continues what an interrupted run has left, or begins.
   *
   * @param file NAME.npy
   * @param width length of a row
   * @param identity what rows depend on, by names for users; JSON can express it
   * @throws InputException if what was left is something else, another process is writing, or the
   *     files cannot be written
   */
  static PartialRows open(Path file, int width, Map<String, String> identity) {
    PartialRows partial = null;
    try {
      partial = new PartialRows(file, width);
      partial.resume(identity);
      return partial;
    } catch (IOException e) {
      close(partial);
      throw new InputException("cannot write " + file + ": " + AtomicFile.reason(e), e);
    } catch (RuntimeException e) {
      close(partial);
      throw e;
    }
  }

  private static void close(@Nullable PartialRows partial) {
    if (partial != null) {
      partial.close();
    }
  }

  private void resume(Map<String, String> identity) throws IOException {
    byte[] text = Files.readAllBytes(log);
    int end = endOfLine(text, 0);
    if (endOfLine(text, end) == end || rows.size() < NpyHeader.BYTES) {
      begin(identity); // nothing that took time is there
      return;
    }
    requireSame(identity, text, end);
    ByteBuffer bytes = ByteBuffer.allocate(1 << 16);
    while (end < text.length) {
      int next = endOfLine(text, end);
      Block block = next == end ? null : block(text, end, next);
      if (block == null || !isWhole(block, bytes)) {
        LOG.warn(
            "{} was damaged behind its first {} images: the others are computed again",
            part,
            images);
        break;
      }
      add(block);
      end = next;
    }
    lines.truncate(end).position(end);
    rows.truncate(position(count)).position(position(count));
  }

  private void begin(Map<String, String> identity) throws IOException {
    begun = true;
    rows.truncate(0);
    writeAll(rows, new NpyHeader(0, width).bytes());
    rows.force(true);
    lines.truncate(0);
    writeLine(JSON.writeValueAsString(identity));
  }

  private void requireSame(Map<String, String> identity, byte[] text, int end) {
    Map<String, String> left;
    try {
      left = JSON.readValue(text, 0, end, new TypeReference<LinkedHashMap<String, String>>() {});
    } catch (IOException e) {
      throw new InputException(
          "%s, of an interrupted run, is damaged: delete it to begin anew".formatted(log), e);
    }
    for (Map.Entry<String, String> entry : identity.entrySet()) {
      if (!Objects.equals(left.get(entry.getKey()), entry.getValue())) {
        throw new InputException(
            "%s has descriptors of an interrupted run with another %s (%s, now %s): give another file, or delete %s to begin anew"
                .formatted(part, entry.getKey(), left.get(entry.getKey()), entry.getValue(), part));
      }
    }
  }

  /** The index behind the line's end; the same index if it has none. */
  private static int endOfLine(byte[] text, int from) {
    for (int i = from; i < text.length; i++) {
      if (text[i] == '\n') {
        return i + 1;
      }
    }
    return from;
  }

  private static @Nullable Block block(byte[] text, int from, int to) {
    try {
      Block block = JSON.readValue(text, from, to - from, Block.class);
      boolean valid =
          block.rows() >= 0 && block.rows() + block.unreadable().size() == block.images();
      return valid ? block : null;
    } catch (IOException e) {
      return null;
    }
  }

  private boolean isWhole(Block block, ByteBuffer bytes) throws IOException {
    CRC32C crc = new CRC32C();
    long at = position(count);
    long end = position(count + block.rows());
    if (end > rows.size()) {
      return false;
    }
    while (at < end) {
      bytes.clear().limit((int) Math.min(bytes.capacity(), end - at));
      int read = rows.read(bytes, at);
      if (read < 0) {
        return false;
      }
      crc.update(bytes.flip());
      at += read;
    }
    return crc.getValue() == block.crc32c();
  }

  private void add(Block block) {
    images += block.images();
    count += block.rows();
    unreadable.putAll(block.unreadable());
  }

  private long position(long row) {
    return NpyHeader.BYTES + row * width * Float.BYTES;
  }

  /** How many images are done, readable or not. */
  int images() {
    return images;
  }

  /** How many rows are there. */
  int rows() {
    return count;
  }

  /** What is wrong with the images that have no row, by their indices. */
  SortedMap<Integer, String> unreadable() {
    return unreadable;
  }

  /**
   * Adds the next block.
   *
   * @param values a row for each readable image
   * @param bad what is wrong with the others, by their indices
   * @throws InputException if it cannot be written, for example to a full disk; what was there
   *     before stays
   */
  void append(float[][] values, SortedMap<Integer, String> bad) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(Float.BYTES * values.length, width))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (float[] row : values) {
      for (float value : row) {
        bytes.putFloat(value);
      }
    }
    CRC32C crc = new CRC32C();
    crc.update(bytes.flip());
    Block block =
        new Block(values.length + bad.size(), values.length, crc.getValue(), new TreeMap<>(bad));
    try {
      writeAll(rows, bytes.rewind());
      rows.force(false);
      writeLine(JSON.writeValueAsString(block));
    } catch (IOException e) {
      throw new InputException(
          "cannot write %s: %s; the descriptors of the first %d images are kept: make room, and give the same command again"
              .formatted(part, AtomicFile.reason(e), images),
          e);
    }
    add(block);
  }

  private void writeLine(String line) throws IOException {
    writeAll(lines, ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8)));
    lines.force(false);
  }

  private static void writeAll(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /**
   * Gives the finished file its name, with its table beside it. An older file of that name goes
   * before the new table comes, so that no table ever lies beside other rows.
   *
   * @throws InputException if one cannot be written; then the same command continues here
   */
  void finish(DescriptorTable table) {
    try {
      ByteBuffer header = new NpyHeader(count, width).bytes();
      while (header.hasRemaining()) {
        rows.write(header, header.position());
      }
      rows.force(true);
      Files.deleteIfExists(file);
      table.write(file);
      close();
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
      Files.delete(log);
    } catch (IOException e) {
      throw new InputException(
          "cannot write %s: %s; all descriptors are in %s: give the same command again"
              .formatted(file, AtomicFile.reason(e), part),
          e);
    }
  }

  /** Lets go of the files, which stay unless they were begun here and have no image. */
  @Override
  public void close() {
    try {
      if (begun && images == 0 && rows.isOpen()) {
        Files.deleteIfExists(log); // while the lock is held
        Files.deleteIfExists(part);
      }
      rows.close();
      lines.close();
    } catch (IOException e) {
      LOG.debug("cannot close {}: {}", part, AtomicFile.reason(e));
    }
  }
}
