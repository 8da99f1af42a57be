package org.vgg4j.data.archive;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;

/**
 * Where the files in a tar archive are, in the order of their names. Each entry is the name and 16
 * bytes: the 1,281,167 training images of ILSVRC-2012 take 59 MB, in memory and on disk. Immutable.
 */
public final class TarIndex {
  private static final int MAGIC = 0x76676774;
  private static final int VERSION = 3; // 2 left out hard links

  /** No archive of images has more bytes of names than this. */
  private static final int MOST_NAMES = 1 << 30;

  private final byte[] names;
  private final int[] nameEnds;
  private final long[] offsets;
  private final int[] lengths;

  private TarIndex(byte[] names, int[] nameEnds, long[] offsets, int[] lengths) {
    this.names = names;
    this.nameEnds = nameEnds;
    this.offsets = offsets;
    this.lengths = lengths;
  }

  /**
   * Collects the files of an archive, in any order; of files with the same name the last counts.
   */
  static final class Builder {
    private byte[] names = new byte[1 << 16];
    private int[] nameEnds = new int[1 << 10];
    private long[] offsets = new long[1 << 10];
    private int[] lengths = new int[1 << 10];
    private int size;
    private int ignored;
    private int symbolicLinks;
    private int lostLinks;
    private String lostLink = "";

    /** Counts a file that is no image. */
    void ignore() {
      ignored++;
    }

    int ignored() {
      return ignored;
    }

    /** Counts a symbolic link. */
    void addSymbolicLink() {
      symbolicLinks++;
    }

    int symbolicLinks() {
      return symbolicLinks;
    }

    /** Counts a hard link to a file that is not in the archive. */
    void addLostLink(String name, String target) {
      lostLink = lostLinks == 0 ? name + " to " + target : lostLink;
      lostLinks++;
    }

    int lostLinks() {
      return lostLinks;
    }

    /** The first of them, in words. */
    String lostLink() {
      return lostLink;
    }

    /**
     * @param offset where the content begins, in bytes from the archive's start
     * @param length of the content, in bytes
     */
    void add(String name, long offset, int length) {
      byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
      int end = (size == 0 ? 0 : nameEnds[size - 1]) + bytes.length;
      if (end > names.length) {
        names = Arrays.copyOf(names, Math.max(end, (int) Math.min(MOST_NAMES, 2L * names.length)));
      }
      System.arraycopy(bytes, 0, names, end - bytes.length, bytes.length);
      if (size == offsets.length) {
        nameEnds = Arrays.copyOf(nameEnds, 2 * size);
        offsets = Arrays.copyOf(offsets, 2 * size);
        lengths = Arrays.copyOf(lengths, 2 * size);
      }
      nameEnds[size] = end;
      offsets[size] = offset;
      lengths[size] = length;
      size++;
    }

    TarIndex build() {
      TarIndex unsorted =
          new TarIndex(
              names,
              Arrays.copyOf(nameEnds, size),
              Arrays.copyOf(offsets, size),
              Arrays.copyOf(lengths, size));
      return unsorted.isSorted() ? unsorted.trimmed() : unsorted.sorted();
    }
  }

  private boolean isSorted() {
    for (int i = 1; i < size(); i++) {
      if (compare(i - 1, i) >= 0) {
        return false;
      }
    }
    return true;
  }

  private TarIndex trimmed() {
    byte[] own = Arrays.copyOf(names, size() == 0 ? 0 : nameEnds[size() - 1]);
    return new TarIndex(own, nameEnds, offsets, lengths);
  }

  private TarIndex sorted() {
    Integer[] order = new Integer[size()];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, this::compare);
    Builder builder = new Builder();
    for (int i = 0; i < order.length; i++) {
      // of files with the same name, unpacking leaves the last
      if (i + 1 == order.length || compare(order[i], order[i + 1]) != 0) {
        builder.add(name(order[i]), offsets[order[i]], lengths[order[i]]);
      }
    }
    return new TarIndex(
            builder.names,
            Arrays.copyOf(builder.nameEnds, builder.size),
            Arrays.copyOf(builder.offsets, builder.size),
            Arrays.copyOf(builder.lengths, builder.size))
        .trimmed();
  }

  private int compare(int a, int b) {
    return Arrays.compareUnsigned(
        names, nameStart(a), nameEnds[a], names, nameStart(b), nameEnds[b]);
  }

  private int nameStart(int index) {
    return index == 0 ? 0 : nameEnds[index - 1];
  }

  /** Number of files. */
  public int size() {
    return offsets.length;
  }

  /** Name of a file, with / between its parts. */
  public String name(int index) {
    int start = nameStart(index);
    return new String(names, start, nameEnds[index] - start, StandardCharsets.UTF_8);
  }

  /** Where the content begins, in bytes from the archive's start. */
  long offset(int index) {
    return offsets[index];
  }

  /** Bytes of the content. */
  int length(int index) {
    return lengths[index];
  }

  /**
   * Writes the index.
   *
   * @param archive what it belongs to, for {@link #read}
   */
  void write(OutputStream stream, Archive archive) throws IOException {
    CheckedOutputStream checked = new CheckedOutputStream(stream, new CRC32());
    DataOutputStream out = new DataOutputStream(new BufferedOutputStream(checked, 1 << 16));
    out.writeInt(MAGIC);
    out.writeInt(VERSION);
    out.writeLong(archive.bytes());
    out.writeLong(archive.modified());
    out.writeInt(size());
    out.writeInt(names.length);
    out.write(names);
    for (int i = 0; i < size(); i++) {
      out.writeInt(nameEnds[i]);
      out.writeLong(offsets[i]);
      out.writeInt(lengths[i]);
    }
    out.flush();
    out.writeLong(checked.getChecksum().getValue());
    out.flush();
  }

  /**
   * What tells whether an index belongs to an archive.
   *
   * @param bytes its length
   * @param modified when it was changed last, in milliseconds since 1970
   */
  record Archive(long bytes, long modified) {}

  /**
   * Reads an index.
   *
   * @throws IOException if it is damaged, of another version or of another archive
   */
  static TarIndex read(InputStream stream, Archive archive) throws IOException {
    CheckedInputStream checked =
        new CheckedInputStream(new BufferedInputStream(stream, 1 << 16), new CRC32());
    DataInputStream in = new DataInputStream(checked);
    if (in.readInt() != MAGIC || in.readInt() != VERSION) {
      throw new IOException("it is not an index, or one of another version");
    }
    if (in.readLong() != archive.bytes() || in.readLong() != archive.modified()) {
      throw new IOException("the archive has changed");
    }
    int size = in.readInt();
    int nameBytes = in.readInt();
    if (size < 0 || nameBytes < 0 || nameBytes > MOST_NAMES || size > archive.bytes() / 512) {
      throw new IOException("it is damaged");
    }
    byte[] names = in.readNBytes(nameBytes);
    int[] nameEnds = new int[size];
    long[] offsets = new long[size];
    int[] lengths = new int[size];
    for (int i = 0; i < size; i++) {
      nameEnds[i] = in.readInt();
      offsets[i] = in.readLong();
      lengths[i] = in.readInt();
    }
    long sum = checked.getChecksum().getValue();
    if (in.readLong() != sum) {
      throw new IOException("it is damaged");
    }
    return new TarIndex(names, nameEnds, offsets, lengths);
  }
}
