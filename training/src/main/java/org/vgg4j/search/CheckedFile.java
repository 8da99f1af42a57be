package org.vgg4j.search;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.vgg4j.base.AtomicFile;
import org.vgg4j.base.InputException;

/**
 * A file of little-endian numbers that is mapped into memory, and whose blocks have checksums. A
 * block is checked when something of it is read for the first time, so that opening a large file
 * costs nothing, and nothing damaged is ever used. Behind the data are the checksums of their
 * blocks, and the checksum of these. Thread-safe. The file must not change meanwhile.
 */
final class CheckedFile {
  /** Bytes of a block. */
  static final int BLOCK = 1 << 20;

  /** Bytes of one mapping, at most: Java's buffers are counted by an int. */
  private static final int PART = 1 << 30;

  private final Path file;
  private final long length;
  private final ByteBuffer[] parts;
  private final int[] sums;
  private final boolean[] checked; // that two threads check a block at once does no harm

  /**
   * @param length bytes of data, without checksums
   * @throws InputException if the file cannot be read, was cut off or is damaged
   */
  CheckedFile(Path file, long length) {
    this.file = file;
    this.length = length;
    long whole = length < 0 ? -1 : length + tableBytes(length);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      if (length < 0 || length / BLOCK > Integer.MAX_VALUE / 8 || channel.size() != whole) {
        throw damaged("it has %,d bytes, which is not its length".formatted(channel.size()));
      }
      parts = new ByteBuffer[(int) ((length + PART - 1) / PART)];
      for (int part = 0; part < parts.length; part++) {
        long first = (long) part * PART;
        parts[part] =
            channel
                .map(FileChannel.MapMode.READ_ONLY, first, Math.min(PART, length - first))
                .order(ByteOrder.LITTLE_ENDIAN);
      }
      sums = readTable(channel);
      checked = new boolean[sums.length];
    } catch (IOException e) {
      throw new InputException("cannot read " + file + ": " + AtomicFile.reason(e), e);
    }
  }

  private static int blocks(long length) {
    return (int) ((length + BLOCK - 1) / BLOCK);
  }

  /** Bytes that the checksums of so many bytes of data take. */
  private static long tableBytes(long length) {
    return Integer.BYTES * (blocks(length) + 1L);
  }

  private int[] readTable(FileChannel channel) throws IOException {
    ByteBuffer table = ByteBuffer.allocate((int) tableBytes(length)).order(ByteOrder.LITTLE_ENDIAN);
    while (table.hasRemaining() && channel.read(table, length + table.position()) >= 0) {
      // until it is whole
    }
    table.flip();
    int[] read = new int[blocks(length)];
    CRC32C crc = new CRC32C();
    crc.update(table.duplicate().limit(read.length * Integer.BYTES));
    table.asIntBuffer().get(read);
    if (table.getInt(read.length * Integer.BYTES) != (int) crc.getValue()) {
      throw damaged("its checksums contradict themselves");
    }
    return read;
  }

  /** The message about a damaged file. */
  InputException damaged(String detail) {
    return new InputException(
        "the index %s is damaged (%s): delete it, and make it again with vgg index"
            .formatted(file, detail));
  }

  /**
   * Reads bytes.
   *
   * @throws InputException if they are damaged, or lie beyond the end
   */
  void read(long position, byte[] into, int count) {
    check(position, count);
    for (int done = 0; done < count; ) {
      long at = position + done;
      int some = (int) Math.min(count - done, PART - at % PART);
      parts[(int) (at / PART)].get((int) (at % PART), into, done, some);
      done += some;
    }
  }

  /**
   * Reads floats.
   *
   * @param position a multiple of 4
   * @throws InputException as {@link #read} does
   */
  void readFloats(long position, float[] into, int count) {
    check(position, (long) count * Float.BYTES);
    for (int done = 0; done < count; ) {
      long at = position + (long) done * Float.BYTES;
      int some = (int) Math.min(count - done, (PART - at % PART) / Float.BYTES);
      ByteBuffer part = parts[(int) (at / PART)];
      part.slice((int) (at % PART), some * Float.BYTES)
          .order(ByteOrder.LITTLE_ENDIAN)
          .asFloatBuffer()
          .get(into, done, some);
      done += some;
    }
  }

  /** Reads a whole section into memory. */
  ByteBuffer section(long position, long count) {
    if (count < 0 || count > Integer.MAX_VALUE - 8) {
      throw damaged("a part of it has an impossible length");
    }
    byte[] bytes = new byte[(int) count];
    read(position, bytes, bytes.length);
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private void check(long position, long count) {
    if (position < 0 || count < 0 || position > length - count) {
      throw damaged("a part of it lies beyond its end");
    }
    for (int block = (int) (position / BLOCK); (long) block * BLOCK < position + count; block++) {
      if (!checked[block]) {
        long first = (long) block * BLOCK;
        int bytes = (int) Math.min(BLOCK, length - first);
        CRC32C crc = new CRC32C();
        crc.update(parts[(int) (first / PART)].slice((int) (first % PART), bytes));
        if ((int) crc.getValue() != sums[block]) {
          throw damaged(
              "the checksum of bytes %,d to %,d is wrong".formatted(first, first + bytes));
        }
        checked[block] = true;
      }
    }
  }

  /** Writes such a file, from its start. Not thread-safe. */
  static final class Writer {
    private final FileChannel channel;
    private final ByteBuffer block = ByteBuffer.allocate(BLOCK).order(ByteOrder.LITTLE_ENDIAN);
    private final List<Integer> sums = new ArrayList<>();
    private long written;

    Writer(FileChannel channel) {
      this.channel = channel;
    }

    /** Bytes written so far. */
    long position() {
      return written + block.position();
    }

    void write(byte[] bytes) throws IOException {
      for (int done = 0; done < bytes.length; ) {
        int some = Math.min(bytes.length - done, block.remaining());
        block.put(bytes, done, some);
        done += some;
        if (!block.hasRemaining()) {
          flush();
        }
      }
    }

    /** Fills up with zeros to a multiple of 64 bytes. */
    void align() throws IOException {
      write(new byte[(int) (-position() & 63)]);
    }

    private void flush() throws IOException {
      CRC32C crc = new CRC32C();
      crc.update(block.flip().duplicate());
      sums.add((int) crc.getValue());
      written += block.remaining();
      while (block.hasRemaining()) {
        channel.write(block);
      }
      block.clear();
    }

    /** Writes the checksums. */
    void finish() throws IOException {
      if (block.position() > 0) {
        flush();
      }
      ByteBuffer table =
          ByteBuffer.allocate((sums.size() + 1) * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      sums.forEach(table::putInt);
      CRC32C crc = new CRC32C();
      crc.update(table.duplicate().flip());
      table.putInt((int) crc.getValue()).flip();
      while (table.hasRemaining()) {
        channel.write(table);
      }
    }
  }
}
