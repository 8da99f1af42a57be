package org.vgg4j.image.tiff;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;

/**
 * The tags of an image of a TIFF file (TIFF 6.0, and BigTIFF with its longer numbers). Only whole
 * numbers and fractions are read; tags of other types are ignored.
 */
final class TiffDirectory {
  private record Entry(int type, long count, long at) {}

  private static final int BIG = 43;
  private static final int BYTE = 1;
  private static final int SHORT = 3;
  private static final int LONG = 4;
  private static final int RATIONAL = 5;
  private static final int LONG8 = 16;

  /** The most images to look through for a file's main one. */
  private static final int MOST = 100;

  /** Index of the image in the file, from 0. */
  final int index;

  private final ByteBuffer file;
  private final long next;
  private final Map<Integer, Entry> entries = new HashMap<>();

  /**
   * Reads the tags of the file's first image.
   *
   * @param content the file; neither copied nor changed
   * @throws IOException if the directory leaves the file
   */
  TiffDirectory(byte[] content) throws IOException {
    this(content, 0, -1);
  }

  /** Reads the tags of the file's first image that is not a smaller copy of another. */
  static TiffDirectory main(byte[] content) throws IOException {
    TiffDirectory first = new TiffDirectory(content);
    TiffDirectory one = first;
    while (one.isReduced() && one.next != 0 && one.index < MOST) {
      one = new TiffDirectory(content, one.index + 1, one.next);
    }
    return one.isReduced() ? first : one;
  }

  /**
   * @param place where it begins; -1 to take that from the header
   */
  private TiffDirectory(byte[] content, int index, long place) throws IOException {
    this.index = index;
    file = ByteBuffer.wrap(content);
    file.order(content[0] == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    boolean big = content.length >= 16 && file.getShort(2) == BIG;
    long at = place;
    if (at < 0) {
      at = content.length < 8 ? content.length : big ? file.getLong(8) : unsigned(4);
    }
    require(at, big ? 8 : 2);
    long count = big ? file.getLong((int) at) : file.getShort((int) at) & 0xFFFF;
    int size = big ? 20 : 12;
    long first = at + (big ? 8 : 2);
    if (count < 0 || count > 0xFFFF) {
      throw new IOException("its directory has " + count + " entries");
    }
    require(first, count * size);
    for (int i = 0; i < count; i++) {
      take((int) first + i * size, big);
    }
    long end = first + count * size;
    boolean more = end + (big ? 8 : 4) <= file.limit();
    next = !more ? 0 : big ? file.getLong((int) end) : unsigned((int) end);
  }

  private void take(int at, boolean big) {
    int type = file.getShort(at + 2) & 0xFFFF;
    long count = big ? file.getLong(at + 4) : unsigned(at + 4);
    int value = at + (big ? 12 : 8);
    int size = sizeOf(type);
    if (size > 0 && count >= 0 && count <= file.limit() / size) {
      boolean within = count * size <= (big ? 8 : 4);
      long place = within ? value : big ? file.getLong(value) : unsigned(value);
      entries.put(file.getShort(at) & 0xFFFF, new Entry(type, count, place));
    }
  }

  private static int sizeOf(int type) {
    return switch (type) {
      case BYTE, 7 -> 1;
      case SHORT -> 2;
      case LONG, 13 -> 4;
      case RATIONAL, LONG8 -> 8;
      default -> 0;
    };
  }

  private long unsigned(int at) {
    return file.getInt(at) & 0xFFFFFFFFL;
  }

  private void require(long from, long length) throws IOException {
    if (from < 0 || length < 0 || from > file.limit() - length) {
      throw new IOException("its directory points beyond its end");
    }
  }

  /** Whether it says that it is a smaller copy of another image in the file. */
  boolean isReduced() throws IOException {
    return (number(TiffTags.SUBFILE_TYPE, 0) & 1) != 0;
  }

  ByteOrder order() {
    return file.order();
  }

  boolean has(int tag) {
    return entries.containsKey(tag);
  }

  /** Returns a tag's numbers; empty if the tag is missing. */
  long[] numbers(int tag) throws IOException {
    Entry entry = entries.get(tag);
    if (entry == null) {
      return new long[0];
    }
    int size = sizeOf(entry.type);
    require(entry.at, entry.count * size);
    long[] numbers = new long[(int) entry.count];
    for (int i = 0; i < numbers.length; i++) {
      int at = (int) entry.at + i * size;
      numbers[i] =
          switch (size) {
            case 1 -> file.get(at) & 0xFF;
            case 2 -> file.getShort(at) & 0xFFFF;
            case 4 -> unsigned(at);
            default -> entry.type == RATIONAL ? unsigned(at) : file.getLong(at);
          };
    }
    return numbers;
  }

  /** Returns a tag's fractions, or the default. */
  double[] fractions(int tag, double... usual) throws IOException {
    Entry entry = entries.get(tag);
    if (entry == null || entry.type != RATIONAL || entry.count != usual.length) {
      return usual;
    }
    require(entry.at, entry.count * 8);
    double[] fractions = new double[usual.length];
    for (int i = 0; i < fractions.length; i++) {
      int at = (int) entry.at + 8 * i;
      fractions[i] = (double) unsigned(at) / unsigned(at + 4);
    }
    return fractions;
  }

  /** Returns a tag's bytes; empty if the tag is missing. */
  byte[] bytes(int tag) throws IOException {
    long[] numbers = numbers(tag);
    byte[] bytes = new byte[numbers.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) numbers[i];
    }
    return bytes;
  }

  /** Returns a tag's first number, or the default. */
  long number(int tag, long usual) throws IOException {
    long[] numbers = numbers(tag);
    return numbers.length == 0 ? usual : numbers[0];
  }

  /** Returns a tag's first number. */
  int required(int tag, String name) throws IOException {
    long number = number(tag, -1);
    if (number < 1 || number > Integer.MAX_VALUE) {
      throw new IOException("its tag " + name + " is missing or wrong");
    }
    return (int) number;
  }
}
